"""The numbered points at which an engine kills itself (RELIABILITY 2.11), or stands still.

What the engine has written to the kernel stays written; everything else of it is gone.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from domain.orders.book import AccountBook
from domain.orders.kept import AttemptKind, Outcome
from ports.account_store import AccountStore
from ports.lease import Lease

POINTS = {
    "P0": "request received",
    "P1": "the client's transaction open, before its commit",
    "P2": "its commit sent, the reply of the database lost",
    "P3": "committed, before the reply to the client",
    "P4": "after the reply, before the order is claimed",
    "P5": "SUBMITTED decided, before its commit",
    "P6": "SUBMITTED kept, before a byte leaves",
    "P7": "during the write to the broker",
    "P8": "sent, before the broker accepts",
    "P9": "accepted, the answer lost",
    "P10": "the answer in memory, before its commit",
    "P11": "the answer kept",
    "P12": "a fill received, before its commit",
    "P13": "the commit of a fill unknown",
    "P14": "a refusal received, before its commit",
    "P15": "an order ended, before anybody is told",
    "P19": "a cancel kept and not sent",
    "P19b": "a cancel sent and not confirmed",
    "P20": "a replace sent and not confirmed",
    "P22": "during recovery",
    "P25": "a drain cut short",
}
DRAIN = "P25"
"""The one at which the runner kills: an engine that drains cannot know when it is cut short."""


class Points:
    """Counts how often the chosen point is reached, and dies at its `count`th time.

    One that `stops` stands still there instead, each `count`th time, until somebody wakes it.
    """

    def __init__(self, point: str = "", count: int = 1, *, stops: bool = False) -> None:
        self.point = point
        self._count = self._left = count
        self._stops = stops

    def reached(self, point: str) -> bool:
        """Dies here when this is the point and the time."""
        if not self._is_now(point):
            return False
        os.kill(os.getpid(), signal.SIGSTOP if self._stops else signal.SIGKILL)
        return True

    def soon(self, point: str) -> None:
        """Dies a moment after this: a thread does it, whatever the others are doing."""
        if self._is_now(point):
            threading.Timer(0.0005, die).start()

    def writing(self, method: str, writer: asyncio.StreamWriter, frame: bytes) -> None:
        """Before a frame is written: half of it may be all that the broker ever sees."""
        if method == "submit" and self._is_now("P7"):
            _to_kernel(writer, frame[: len(frame) // 2])
            die()

    def wrote(self, method: str, writer: asyncio.StreamWriter) -> None:
        """After a frame was written, and nothing heard."""
        point = {"submit": "P8", "cancel": "P19b", "replace": "P20"}.get(method)
        if point and self._is_now(point):
            _to_kernel(writer, b"")
            die()

    def heard(self, method: str) -> None:
        """An answer has arrived."""
        if method == "submit":
            self.reached("P9")

    def _is_now(self, point: str) -> bool:
        if point != self.point:
            return False
        self._left -= 1
        if self._left:
            return False
        self._left = self._count if self._stops else 0
        return True


class MortalStore:
    """The store of accounts, with the points in and around its transactions.

    It notes in `log` which epoch made which version of an account, right after each commit.
    """

    def __init__(self, store: AccountStore, points: Points, lease: Lease, log: Path) -> None:
        self._store = store
        self._points = points
        self._lease = lease
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def change(
        self, tenant: str, account_id: str, decide: Callable[[AccountBook], Any], **named: Any
    ) -> Any:
        """As the store's; what kind of step it is shows in what was decided."""
        points = self._points
        is_asked = named.get("request") is not None
        points.reached("P0" if is_asked else "P22")
        step, version = "", 0
        epoch = self._lease.epoch

        def watched(book: AccountBook) -> Any:
            nonlocal step, version, epoch
            epoch = self._lease.epoch or epoch  # the fence has let it in by now
            value = decide(book)
            version = book.version
            step = "asked" if is_asked else step_of(book)
            for point in _BEFORE_COMMIT.get(step, ()):
                points.reached(point)
            for point in _AT_COMMIT.get(step, ()):
                points.soon(point)
            return value

        change = await self._store.change(tenant, account_id, watched, **named)
        if not change.repeated and not named.get("rehearse"):
            os.write(self._log, f"{account_id} {version} {epoch}\n".encode())
        for point in _AFTER_COMMIT.get(step, ()):
            points.reached(point)
        if step == "asked" and points.point == "P4":
            asyncio.get_running_loop().call_later(0.002, points.reached, "P4")
        return change


_BEFORE_COMMIT = {
    "asked": ("P1",),
    "submit": ("P5",),
    "taken": ("P10",),
    "refused": ("P14",),
    "fill": ("P12",),
}
_AT_COMMIT = {"asked": ("P2",), "fill": ("P13",)}
_AFTER_COMMIT = {
    "asked": ("P3",),
    "submit": ("P6",),
    "taken": ("P11",),
    "fill": ("P15",),
    "cancel": ("P19",),
}


def step_of(book: AccountBook) -> str:
    """What a transaction of the engine itself is about."""
    if book.fills:
        return "fill"
    kinds = {attempt.kind for attempt in book.attempts}
    if AttemptKind.SUBMIT in kinds:
        return "submit"
    if AttemptKind.CANCEL in kinds:
        return "cancel"
    outcomes = {answer.outcome for answer in book.answers}
    if Outcome.REFUSED in outcomes:
        return "refused"
    return "taken" if Outcome.TAKEN in outcomes else ""


def die() -> None:
    """As if the power had failed for this process alone."""
    os.kill(os.getpid(), signal.SIGKILL)


def _to_kernel(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Past the buffers of this process."""
    if data:
        os.write(writer.get_extra_info("socket").fileno(), data)
