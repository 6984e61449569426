"""Keeps the library: every version of every strategy, for ever."""

from collections.abc import Sequence
from typing import Protocol

from domain.strategies.library import StrategyVersion
from ports.request_log import RequestKey


class StrategyStore(Protocol):
    """Strategies of a tenant and, for reading, those of the house (tenant `*`)."""

    async def answered(self, request: RequestKey) -> StrategyVersion | None:
        """The version this request pushed before. Raises `RequestIdReused`."""
        ...

    async def push(
        self, version: StrategyVersion, *, request: RequestKey | None = None
    ) -> StrategyVersion:
        """Makes it the newest of its strategy. The same content again is the version kept before.

        Raises `RequestIdReused`.
        """
        ...

    async def latest(self, tenant: str, strategy_id: str) -> StrategyVersion:
        """The newest version. Raises NotFound (`STRATEGY_NOT_FOUND`)."""
        ...

    async def version(self, tenant: str, strategy_id: str, version_id: str) -> StrategyVersion:
        """Raises NotFound (`STRATEGY_NOT_FOUND`, `VERSION_NOT_FOUND`)."""
        ...

    async def page(self, tenant: str, *, after: str, limit: int) -> Sequence[StrategyVersion]:
        """The newest version of each strategy, by name, those behind the name `after`."""
        ...

    async def versions(
        self, tenant: str, strategy_id: str, *, after: str, limit: int
    ) -> Sequence[StrategyVersion]:
        """Versions, newest first, those behind the id `after`. Raises NotFound."""
        ...
