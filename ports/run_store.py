"""Keeps strategy runs, and everything each of them was told."""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

from domain.market_data.bar import Bar
from domain.strategies.run import Run
from ports.order_desk import AccountEntry
from ports.request_log import RequestKey


class RunInput(Struct, frozen=True, array_like=True):
    """One thing a run is told, kept before it is told. Told again in order, it decides the same."""

    seq: int
    """Counts the inputs of the run from 1, without a hole. The first is the start."""
    ts: int
    """The clock of the run: when the wishes that answer it are placed."""
    version: int
    """The account's version that the run knows after it."""
    entries: tuple[AccountEntry, ...] = ()
    """What happened in the account since the input before; for the start, all there was."""
    bar: Bar | None = None
    """What the market shows then; None at the start."""


class RunStore(Protocol):
    """Every change is also told on the topic `runs`, in the same transaction."""

    async def answered(self, request: RequestKey) -> Run | None:
        """The run this request answered with before. Raises `RequestIdReused`."""
        ...

    async def start(self, run: Run, *, request: RequestKey | None = None) -> Run:
        """Keeps a new run. Raises `RequestIdReused`.

        Raises NotAllowedNow (`ACCOUNT_BUSY`) while another run of the account has not ended.
        """
        ...

    async def get(self, tenant: str, run_id: str) -> Run:
        """Raises NotFound (`RUN_NOT_FOUND`)."""
        ...

    async def page(
        self, tenant: str, *, active_only: bool, after: str, limit: int
    ) -> Sequence[Run]:
        """Runs, newest first, those behind the id `after`."""
        ...

    async def active(self) -> Sequence[Run]:
        """The runs of every tenant that have not ended, oldest first."""
        ...

    async def change(
        self,
        tenant: str,
        run_id: str,
        change: Callable[[Run], Run],
        *,
        request: RequestKey | None = None,
    ) -> Run:
        """Keeps what `change` makes of the run, in one transaction. Raises NotFound."""
        ...

    async def record(self, tenant: str, run_id: str, told: RunInput, *, tell: bool) -> Run:
        """Keeps an input and, for a bar, the progress; tells it when asked to.

        Returns the run as it now stands: somebody may have asked it to stop.
        """
        ...

    async def last_input(self, tenant: str, run_id: str) -> RunInput | None:
        """The newest input; None before the first."""
        ...

    async def inputs(
        self, tenant: str, run_id: str, *, after: int, limit: int
    ) -> Sequence[RunInput]:
        """Inputs behind `after`, in order."""
        ...
