"""What an author's code prints or logs: kept in the platform's log, as far as is bearable."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import structlog

MAX_LINE = 2_000
LINES_PER_SECOND = 200
LINES_REMEMBERED = 20
MOST_KEPT = 64 * 1024 * 1024  # characters of one worker, however long it lives
READ_PER_SECOND = 1024 * 1024  # bytes: who writes more waits, or loses it

log = structlog.get_logger("strategy")


class Words:
    """The words of one worker. Those beyond so many lines a second, or in all, are dropped."""

    def __init__(self, name: str) -> None:
        self.last: deque[str] = deque(maxlen=LINES_REMEMBERED)
        self.name = name
        self._left = LINES_PER_SECOND
        self._since = 0.0
        self._room = MOST_KEPT

    def keep(self, line: str, market_ts: int = 0) -> None:
        """One line; `market_ts` is the strategy's clock where it is known."""
        text = line[:MAX_LINE]
        self.last.append(text)
        now = asyncio.get_running_loop().time()
        if now - self._since >= 1.0:
            self._since, self._left = now, LINES_PER_SECOND
        self._left -= 1
        if self._left < 0 or self._room < 0:
            return
        self._room -= len(text)
        if self._room < 0:
            text = "it has printed as much as is kept: the rest is dropped"
        log.info("line", run=self.name, text=text, market_ts=market_ts)

    async def listen(self, stream: asyncio.StreamReader) -> None:
        """Keeps what comes, to the end of the stream."""
        async for line in _lines(stream):
            self.keep(line)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """Lines as text, each cut to a bearable length, however long it was."""
    loop = asyncio.get_running_loop()
    since, left = loop.time(), READ_PER_SECOND
    rest = b""
    while data := await stream.read(64 * 1024):
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            yield line[:MAX_LINE].decode(errors="replace")
        rest = rest[:MAX_LINE]
        left -= len(data)
        now = loop.time()
        if left < 0:  # a flood takes no more of the host than this
            await asyncio.sleep(max(0.0, since + 1.0 - now))
        if left < 0 or now - since >= 1.0:
            since, left = loop.time(), READ_PER_SECOND
    if rest:
        yield rest.decode(errors="replace")
