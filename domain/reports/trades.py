"""Round trips: what was opened and closed again, first in, first out, net of fees."""

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct

from domain.instruments import Instrument
from domain.orders.request import Side
from domain.values import MONEY_SCALE, from_scaled, money_to_decimal


class RoundTrip(Struct, frozen=True, gc=False):
    """A quantity from one fill that opened it to one that closed it; BUY is long.

    `profit` is net of both fills' fees, each by its share of quantity.
    """

    instrument_id: str
    side: Side
    quantity: Decimal
    entry_ts: int
    entry_price: Decimal
    exit_ts: int
    exit_price: Decimal
    fees: Decimal
    profit: Decimal

    @property
    def entry_time(self) -> datetime:
        """When it was opened, aware, in UTC."""
        return datetime.fromtimestamp(self.entry_ts / 1e9, UTC)

    @property
    def exit_time(self) -> datetime:
        """When it was closed, aware, in UTC."""
        return datetime.fromtimestamp(self.exit_ts / 1e9, UTC)

    @property
    def profit_share(self) -> float:
        """Profit to what the quantity cost, or brought in, at entry."""
        return float(self.profit / (self.entry_price * self.quantity))


class TradeFill(Struct, frozen=True, gc=False):
    """A fill as round trips need it, scaled; `quantity` is signed."""

    instrument: Instrument
    ts: int
    price: int
    quantity: int
    fee: int


class _Lot(Struct, gc=False):
    """What is still open of a fill."""

    ts: int
    price: int
    quantity: int
    fee: int


def round_trips(fills: Iterable[TradeFill]) -> list[RoundTrip]:
    """The round trips in the order of their exits. What stays open is none."""
    open_lots: dict[str, deque[_Lot]] = {}
    trips: list[RoundTrip] = []
    for fill in fills:
        lots = open_lots.setdefault(fill.instrument.instrument_id, deque())
        left = _Lot(fill.ts, fill.price, fill.quantity, fill.fee)
        while left.quantity and lots and (lots[0].quantity > 0) != (left.quantity > 0):
            trips.append(_close(lots[0], left, fill.instrument))
            if not lots[0].quantity:
                lots.popleft()
        if left.quantity:
            lots.append(left)
    return trips


def _close(lot: _Lot, closing: _Lot, instrument: Instrument) -> RoundTrip:
    """Match as much of both as the smaller has."""
    sign = 1 if lot.quantity > 0 else -1
    quantity = min(abs(lot.quantity), abs(closing.quantity))
    fees = _split_off(lot, quantity, sign) + _split_off(closing, quantity, -sign)
    gross = (closing.price - lot.price) * sign * quantity * instrument.money_factor
    return RoundTrip(
        instrument.instrument_id,
        Side(sign),
        from_scaled(quantity, instrument.quantity_decimals),
        lot.ts,
        instrument.price_to_decimal(lot.price),
        closing.ts,
        instrument.price_to_decimal(closing.price),
        money_to_decimal(fees),
        money_to_decimal(gross - fees),
    )


def _split_off(lot: _Lot, quantity: int, sign: int) -> int:
    """Take `quantity` out of a lot; return its share of the fee, all of it with the last unit."""
    fee = lot.fee * quantity // abs(lot.quantity)
    lot.fee -= fee
    lot.quantity -= sign * quantity
    return fee


class TradeStatistics(Struct, frozen=True, gc=False):
    """Figures over the profits of round trips, in money. A profit of zero is not a win."""

    trade_count: int
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None
    average_win: float | None
    average_loss: float | None
    best_trade: float | None
    worst_trade: float | None


def trade_statistics(profits: Iterable[Decimal]) -> TradeStatistics:
    """The figures of the profits given; None where there is nothing to divide by."""
    scaled = [int(profit * MONEY_SCALE) for profit in profits]
    wins = [one for one in scaled if one > 0]
    losses = [one for one in scaled if one < 0]
    count = len(scaled)
    return TradeStatistics(
        count,
        len(wins) / count if count else None,
        sum(wins) / -sum(losses) if losses else None,
        _mean(scaled),
        _mean(wins),
        _mean(losses),
        max(scaled) / MONEY_SCALE if count else None,
        min(scaled) / MONEY_SCALE if count else None,
    )


def _mean(scaled: list[int]) -> float | None:
    return sum(scaled) / (len(scaled) * MONEY_SCALE) if scaled else None
