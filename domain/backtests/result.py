"""What came out of a backtest."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property

from msgspec import Struct

from domain.backtests.equity import CurveBuilder, EquityCurve
from domain.backtests.journal import Journal
from domain.backtests.plot import plot
from domain.backtests.showing import in_a_line, in_figures, in_html, in_text
from domain.backtests.statistics import Statistics, day_marks, statistics_of
from domain.backtests.tables import Table
from domain.errors import invalid
from domain.instruments import Instrument
from domain.market_data.columns import BarColumns
from domain.orders.account import Account
from domain.orders.events import (
    BooksAdjusted,
    CapitalDeposited,
    Event,
    LedgerPosted,
    OrderFilled,
)
from domain.orders.order import Order
from domain.reports.profiles import figures_of
from domain.reports.sample import Figures, Sample
from domain.reports.statistics import simple_returns
from domain.reports.svg import Figure
from domain.reports.trades import RoundTrip, TradeFill, round_trips
from domain.strategies.views import Fill, OrderView, view_fill, view_order
from domain.values import money_to_decimal


class OpenPosition(Struct, frozen=True, gc=False):
    """What is still held at the end, at its average cost and marked at the last close."""

    instrument_id: str
    quantity: Decimal
    average_price: Decimal
    last_price: float
    value: Decimal
    unrealised: Decimal


class BacktestResult:
    """Orders, fills, round trips, equity and figures of one backtest.

    `result_hash` covers every event of the account, packed: two runs with the same hash made the
    same decisions, fills and postings. Orders, fills and trades are worked out from the log when
    first asked for; without a kept log (a `sink` took it) they are empty. Their `columns`, and
    those of `equity`, are what `polars.DataFrame` and `pandas.DataFrame` take.

    Printed it is its figures, at the end of a notebook's cell its plot as well.
    """

    def __init__(
        self,
        *,
        account: Account,
        journal: Journal,
        curve: CurveBuilder,
        start_ts: int,
        end_ts: int,
        cash: int,
        log_lines: list[tuple[int, str]],
        periods_per_year: int | None,
    ) -> None:
        self.start_ts = start_ts
        self.end_ts = end_ts
        self.cash = money_to_decimal(cash)
        self.final_equity = money_to_decimal(account.equity)
        self.realised = money_to_decimal(account.ledger.realised)
        self.fees = money_to_decimal(account.ledger.fees)
        self.order_count = account.order_count
        self.fill_count = journal.fill_count
        self.result_hash = journal.digest
        self.log_lines = log_lines
        self.account = account
        self.bars: Mapping[str, BarColumns] = {}  # by instrument id, where they are at hand
        self._journal = journal
        self._curve = curve
        self._periods_per_year = periods_per_year

    @cached_property
    def equity(self) -> EquityCurve:
        """Money at each bar's close."""
        return self._curve.curve

    @property
    def bar_count(self) -> int:
        """Bars that the strategy saw."""
        return len(self.equity)

    @property
    def log(self) -> bytes:
        """The packed events, one after the other."""
        return self._journal.data()

    def events(self) -> Iterator[Event]:
        """Everything that happened to the account, in order."""
        return self._journal.events()

    @property
    def orders(self) -> Table[OrderView]:
        """Every order as it ended, the denied ones too."""
        views = (view_order(order, self._instrument(order)) for order in self.replayed[0])
        return Table(OrderView, views)

    @property
    def fills(self) -> Table[Fill]:
        """Every fill, in order."""
        orders, fills = self.replayed
        views = (
            view_fill(event, order, self._instrument(order))
            for event in fills
            for order in (orders[event.order_id - 1],)
        )
        return Table(Fill, views)

    @cached_property
    def trades(self) -> Table[RoundTrip]:
        """Round trips, first in, first out, net of fees."""
        orders, fills = self.replayed
        trips = round_trips(
            TradeFill(
                self._instrument(order),
                event.ts,
                event.price,
                event.quantity * order.side,
                event.fee,
            )
            for event in fills
            for order in (orders[event.order_id - 1],)
        )
        return Table(RoundTrip, trips)

    @property
    def open_positions(self) -> Table[OpenPosition]:
        """What stays open at the end; it counts in the equity, not in the trades."""
        positions = (
            OpenPosition(
                position.instrument.instrument_id,
                position.size,
                abs(money_to_decimal(position.cost) / position.size),
                position.last,
                money_to_decimal(position.value),
                money_to_decimal(position.value - position.cost),
            )
            for position in self.account.positions.values()
            if position.quantity
        )
        return Table(OpenPosition, positions)

    @cached_property
    def statistics(self) -> Statistics:
        """The figures of `domain.backtests.statistics`."""
        return statistics_of(
            self.equity,
            self._calendar,
            cash=float(self.cash),
            start_ts=self.start_ts,
            profits=[one.profit for one in self.trades],
            traded=self._journal.traded,
            time_in_market=self._curve.time_in_market,
            gross_exposure=self._curve.gross_exposure,
            periods_per_year=self._periods_per_year,
        )

    def figures(
        self,
        profile: str = "reference",
        *,
        risk_free: float = 0.0,
        benchmark: Sequence[float] = (),
    ) -> Figures:
        """Its figures as another tool defines them, by name; None where one is not defined.

        `profile` is lean, nautilus, freqtrade or quantstats, or reference for our own. `risk_free`
        is a year's rate, `benchmark` has a return for each exchange day of the backtest. Raises
        InvalidRequest for another profile, or a benchmark of other days.
        """
        _, marks = day_marks(
            self.equity, self._calendar, cash=float(self.cash), start_ts=self.start_ts
        )
        returns = simple_returns(marks)
        if benchmark and len(benchmark) != len(returns):
            raise invalid("benchmark", f"has {len(benchmark)} returns for {len(returns)} days")
        return figures_of(
            Sample(
                returns,
                benchmark,
                self.statistics.periods_per_year,
                risk_free,
                [float(one.profit) for one in self.trades],
                float(self.cash),
                self.statistics.days,
            ),
            profile,
        )

    def plot(self, instrument_id: str = "", theme: str = "auto") -> Figure:
        """Price with every fill, equity and drawdown, as an SVG figure; a notebook shows it.

        Without bars at hand there is no price; with those of several instruments it is that of
        `instrument_id`, or of the first. `theme` is auto, light or dark. To keep it:
        `Path("result.svg").write_text(result.plot().svg, "utf-8")`. Raises InvalidRequest for an
        instrument or theme that there is not.
        """
        return plot(self, instrument_id, theme)

    def __repr__(self) -> str:
        return in_a_line(self)

    def __str__(self) -> str:
        return in_text(in_figures(self))

    def _repr_html_(self) -> str:
        return in_html(self, lambda: self.plot().svg)

    @cached_property
    def replayed(self) -> tuple[list[Order], list[OrderFilled]]:
        """The orders as they ended and the fills, from the log, in the core's scaled integers."""
        orders: list[Order] = []
        fills: list[OrderFilled] = []
        account = self._fresh_account()
        for event in self._journal.events():
            account.apply(event)
            if isinstance(event, OrderFilled):
                fills.append(event)
            elif not isinstance(event, CapitalDeposited | LedgerPosted | BooksAdjusted) and (
                event.order_id > len(orders)
            ):
                orders.append(account.order(event.order_id))
        return orders, fills

    @property
    def _calendar(self) -> Instrument:
        """Whose days count."""
        return next(iter(self.account.positions.values())).instrument

    def _fresh_account(self) -> Account:
        return Account(
            self.account.instruments, self.account.limits, lambda _: None, keep_ended=False
        )

    def _instrument(self, order: Order) -> Instrument:
        return self.account.instruments[order.instrument_id]
