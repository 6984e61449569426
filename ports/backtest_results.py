"""What backtests left behind: orders, fills and equity, read in pages."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from domain.orders.records import FillRecord, OrderRecord


class EquityPoint(Struct, frozen=True):
    """Money at the close of one bar. `place` counts the points from 1."""

    place: int
    ts: int
    equity: float


class BacktestResults(Protocol):
    """Results appear whole, when a worker is done with them, and never change."""

    async def prepare(self, backtest_id: str) -> str:
        """An empty folder for a worker to fill; what an earlier try left is gone."""
        ...

    async def keep(self, backtest_id: str) -> None:
        """Puts the filled folder in its place. After this it survives a crash."""
        ...

    async def discard(self, backtest_id: str) -> None:
        """Removes what a worker left that did not come to its end. Harmless twice."""
        ...

    async def orders(self, backtest_id: str, *, after: int, limit: int) -> Sequence[OrderRecord]:
        """Orders with a number above `after`, oldest first; `order_id` is the number as text."""
        ...

    async def fills(
        self, backtest_id: str, *, after: int, limit: int
    ) -> Sequence[tuple[int, FillRecord]]:
        """Fills, oldest first, each with its place, which counts from 1; those behind `after`."""
        ...

    async def equity(self, backtest_id: str, *, after: int, limit: int) -> Sequence[EquityPoint]:
        """Points behind the place `after`, oldest first."""
        ...
