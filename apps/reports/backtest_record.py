"""A backtest as one side of a parity report."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from domain.backtests.record import Backtest, BacktestState
from domain.errors import NotAllowedNow
from domain.instruments import Instrument
from domain.orders.records import OrderRecord
from domain.reports.parity.records import Decided, Record, RecordKind, Traded
from domain.values import money_to_int, to_scaled
from ports.backtest_results import BacktestResults
from ports.backtest_store import BacktestStore
from ports.instrument_store import InstrumentStore

PAGE = 10_000


class BacktestRecord:
    """Reads a backtest that has succeeded out of its results."""

    def __init__(
        self, backtests: BacktestStore, results: BacktestResults, instruments: InstrumentStore
    ) -> None:
        self._backtests = backtests
        self._results = results
        self._instruments = instruments

    async def __call__(self, tenant: str, backtest_id: str) -> Record:
        """Raises NotFound (BACKTEST_NOT_FOUND), and NotAllowedNow BACKTEST_NOT_DONE."""
        backtest = await self._backtests.get(tenant, backtest_id)
        if backtest.state is not BacktestState.SUCCEEDED:
            raise NotAllowedNow(
                f"backtest {backtest_id} is {backtest.state.name}",
                reason="BACKTEST_NOT_DONE",
                backtest_id=backtest_id,
                state=backtest.state.name,
            )
        instrument = await self._instruments.get(backtest.instrument_id)
        decided = await self._decided(backtest_id, instrument)
        first = await self._results.equity(backtest_id, after=0, limit=1)
        return Record(
            id=backtest_id,
            kind=RecordKind.BACKTEST,
            strategy_id=backtest.strategy_id,
            version_id=backtest.version_id,
            parameters=backtest.parameters,
            instrument=instrument,
            timeframe=backtest.timeframe,
            currency=instrument.currency,
            start_ts=first[0].ts if first else 0,
            end_ts=backtest.progress.market_ts,
            mark=_mark(backtest, decided, instrument),
            decided=decided,
        )

    async def _decided(self, backtest_id: str, instrument: Instrument) -> tuple[Decided, ...]:
        fills: defaultdict[int, list[Traded]] = defaultdict(list)
        after = 0
        while page := await self._results.fills(backtest_id, after=after, limit=PAGE):
            for _, fill in page:
                fills[fill.number].append(
                    Traded(
                        fill.ts,
                        to_scaled(fill.price, instrument.price_decimals, "price"),
                        to_scaled(fill.quantity, instrument.quantity_decimals, "quantity"),
                        money_to_int(fill.fee),
                    )
                )
            after = page[-1][0]
        found: list[Decided] = []
        number = 0
        while orders := await self._results.orders(backtest_id, after=number, limit=PAGE):
            found += (_decision(order, tuple(fills[order.number]), instrument) for order in orders)
            number = orders[-1].number
        return tuple(found)


def _decision(order: OrderRecord, fills: tuple[Traded, ...], instrument: Instrument) -> Decided:
    return Decided(
        order.request,
        order.create_ts,
        order.side,
        to_scaled(order.quantity, instrument.quantity_decimals, "quantity"),
        order.order_type,
        _price(order.limit_price, instrument),
        _price(order.stop_price, instrument),
        order.time_in_force,
        order.reason,
        fills,
    )


def _price(price: Decimal | None, instrument: Instrument) -> int:
    return 0 if price is None else to_scaled(price, instrument.price_decimals, "price")


def _mark(backtest: Backtest, decided: Sequence[Decided], instrument: Instrument) -> int:
    """The price at which its end was marked: its equity, less its cash, for each unit it holds.

    0 where it holds nothing: then any price would do.
    """
    held = sum(one.side * one.filled_quantity for one in decided)
    if not held or backtest.outcome is None:
        return 0
    unit = instrument.money_factor
    cash = backtest.cash + sum(one.gain(0, unit) for one in decided)
    return (backtest.outcome.final_equity - cash) // (held * unit)
