"""Reads and checks rows: an import's, or those of a series that is kept."""

from collections.abc import Callable
from time import monotonic
from typing import BinaryIO, TypeVar

from adapters.worker_process.child.main import Say
from adapters.worker_process.frames import FrameReader
from adapters.worker_process.job_messages import Advanced, Do, Done
from adapters.worker_process.messages import Broke
from domain.errors import DomainError
from domain.market_data.imports import RefusedRow
from domain.market_data.quality.finding import Finding
from ports.import_worker import ImportJob, MarketDataJob, ReadingOutcome, ReadingProgress

TELL_EVERY = 0.2  # seconds between two tellings of how far it is
MOST_AT_ONCE = 1000  # rows and findings that a frame holds for certain

T = TypeVar("T")
ReadRows = Callable[[MarketDataJob, Callable[[ReadingProgress], None]], ReadingOutcome]


class Reading:
    """Serves one job. How it is done comes from outside."""

    def __init__(self, read_rows: ReadRows) -> None:
        self._read_rows = read_rows

    def __call__(self, reading: BinaryIO, say: Say) -> None:
        """Takes the job from the pipe, and serves it to its end."""
        job = FrameReader[Do[MarketDataJob]](reading, Do[MarketDataJob]).read().job
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
