"""Orders, fills and equity of one backtest, which never change once it is done."""

from apps.exports.sources.rows import PIECE, Pieces, Rows
from apps.exports.sources.tables import EQUITY, FILLS, ORDERS, equity_row, fill_row, order_row
from domain.exports.export import BacktestContent
from ports.backtest_results import BacktestResults
from ports.backtest_store import BacktestStore


class BacktestRows:
    """Reads what the worker left behind."""

    def __init__(self, backtests: BacktestStore, results: BacktestResults) -> None:
        self._backtests = backtests
        self._results = results

    async def __call__(self, tenant: str, content: BacktestContent) -> Rows:
        """Raises NotFound (BACKTEST_NOT_FOUND) and NotAllowedNow (BACKTEST_NOT_DONE)."""
        backtest = await self._backtests.get(tenant, content.backtest_id)
        backtest.check_done()
        name, done = backtest.backtest_id, backtest.outcome
        if content.what == "orders":
            return Rows(ORDERS, done.order_count if done else 0, lambda: self._orders(name))
        if content.what == "fills":
            return Rows(FILLS, done.fill_count if done else 0, lambda: self._fills(name))
        return Rows(EQUITY, backtest.progress.bar_count, lambda: self._equity(name))

    async def _orders(self, name: str) -> Pieces:
        after = 0
        while page := await self._results.orders(name, after=after, limit=PIECE):
            after = page[-1].number
            yield [order_row(order) for order in page]

    async def _fills(self, name: str) -> Pieces:
        after = 0
        while page := await self._results.fills(name, after=after, limit=PIECE):
            after = page[-1][0]
            yield [fill_row(fill) for _, fill in page]

    async def _equity(self, name: str) -> Pieces:
        after = 0
        while page := await self._results.equity(name, after=after, limit=PIECE):
            after = page[-1].place
            yield [equity_row(point) for point in page]
