"""What happened, told in order to whoever follows: the outbox, and what streams resume from."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from msgspec import Struct


class Event(Struct, frozen=True):
    """One thing that happened to one object. Stores append it in the transaction of the change."""

    seq: int
    """Rises over the whole installation; 0 before the event is kept."""
    tenant: str
    topic: str
    """The noun: `accounts`, `runs`, `run_logs`, `backtests`, `imports`, `bars`,
    `ticks`."""
    key: str
    """The object: an account id, a run id…"""
    kind: str
    """What the payload is: `order`, `fill`, `position`, `account`, `run`…"""
    payload: bytes
    """msgpack of the domain struct that `kind` names."""
    create_ts: int


class EventBus(Protocol):
    """Reads events that are kept, and waits for those to come."""

    async def read(self, topic: str, key: str, *, after: int, limit: int = 1000) -> Sequence[Event]:
        """Events of one object behind `after`, oldest first; empty when there are none yet."""
        ...

    def follow(self, topic: str, key: str, *, after: int) -> AsyncIterator[Event]:
        """The same without an end: waits for new events. Close it to stop waiting."""
        ...

    async def place_of(self, topic: str, key: str) -> int:
        """Up to which seq every event of this object there will ever be is kept and to be read.

        Whoever asks first, then loads the object, and follows it from there misses nothing.
        """
        ...

    async def last_seq(self) -> int:
        """The newest event that is kept, of any object. 0 when there is none.

        Others before it may still be on their way: to follow an object, go by `place_of`.
        """
        ...

    async def first_seq(self) -> int:
        """The oldest event that is still kept. A cursor before it has a gap behind it.

        The newest one is kept whatever its age.
        """
        ...
