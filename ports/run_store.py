"""Keeps strategy runs, and everything each of them was told."""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

from domain.market_data.bar import Bar
from domain.orders.closing import Closed
from domain.orders.request import Wish
from domain.strategies.commands import Asked, Command
from domain.strategies.run import Run
from domain.strategies.run_log import RunLine
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
    """What the market shows then; None at the start and for a command."""
    asked: Asked | None = None
    """The command, where it is one: nothing happened in the account since the input before."""
    wished: tuple[Wish, ...] | None = None
    """With a bar: what the strategy wished for after the bar before; None where it was not kept."""

    @property
    def is_start(self) -> bool:
        """Whether the strategy begins with it."""
        return self.bar is None and self.asked is None


class Answer(Struct, frozen=True):
    """What a command was answered with: the run then, and the command's number."""

    run: Run
    number: int


class RunStore(Protocol):
    """Every change is also told on the topic `runs`, in the same transaction.

    The run's log says in words what changed its state, in that transaction too; that there are new
    lines is told on the topic `run_logs`.
    """

    async def answered(self, request: RequestKey) -> Run | None:
        """The run this request answered with before. Raises `RequestIdReused`."""
        ...

    async def start(
        self, run: Run, *, request: RequestKey | None = None, rehearse: bool = False
    ) -> Run:
        """Keeps a new run. Raises `RequestIdReused`. To `rehearse` is to keep nothing.

        Raises NotAllowedNow: `ACCOUNT_BUSY` while another run of the account has not ended,
        `STRATEGY_ARCHIVED`.
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
        rehearse: bool = False,
    ) -> Run:
        """Keeps what `change` makes of the run, in one transaction. Raises NotFound.

        To `rehearse` is to keep nothing, whatever was asked before.
        """
        ...

    async def ask(
        self,
        tenant: str,
        run_id: str,
        change: Callable[[Run], Run],
        command: Command,
        *,
        request: RequestKey | None = None,
        rehearse: bool = False,
    ) -> Answer:
        """Keeps what `change` makes of the run, and the command that it shall hear next.

        Raises NotFound, `RequestIdReused` and what `change` raises. To `rehearse` is to keep
        nothing, whatever was asked before.
        """
        ...

    async def unheard(self, tenant: str, run_id: str) -> Sequence[Asked]:
        """The commands that are not among the run's inputs yet, in order."""
        ...

    async def carried_out(self, tenant: str, run_id: str, number: int, done: Closed) -> None:
        """Keeps what came of a command that the run has heard. The first word stands."""
        ...

    async def outcome(self, tenant: str, run_id: str, number: int) -> Closed | None:
        """What came of a command; None while it is not carried out. Raises NotFound."""
        ...

    async def record(self, tenant: str, run_id: str, told: RunInput, *, tell: bool) -> Run:
        """Keeps an input and the progress of the run by it; tells it when asked to.

        Returns the run as it now stands: somebody may have asked it to stop.
        """
        ...

    async def log(
        self, tenant: str, run_id: str, seq: int, lines: Sequence[tuple[int, str]]
    ) -> None:
        """Keeps what the strategy wrote after input `seq`, each line with its time, once.

        Lines are cut, and dropped where they are too many. Raises NotFound.
        """
        ...

    async def logs(self, tenant: str, run_id: str, *, after: int, limit: int) -> Sequence[RunLine]:
        """Lines of the log behind number `after`, oldest first. Raises NotFound."""
        ...

    async def inputs(
        self, tenant: str, run_id: str, *, after: int, limit: int
    ) -> Sequence[RunInput]:
        """Inputs behind `after`, in order."""
        ...
