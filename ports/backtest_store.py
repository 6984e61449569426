"""Keeps backtests: what was asked for, how far it is, how it ended."""

from collections.abc import Callable, Sequence
from typing import Protocol

from domain.backtests.record import Backtest
from ports.request_log import RequestKey


class BacktestStore(Protocol):
    """Every change is also told on the topic `backtests`, in the same transaction."""

    async def answered(self, request: RequestKey) -> Backtest | None:
        """The backtest this request answered with before. Raises `RequestIdReused`."""
        ...

    async def create(self, backtest: Backtest, *, request: RequestKey | None = None) -> Backtest:
        """Keeps a new backtest. Raises `RequestIdReused`."""
        ...

    async def get(self, tenant: str, backtest_id: str) -> Backtest:
        """Raises NotFound (`BACKTEST_NOT_FOUND`)."""
        ...

    async def page(self, tenant: str, *, after: str, limit: int) -> Sequence[Backtest]:
        """Newest first, those behind the id `after`."""
        ...

    async def to_do(self) -> Sequence[Backtest]:
        """Those of every tenant that have not ended, oldest first."""
        ...

    async def change(
        self,
        tenant: str,
        backtest_id: str,
        change: Callable[[Backtest], Backtest],
        *,
        request: RequestKey | None = None,
    ) -> Backtest:
        """Keeps what `change` makes of it, in one transaction. Raises NotFound, RequestIdReused."""
        ...
