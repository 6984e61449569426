"""The log of a backtest and its hash."""

import hashlib
from collections.abc import Callable, Iterator

from domain.orders.events import (
    Event,
    LedgerPosted,
    events_from_bytes,
    events_to_bytes,
)

Sink = Callable[[bytes], None]


class Journal:
    """Packs, hashes and keeps what happened, block by block.

    The hash covers the packed events one after the other and nothing else, so it does not depend
    on where blocks end: it is the identity of every decision, fill and posting. With a `sink` the
    blocks go there instead of staying in memory.
    """

    def __init__(self, sink: Sink | None = None) -> None:
        self.records: list[Event] = []
        self.event_count = 0
        self.fill_count = 0
        self.traded = 0
        self._sink = sink
        self._hash = hashlib.sha256()
        self._blocks: list[tuple[bytes, int]] = []

    def flush(self) -> None:
        """Pack and hash what was recorded since the last time."""
        records = self.records
        if not records:
            return
        postings = [event for event in records if isinstance(event, LedgerPosted)]
        self.fill_count += len(postings)  # each fill has one
        self.traded += sum(abs(posting.cash + posting.fee) for posting in postings)
        data = events_to_bytes(records)
        self._hash.update(data)
        self.event_count += len(records)
        if self._sink is not None:
            self._sink(data)
        else:
            self._blocks.append((data, len(records)))
        records.clear()

    @property
    def digest(self) -> str:
        """The hash of all that was flushed, in hex."""
        return self._hash.copy().hexdigest()

    @property
    def size(self) -> int:
        """Bytes kept in memory."""
        return sum(len(data) for data, _ in self._blocks)

    def data(self) -> bytes:
        """The kept log, whole."""
        return b"".join(data for data, _ in self._blocks)

    def events(self) -> Iterator[Event]:
        """The kept events from the beginning."""
        for data, count in self._blocks:
            yield from events_from_bytes(data, count)
