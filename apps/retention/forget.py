"""Removes, now and then, what has been kept long enough."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from domain.errors import Unavailable
from domain.instruments import NANOSECONDS
from ports.clock import Clock
from ports.retention import Retention

DAY = 24 * 60 * 60 * NANOSECONDS
PIECE = 500  # rows a transaction: some milliseconds
BREATH = 0.05  # seconds between two pieces, for everybody else
EVERY = 600.0  # seconds

_log = structlog.get_logger(__name__)


class Forget:
    """Events by one age, answers to requests by another; nothing else ever."""

    def __init__(
        self,
        retention: Retention,
        clock: Clock,
        *,
        event_days: int,
        request_days: int,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._retention = retention
        self._clock = clock
        self._event_days = event_days
        self._request_days = request_days
        self._pause = pause

    async def run(self) -> None:
        """Without an end. A store that does not answer is asked again the next time."""
        while True:
            try:
                await self()
            except Unavailable as error:
                _log.warning("nothing_forgotten", why=error.message)
            await self._pause(EVERY)

    async def __call__(self) -> int:
        """All that is old enough now. How many rows. Raises `Unavailable`."""
        now = self._clock.now()
        events = await self._all(self._retention.forget_events, now - self._event_days * DAY)
        requests = await self._all(self._retention.forget_requests, now - self._request_days * DAY)
        if events or requests:
            _log.info("forgotten", events=events, requests=requests)
        return events + requests

    async def _all(self, forget: Callable[..., Awaitable[int]], before_ts: int) -> int:
        total = 0
        while gone := await forget(before_ts, limit=PIECE):
            total += gone
            await self._pause(BREATH)
        return total
