"""Keeps the library: every version of every strategy, for ever."""

from collections.abc import Sequence
from typing import Protocol

from domain.strategies.library import Listed, StrategyVersion
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

        A strategy that was archived comes back by it. Raises `RequestIdReused`.
        """
        ...

    async def latest(self, tenant: str, strategy_id: str) -> StrategyVersion:
        """The newest version. Raises NotFound (`STRATEGY_NOT_FOUND`)."""
        ...

    async def version(self, tenant: str, strategy_id: str, version_id: str) -> StrategyVersion:
        """Raises NotFound (`STRATEGY_NOT_FOUND`, `VERSION_NOT_FOUND`)."""
        ...

    async def version_like(self, tenant: str, strategy_id: str, prefix: str) -> StrategyVersion:
        """The only version whose id begins so; the `sha256:` may be left out.

        Raises NotFound (`STRATEGY_NOT_FOUND`, `VERSION_NOT_FOUND`) and InvalidRequest
        (`VERSION_AMBIGUOUS`).
        """
        ...

    async def get(self, tenant: str, strategy_id: str) -> Listed:
        """Raises NotFound (`STRATEGY_NOT_FOUND`)."""
        ...

    async def page(
        self, tenant: str, *, after: str, limit: int, show_archived: bool = False
    ) -> Sequence[Listed]:
        """Each strategy, by name, those behind the name `after`."""
        ...

    async def archive(
        self,
        tenant: str,
        strategy_id: str,
        ts: int,
        *,
        request: RequestKey | None = None,
        rehearse: bool = False,
    ) -> Listed:
        """Puts a strategy of the tenant away; again is harmless. To `rehearse` is to keep nothing.

        Raises NotFound (`STRATEGY_NOT_FOUND`), NotAllowedNow (`STRATEGY_AT_WORK`) while a run of it
        has not ended, and `RequestIdReused`.
        """
        ...

    async def versions(
        self, tenant: str, strategy_id: str, *, after: str, limit: int
    ) -> Sequence[StrategyVersion]:
        """Versions, newest first, those behind the id `after`. Raises NotFound."""
        ...
