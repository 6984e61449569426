"""Reads and checks rows: an import's, or those of a series that is kept."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import BinaryIO, TypeVar

from adapters.worker_process.child.main import Say, WallIn, given
from adapters.worker_process.frames import FrameReader
from adapters.worker_process.job_messages import Advanced, Do, Done
from adapters.worker_process.messages import Broke
from adapters.worker_process.walls.wall import Plan
from domain.errors import DomainError
from domain.market_data.imports import RefusedRow
from domain.market_data.quality.finding import Finding
from ports.import_worker import ImportJob, MarketDataJob, ReadingOutcome, ReadingProgress

TELL_EVERY = 0.2  # seconds between two tellings of how far it is
MOST_AT_ONCE = 1000  # rows and findings that a frame holds for certain

T = TypeVar("T")
ReadRows = Callable[[MarketDataJob, Callable[[ReadingProgress], None]], ReadingOutcome]


class Reading:
    """Serves one job. How it is done comes from outside, and where it keeps what it learns."""

    def __init__(self, read_rows: ReadRows, keeps: Path | None = None) -> None:
        self._read_rows = read_rows
        self._keeps = keeps

    def __call__(self, reading: BinaryIO, say: Say, wall_in: WallIn) -> None:
        """Takes the job from the pipe, and serves it to its end."""
        job = FrameReader[Do[MarketDataJob]](reading, Do[MarketDataJob]).read().job
        wall_in(self._plan(job))
        teller = _Teller(say)
        try:
            outcome = self._read_rows(job, teller)
            teller.flush()
            say(Done(outcome))
        except DomainError as error:
            say(Broke(error.reason, error.message, 0))
        except MemoryError:
            what = job.terms.import_id if isinstance(job, ImportJob) else "the check"
            say(Broke("IMPORT_OUT_OF_MEMORY", f"{what} takes more memory than it may", 0))

    def _plan(self, job: MarketDataJob) -> Plan:
        """No author's code runs here: as the platform's user, for the files of a job are its."""
        writes = [self._keeps] if self._keeps else []
        reads: tuple[str, ...] = ()
        if isinstance(job, ImportJob):
            writes.append(Path(job.output))
            reads = (job.file,)
        else:
            reads = tuple(job.bars.files)
        for folder in writes:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # To have a new file on the disk is to have the folders on the disk that name it.
        above = [str(parent) for folder in writes for parent in folder.absolute().parents[:3]]
        return Plan(given().memory, 0, reads, tuple(map(str, writes)), tuple(above), tree=False)


class _Teller:
    """Tells how far it is, a few times a second, and everything that was found."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._next = 0.0
        self._last = ReadingProgress()
        self._refused: list[RefusedRow] = []
        self._findings: list[Finding] = []

    def __call__(self, progress: ReadingProgress) -> None:
        self._last = progress
        self._refused += progress.refused
        self._findings += progress.findings
        waiting = len(self._refused) + len(self._findings)
        if waiting >= MOST_AT_ONCE or monotonic() >= self._next:
            self.flush()

    def flush(self) -> None:
        """Says all that waits, in as many frames as it takes."""
        while True:
            refused, self._refused = _cut(self._refused)
            findings, self._findings = _cut(self._findings)
            last = self._last
            self._say(Advanced(ReadingProgress(last.rows, last.total_rows, refused, findings)))
            if not self._refused and not self._findings:
                break
        self._next = monotonic() + TELL_EVERY


def _cut(items: list[T]) -> tuple[tuple[T, ...], list[T]]:
    return tuple(items[:MOST_AT_ONCE]), items[MOST_AT_ONCE:]
