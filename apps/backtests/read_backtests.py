"""Reads backtests and their results, in pages."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from apps.paging import Places, cut, page_size
from domain.backtests.record import Backtest
from domain.orders.records import FillRecord, OrderRecord
from ports.backtest_results import BacktestResults, EquityPoint
from ports.backtest_store import BacktestStore

T = TypeVar("T")


class ReadBacktests:
    """Every page comes with the token of the next, empty on the last."""

    def __init__(self, backtests: BacktestStore, results: BacktestResults, places: Places) -> None:
        self._backtests = backtests
        self._results = results
        self._places = places

    async def get(self, tenant: str, backtest_id: str) -> Backtest:
        """Raises NotFound (`BACKTEST_NOT_FOUND`)."""
        return await self._backtests.get(tenant, backtest_id)

    async def page(self, tenant: str, size: int, token: str) -> tuple[Sequence[Backtest], str]:
        """Newest first. Raises InvalidRequest for a bad size or token."""
        query = ("backtests", tenant)
        limit = page_size(size)
        after = self._places.place("page_token", query, token)
        found = await self._backtests.page(tenant, after=str(after or ""), limit=limit + 1)
        page, place = cut(found, limit, lambda backtest: backtest.backtest_id)
        return page, "" if place is None else self._places.token(query, place)

    async def orders(
        self, tenant: str, backtest_id: str, size: int, token: str
    ) -> tuple[Sequence[OrderRecord], str]:
        """Oldest first. Raises NotFound, NotAllowedNow (`BACKTEST_NOT_DONE`), InvalidRequest."""
        return await self._results_page(
            tenant, backtest_id, "orders", size, token, self._results.orders, _number
        )

    async def fills(
        self, tenant: str, backtest_id: str, size: int, token: str
    ) -> tuple[Sequence[FillRecord], str]:
        """Oldest first. Raises as `orders`."""
        page, token = await self._results_page(
            tenant, backtest_id, "fills", size, token, self._results.fills, lambda fill: fill[0]
        )
        return [fill for _, fill in page], token

    async def equity(
        self, tenant: str, backtest_id: str, size: int, token: str
    ) -> tuple[Sequence[EquityPoint], str]:
        """Oldest first. Raises as `orders`."""
        return await self._results_page(
            tenant, backtest_id, "equity", size, token, self._results.equity, _place
        )

    async def _results_page(
        self,
        tenant: str,
        backtest_id: str,
        what: str,
        size: int,
        token: str,
        read: Callable[..., Awaitable[Sequence[T]]],
        place_of: Callable[[T], int],
    ) -> tuple[Sequence[T], str]:
        (await self._backtests.get(tenant, backtest_id)).check_done()
        query = (what, tenant, backtest_id)
        limit = page_size(size)
        after = self._places.place("page_token", query, token)
        found = await read(backtest_id, after=int(after or 0), limit=limit + 1)
        page, place = cut(found, limit, place_of)
        return page, "" if place is None else self._places.token(query, place)


def _number(order: OrderRecord) -> int:
    return order.number


def _place(point: EquityPoint) -> int:
    return point.place
