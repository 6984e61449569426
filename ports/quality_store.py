"""Keeps what the last look at each series of bars found."""

from collections.abc import Mapping
from typing import Protocol

from domain.market_data.quality.finding import Quality
from ports.request_log import RequestKey


class QualityStore(Protocol):
    """By instrument id and timeframe."""

    async def keep(
        self,
        instrument_id: str,
        timeframe: str,
        quality: Quality | None,
        *,
        request: RequestKey | None = None,
        answer: bytes = b"",
    ) -> bytes:
        """Keeps a look in place of the one before; None forgets it, as when the series changed.

        With a request, `answer` is kept too: the first answer comes back. Raises `RequestIdReused`.
        """
        ...

    async def answered(self, request: RequestKey) -> bytes | None:
        """What the request was answered with before; None for a new one."""
        ...

    async def all(self) -> Mapping[tuple[str, str], Quality]:
        """Every look that is kept."""
        ...
