"""Reads and follows the log of a run."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from apps.paging import Places, cut, page_size
from apps.streams import Streams
from domain.errors import invalid
from domain.strategies.run_log import RunLine
from ports.event_bus import EventBus
from ports.run_store import RunStore

TOPIC = "run_logs"
BATCH = 1_000


class ReadRunLogs:
    """Oldest first; a place in the log is the number of a line."""

    def __init__(self, runs: RunStore, places: Places, streams: Streams, bus: EventBus) -> None:
        self._runs = runs
        self._places = places
        self._streams = streams
        self._bus = bus

    async def page(
        self, tenant: str, run_id: str, size: int, token: str
    ) -> tuple[Sequence[RunLine], str]:
        """A page and the token of the next, empty on the last. Raises NotFound, InvalidRequest."""
        query = ("run_logs", tenant, run_id)
        limit, after = page_size(size), self._after("page_token", query, token)
        found = await self._runs.logs(tenant, run_id, after=after, limit=limit + 1)
        page, place = cut(found, limit, lambda line: line.number)
        return page, "" if place is None else self._places.token(query, place)

    async def watch(
        self, tenant: str, run_id: str, cursor: str
    ) -> AsyncGenerator[tuple[Sequence[RunLine], str], None]:
        """The log from the cursor on, then each new line; ends with the run.

        Each message comes with its cursor. Raises NotFound, InvalidRequest (CURSOR_INVALID) and
        Unavailable.
        """
        query = ("watch", TOPIC, tenant, run_id)
        after = self._after("cursor", query, cursor)
        while True:
            seq = await self._bus.place_of(TOPIC, run_id)
            run = await self._runs.get(tenant, run_id)
            while lines := await self._runs.logs(tenant, run_id, after=after, limit=BATCH):
                after = lines[-1].number
                yield lines, self._places.token(query, after)
            if not run.is_active:
                return
            async with aclosing(self._streams.follow(TOPIC, run_id, after=seq)) as news:
                await anext(news)  # the end of a run writes a line, too

    def _after(self, field: str, query: tuple[str, ...], token: str) -> int:
        place = self._places.place(field, query, token)
        if isinstance(place, str):
            reason = "CURSOR_INVALID" if field == "cursor" else "PAGE_TOKEN_INVALID"
            raise invalid(field, "is not a token of this query", reason=reason)
        return place or 0
