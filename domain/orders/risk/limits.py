"""Limits that somebody set, and where they apply."""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct, structs

from domain.errors import invalid
from domain.instruments import NANOSECONDS
from domain.values import MONEY_DECIMALS, to_scaled

PERCENT_DECIMALS = 4
WHOLE: int = 100 * 10**PERCENT_DECIMALS  # all of it, as percents are scaled
LONGEST_WINDOW = 3_600 * NANOSECONDS
MOST_ORDERS = 1_000

_QUANTITIES = ("max_order_quantity", "max_position_quantity")
_MONEY = (
    "max_order_notional",
    "max_position_notional",
    "max_gross_exposure",
    "max_net_exposure",
    "max_daily_loss",
    "max_drawdown",
)
_PERCENTS = (
    "max_position_percent",
    "max_gross_exposure_percent",
    "max_net_exposure_percent",
    "max_daily_loss_percent",
    "max_drawdown_percent",
    "price_collar_percent",
    "max_reject_percent",
)
_COUNTS = ("max_orders_per_second", "max_orders_per_minute", "max_orders_per_decision")
_WINDOWS = ("max_reference_age", "identical_order_window")
_OF_THE_ACCOUNT = (
    "max_gross_exposure",
    "max_gross_exposure_percent",
    "max_net_exposure",
    "max_net_exposure_percent",
    "max_daily_loss",
    "max_daily_loss_percent",
    "max_drawdown",
    "max_drawdown_percent",
    "max_reject_percent",
)


class Scope(Struct, frozen=True, order=True):
    """Whose orders are meant: those in that account, of that strategy, in that instrument.

    An empty name stands for all of them, three empty names for all orders of the tenant.
    """

    account_id: str = ""
    strategy_id: str = ""
    instrument_id: str = ""

    def covers(self, strategy_id: str, instrument_id: str) -> bool:
        """Whether it means such an order; the account is known to fit."""
        return self.strategy_id in ("", strategy_id) and self.instrument_id in ("", instrument_id)


class Limits(Struct, frozen=True, omit_defaults=True):
    """What orders may not pass; None is no limit. docs/risk.md says what each one means.

    Money, quantities and percents are exact decimals, windows nanoseconds. Percents of exposure
    are of the account's equity, those of losses of the equity they count from, that of the collar
    of the reference price.
    """

    max_order_quantity: Decimal | None = None
    max_order_notional: Decimal | None = None
    max_position_quantity: Decimal | None = None
    max_position_notional: Decimal | None = None
    max_position_percent: Decimal | None = None
    max_gross_exposure: Decimal | None = None
    max_gross_exposure_percent: Decimal | None = None
    max_net_exposure: Decimal | None = None
    max_net_exposure_percent: Decimal | None = None
    max_daily_loss: Decimal | None = None
    max_daily_loss_percent: Decimal | None = None
    max_drawdown: Decimal | None = None
    max_drawdown_percent: Decimal | None = None
    max_reject_percent: Decimal | None = None
    price_collar_percent: Decimal | None = None
    max_reference_age: int | None = None
    max_orders_per_second: int | None = None
    max_orders_per_minute: int | None = None
    max_orders_per_decision: int | None = None
    identical_order_window: int | None = None
    restricted: bool = False
    halted: bool = False
    long_only: bool = False
    session_only: bool = False
    no_self_cross: bool = False

    @property
    def count_orders(self) -> bool:
        """Whether they say how many orders a second or a minute may have."""
        return self.max_orders_per_second is not None or self.max_orders_per_minute is not None


class ScopedLimits(Struct, frozen=True):
    """Limits and where they apply."""

    scope: Scope
    limits: Limits


NO_LIMITS = Limits()


def tightest(limits: Iterable[Limits]) -> Limits:
    """The least of each limit, and every ban."""
    found: dict[str, Decimal | int | bool] = {}
    for one in limits:
        for name, value in structs.asdict(one).items():
            if isinstance(value, bool):
                found[name] = value or found.get(name, False)
            elif value is not None:
                found[name] = min(value, found.get(name, value))
    return structs.replace(NO_LIMITS, **found)


def check_limits(scope: Scope, limits: Limits) -> None:
    """Raises InvalidRequest naming the limit that is none: NOT_POSITIVE, OUT_OF_RANGE,
    TOO_MANY_DECIMALS, or NOT_OF_AN_INSTRUMENT for one that looks at the account as a whole."""
    for name in (*_QUANTITIES, *_MONEY, *_PERCENTS):
        _check_decimal(name, getattr(limits, name), name in _PERCENTS)
    for name in _COUNTS:
        _check_count(name, getattr(limits, name), MOST_ORDERS)
    for name in _WINDOWS:
        _check_count(name, getattr(limits, name), LONGEST_WINDOW)
    if scope.instrument_id:
        for name in _OF_THE_ACCOUNT:
            if getattr(limits, name) is not None:
                raise invalid(
                    name,
                    "looks at the account as a whole: set it without an instrument",
                    reason="NOT_OF_AN_INSTRUMENT",
                )


def _check_decimal(name: str, value: Decimal | None, is_percent: bool) -> None:
    if value is None:
        return
    to_scaled(value, PERCENT_DECIMALS if is_percent else MONEY_DECIMALS, name)
    if value <= 0:
        raise invalid(name, "must be above zero", reason="NOT_POSITIVE")
    if is_percent and value > 1_000_000:
        raise invalid(name, "must be at most 1000000", reason="OUT_OF_RANGE")


def _check_count(name: str, value: int | None, most: int) -> None:
    if value is None:
        return
    if value <= 0:
        raise invalid(name, "must be above zero", reason="NOT_POSITIVE")
    if value > most:
        raise invalid(name, f"must be at most {most}", reason="OUT_OF_RANGE")
