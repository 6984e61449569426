"""Differences in words, always the left side as it is beside the right."""

from domain.instruments import NANOSECONDS, Instrument
from domain.orders.request import OrderType
from domain.reports.parity.records import Decided
from domain.reports.parity.shares import Component

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def in_words(
    component: Component, left: Decided | None, right: Decided | None, instrument: Instrument
) -> str:
    """What differs in that component; it is known that something does."""
    if left is None:
        return "decided on the right only"
    if right is None:
        return "decided on the left only"
    match component:
        case Component.SIGNAL:
            wanted = f"{_wanted(left, instrument)} instead of {_wanted(right, instrument)}"
            return f"wanted {wanted}"
        case Component.TIMING:
            return _timing(left, right)
        case Component.PRICE:
            return f"filled at {_price(left, instrument)} instead of {_price(right, instrument)}"
        case Component.QUANTITY:
            return _quantity(left, right, instrument)
        case Component.FEE:
            return "other fees"


def _timing(left: Decided, right: Decided) -> str:
    if left.ts != right.ts:
        return f"decided {_apart(left.ts - right.ts)}"
    if left.fills and right.fills and left.fills[0].ts != right.fills[0].ts:
        return f"filled {_apart(left.fills[0].ts - right.fills[0].ts)}"
    return "filled in other pieces at other times"


def _quantity(left: Decided, right: Decided, instrument: Instrument) -> str:
    if left.reason != right.reason:
        return f"{_fate(left)} instead of {_fate(right)}"
    one, other = left.filled_quantity, right.filled_quantity
    decimal = instrument.quantity_to_decimal
    return f"filled {decimal(one)} instead of {decimal(other)}"


def _fate(decided: Decided) -> str:
    return f"refused ({decided.reason})" if decided.reason else "let pass"


def _apart(ns: int) -> str:
    """`1 d 2 h later`, by the two largest units."""
    seconds, rest = divmod(abs(ns), NANOSECONDS)
    parts: list[str] = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    if not parts:
        parts.append(f"{rest} ns")
    return f"{' '.join(parts[:2])} {'later' if ns > 0 else 'earlier'}"


def _price(decided: Decided, instrument: Instrument) -> str:
    """The mean price of the fills, to a digit more than the instrument has."""
    value = sum(fill.price * fill.quantity for fill in decided.fills)
    mean = value / (decided.filled_quantity * instrument.price_factor)
    return f"{mean:.{instrument.price_decimals + 1}f}".rstrip("0").rstrip(".")


def _wanted(decided: Decided, instrument: Instrument) -> str:
    parts = [
        decided.side.name,
        str(instrument.quantity_to_decimal(decided.quantity)),
        decided.order_type.name,
    ]
    if decided.order_type is not OrderType.MARKET:
        prices = (decided.stop_price, decided.limit_price)
        parts += [str(instrument.price_to_decimal(price)) for price in prices if price]
    parts.append(decided.time_in_force.name)
    return " ".join(parts)
