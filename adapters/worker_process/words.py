"""What an author's code prints or logs: kept in the platform's log, as far as is bearable."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import structlog

MAX_LINE = 2_000
LINES_PER_SECOND = 200
LINES_REMEMBERED = 20

log = structlog.get_logger("strategy")


class Words:
    """The words of one worker. Those beyond so many lines a second are dropped."""

    def __init__(self, name: str) -> None:
        self.last: deque[str] = deque(maxlen=LINES_REMEMBERED)
        self._name = name
        self._left = LINES_PER_SECOND
        self._since = 0.0

    def keep(self, line: str, market_ts: int = 0) -> None:
        """One line; `market_ts` is the strategy's clock where it is known."""
        self.last.append(line)
        now = asyncio.get_running_loop().time()
        if now - self._since >= 1.0:
            self._since, self._left = now, LINES_PER_SECOND
        self._left -= 1
        if self._left >= 0:
            log.info("line", run=self._name, text=line[:MAX_LINE], market_ts=market_ts)

    async def listen(self, stream: asyncio.StreamReader) -> None:
        """Keeps what comes, to the end of the stream."""
        async for line in _lines(stream):
            self.keep(line)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """Lines as text, each cut to a bearable length, however long it was."""
    rest = b""
    while data := await stream.read(64 * 1024):
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            yield line[:MAX_LINE].decode(errors="replace")
        rest = rest[:MAX_LINE]
    if rest:
        yield rest.decode(errors="replace")
