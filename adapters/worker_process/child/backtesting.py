"""Does a backtest: reads bars, runs the engine, tells how far it is, writes what came out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from adapters.worker_process.child.main import Say, WallIn, given
from adapters.worker_process.child.running import Broken, fell, made_strategy
from adapters.worker_process.frames import FrameReader
from adapters.worker_process.job_messages import Advanced, Do, Done, Summing
from adapters.worker_process.messages import Broke
from adapters.worker_process.walls.wall import Plan
from domain.backtests.engine import BacktestSpec, Checkpoint, run_backtest
from domain.backtests.record import Outcome, Progress
from domain.backtests.result import BacktestResult
from domain.errors import DomainError
from domain.instruments import Instruments
from domain.market_data.columns import BarColumns
from domain.strategies.runner import StrategyFailed
from domain.values import money_to_int
from ports.backtest_worker import BacktestJob

BarsOf = Callable[[BacktestJob], BarColumns]
WriteResults = Callable[[Path, BacktestResult], None]

TELL_EVERY = 0.1  # seconds between two tellings of how far it is
FIRST_PIECE = 64  # bars
LAST_PIECE = 65_536


class Backtesting:
    """Serves one backtest. How bars are read and results written comes from outside."""

    def __init__(self, bars_of: BarsOf, write_results: WriteResults) -> None:
        self._bars_of = bars_of
        self._write_results = write_results

    def __call__(self, reading: BinaryIO, say: Say, wall_in: WallIn) -> None:
        """Takes the job from the pipe, and serves it to its end or until author's code breaks."""
        job = FrameReader[Do[BacktestJob]](reading, Do[BacktestJob]).read().job
        wall_in(Plan(given().memory, given().user, tuple(job.bars.files), (job.results,)))
        try:
            say(Done(_outcome(self._work(job, say))))
        except Broken as broken:
            say(broken.said)
        except DomainError as error:
            say(Broke(error.reason, error.message, 0))

    def _work(self, job: BacktestJob, say: Say) -> BacktestResult:
        instrument = job.bars.instrument
        strategy = made_strategy(job.code, instrument.instrument_id)
        spec = BacktestSpec(strategy, Instruments([instrument]), job.cash, risk=job.limits)
        sources = {instrument.instrument_id: _pieces(self._bars_of(job))}
        result = _run(spec, sources, _Teller(say), job.code.source)
        say(Summing())
        self._write_results(Path(job.results), result)
        return result


def _run(
    spec: BacktestSpec,
    sources: dict[str, Iterator[BarColumns]],
    teller: "_Teller",
    source: str,
) -> BacktestResult:
    try:
        return run_backtest(spec, sources, on_progress=teller)
    except (StrategyFailed, SystemExit, MemoryError) as error:
        fell(error, source)


class _Teller:
    """Tells how far the backtest is, ten times a second at most."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._next = 0.0

    def __call__(self, checkpoint: Checkpoint) -> None:
        now = monotonic()
        if now >= self._next:
            self._next = now + TELL_EVERY
            self._say(Advanced(_progress(checkpoint)))


def _pieces(bars: BarColumns) -> Iterator[BarColumns]:
    """The bars in pieces that take about as long as is told every time, whatever a bar takes."""
    start, size = 0, FIRST_PIECE
    while start < len(bars):
        before = monotonic()
        yield bars.slice(start, start + size)
        start += size
        took = monotonic() - before
        if took < TELL_EVERY / 4:
            size = min(size * 4, LAST_PIECE)
        elif took > TELL_EVERY:
            size = max(size // 4, 1)


def _progress(checkpoint: Checkpoint) -> Progress:
    return Progress(checkpoint.bar_count, checkpoint.ts, checkpoint.equity, checkpoint.order_count)


def _outcome(result: BacktestResult) -> Outcome:
    equity = money_to_int(result.final_equity)
    return Outcome(
        result_hash=result.result_hash,
        progress=Progress(result.bar_count, result.end_ts, equity, result.order_count),
        final_equity=equity,
        realised_pnl=money_to_int(result.realised),
        fees=money_to_int(result.fees),
        order_count=result.order_count,
        fill_count=result.fill_count,
        statistics=result.statistics,
    )
