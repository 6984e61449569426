"""Small real things for tests, each with sensible defaults."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np

from domain.instruments import Instrument, Instruments
from domain.market_data.bar import Bar
from domain.market_data.columns import BarColumns, bar_columns
from domain.market_data.sessions import Sessions
from domain.orders.account import Account
from domain.orders.events import Event, OrderAccepted, OrderFilled, OrderSubmitted
from domain.orders.order import Order
from domain.orders.request import OrderRequest, OrderType, Side, TimeInForce
from domain.orders.risk import RiskLimits
from domain.values import money_to_int

MINUTE = 60 * 1_000_000_000
AAPL = "AAPL.XNAS"
MSFT = "MSFT.XNAS"
MONDAY_OPEN = int(datetime(2014, 6, 9, 13, 30, tzinfo=UTC).timestamp()) * 1_000_000_000


def an_instrument(instrument_id: str = AAPL, **fields: object) -> Instrument:
    """A US share, unless told otherwise."""
    symbol, _, venue = instrument_id.partition(".")
    return Instrument(instrument_id, symbol, venue, **fields)


def a_round_the_clock_instrument() -> Instrument:
    """One whose sessions never pause, counted to 10^-4."""
    midnight = datetime(2000, 1, 1, tzinfo=UTC).time()
    return an_instrument(
        "BTC.COIN",
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.0001"),
        price_decimals=2,
        quantity_decimals=4,
        timezone="UTC",
        session_open=midnight,
        session_close=midnight,
    )


class AnAccount:
    """An account with its log, and short words for what tests do with it."""

    def __init__(
        self,
        cash: int | str = 100_000,
        *,
        instruments: Sequence[Instrument] = (),
        limits: RiskLimits | None = None,
        price: float = 100.0,
    ) -> None:
        self.instruments = Instruments(instruments or [an_instrument(), an_instrument(MSFT)])
        self.log: list[Event] = []
        self.account = Account(self.instruments, limits or RiskLimits(), self.log.append)
        self.ts = MONDAY_OPEN
        self.account.deposit(self.ts, money_to_int(Decimal(cash)))
        for instrument_id in self.instruments:
            self.account.mark(instrument_id, price)

    def place(self, side: Side, quantity: int, instrument_id: str = AAPL, **terms: object) -> Order:
        """A wish placed, one second after the last."""
        self.ts += 1_000_000_000
        return self.account.place(self.ts, a_wish(side, quantity, instrument_id, **terms))

    def work(self, side: Side, quantity: int, instrument_id: str = AAPL, **terms: object) -> Order:
        """An order that the broker has accepted."""
        order = self.place(side, quantity, instrument_id, **terms)
        self.account.submitted(OrderSubmitted(self.ts, order.order_id))
        self.account.accepted(OrderAccepted(self.ts, order.order_id))
        return order

    def fill(self, order: Order, price: str, quantity: int | None = None, fee: str = "0") -> None:
        """A fill of the order; of all that is open unless told."""
        instrument = self.instruments[order.instrument_id]
        self.account.filled(
            OrderFilled(
                self.ts,
                order.order_id,
                int(Decimal(price) * instrument.price_factor),
                quantity or order.open_quantity,
                money_to_int(Decimal(fee)),
            )
        )

    def trade(self, side: Side, quantity: int, price: str, instrument_id: str = AAPL) -> Order:
        """An order, worked and filled."""
        order = self.work(side, quantity, instrument_id)
        self.fill(order, price)
        return order


def a_wish(
    side: Side = Side.BUY,
    quantity: int = 100,
    instrument_id: str = AAPL,
    *,
    limit: int = 0,
    stop: int = 0,
    time_in_force: TimeInForce = TimeInForce.DAY,
    request: int = 0,
) -> OrderRequest:
    """A wish whose type follows from its prices; they are scaled at 10^6."""
    kinds = {
        (False, False): OrderType.MARKET,
        (True, False): OrderType.LIMIT,
        (False, True): OrderType.STOP,
        (True, True): OrderType.STOP_LIMIT,
    }
    kind = kinds[limit > 0, stop > 0]
    return OrderRequest(request, instrument_id, side, quantity, kind, limit, stop, time_in_force)


def a_bar(
    open: float = 100.0,  # noqa: A002
    high: float | None = None,
    low: float | None = None,
    close: float | None = None,
    *,
    minute: int = 0,
    volume: float = 1000.0,
    instrument_id: str = AAPL,
) -> Bar:
    """A minute bar of the session of 9 June 2014, `minute` minutes after its open."""
    close = open if close is None else close
    start = MONDAY_OPEN + minute * MINUTE
    return Bar(
        instrument_id,
        start + MINUTE,
        start,
        open,
        max(open, close) if high is None else high,
        min(open, close) if low is None else low,
        close,
        volume,
    )


def bars_of(
    closes: Sequence[float], *, start_ts: int = MONDAY_OPEN, span: int = MINUTE
) -> BarColumns:
    """Bars that open where the last one closed and close at the given prices."""
    close = np.array(closes, np.float64)
    opened = np.concatenate([close[:1], close[:-1]])
    open_ts = start_ts + np.arange(len(close)) * span
    return bar_columns(
        open_ts + span,
        open_ts,
        opened,
        np.maximum(opened, close),
        np.minimum(opened, close),
        close,
        np.full(len(close), 1000.0),
    )


def a_walk(count: int, seed: int = 1, *, start: float = 100.0, step: float = 0.05) -> BarColumns:
    """A random walk of minute bars, the same for the same seed."""
    moves = np.random.default_rng(seed).normal(0, step, count)
    return bars_of(np.round(np.maximum(start + np.cumsum(moves), 1.0), 2))


def winter_sessions(first: date, *minutes: int) -> Sessions:
    """One every day from `first` on, from 14:30 UTC, each of so many minutes."""
    start = (first - date(1970, 1, 1)).days
    days = np.arange(len(minutes), dtype=np.int64) + start
    opens = days * 24 * 60 * MINUTE + (14 * 60 + 30) * MINUTE
    closes = opens + np.array(minutes, np.int64) * MINUTE
    last = start + len(minutes)
    return Sessions("XNYS", "America/New_York", start, last, days, opens, closes, closes, closes)
