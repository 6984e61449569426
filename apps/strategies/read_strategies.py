"""Reads the library and the runs, in pages."""

from collections.abc import Sequence

from apps.paging import Places, cut, page_size
from domain.strategies.library import Listed, StrategyVersion
from domain.strategies.run import Run
from ports.run_store import RunStore
from ports.strategy_store import StrategyStore


class ReadStrategies:
    """Every page comes with the token of the next, empty on the last."""

    def __init__(self, strategies: StrategyStore, places: Places) -> None:
        self._strategies = strategies
        self._places = places

    async def get(self, tenant: str, strategy_id: str) -> Listed:
        """One of them. Raises NotFound (`STRATEGY_NOT_FOUND`)."""
        return await self._strategies.get(tenant, strategy_id)

    async def version(self, tenant: str, strategy_id: str, version_id: str) -> StrategyVersion:
        """By its id or an unambiguous beginning of it.

        Raises NotFound (`STRATEGY_NOT_FOUND`, `VERSION_NOT_FOUND`) and InvalidRequest
        (`VERSION_AMBIGUOUS`).
        """
        return await self._strategies.version_like(tenant, strategy_id, version_id)

    async def page(
        self, tenant: str, show_archived: bool, size: int, token: str
    ) -> tuple[Sequence[Listed], str]:
        """By name. Raises InvalidRequest for a bad size or token."""
        query = ("strategies", tenant, show_archived)
        limit = page_size(size)
        after = str(self._places.place("page_token", query, token) or "")
        found = await self._strategies.page(
            tenant, after=after, limit=limit + 1, show_archived=show_archived
        )
        page, place = cut(found, limit, lambda listed: listed.latest.strategy_id)
        return page, "" if place is None else self._places.token(query, place)

    async def versions(
        self, tenant: str, strategy_id: str, size: int, token: str
    ) -> tuple[Sequence[StrategyVersion], str]:
        """Newest first. Raises NotFound and InvalidRequest."""
        query = ("versions", tenant, strategy_id)
        limit = page_size(size)
        after = str(self._places.place("page_token", query, token) or "")
        found = await self._strategies.versions(tenant, strategy_id, after=after, limit=limit + 1)
        page, place = cut(found, limit, lambda version: version.version_id)
        return page, "" if place is None else self._places.token(query, place)


class ReadRuns:
    """The same for runs."""

    def __init__(self, runs: RunStore, places: Places) -> None:
        self._runs = runs
        self._places = places

    async def get(self, tenant: str, run_id: str) -> Run:
        """Raises NotFound (`RUN_NOT_FOUND`)."""
        return await self._runs.get(tenant, run_id)

    async def page(
        self, tenant: str, active_only: bool, size: int, token: str
    ) -> tuple[Sequence[Run], str]:
        """Newest first. Raises InvalidRequest for a bad size or token."""
        query = ("runs", tenant, active_only)
        limit = page_size(size)
        after = str(self._places.place("page_token", query, token) or "")
        found = await self._runs.page(tenant, active_only=active_only, after=after, limit=limit + 1)
        page, place = cut(found, limit, lambda run: run.run_id)
        return page, "" if place is None else self._places.token(query, place)
