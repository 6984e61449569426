"""Looks at bars that are kept."""

import msgspec
from msgspec import Struct

from domain.errors import invalid
from domain.market_data.quality.finding import Finding, Quality
from ports.bar_store import BarSeries, BarStore
from ports.clock import Clock
from ports.import_worker import CheckJob, ImportQueue, ReadingProgress
from ports.quality_store import QualityStore
from ports.request_log import RequestKey

MOST_TOLD = 1000


class Checked(Struct, frozen=True):
    """The series, the look in sum, and the first findings by time."""

    series: BarSeries
    quality: Quality
    findings: tuple[Finding, ...]


class CheckBars:
    """Has a worker look, and keeps what it found in the catalogue."""

    def __init__(
        self, bars: BarStore, quality: QualityStore, queue: ImportQueue, clock: Clock
    ) -> None:
        self._bars = bars
        self._quality = quality
        self._queue = queue
        self._clock = clock

    async def __call__(self, instrument_id: str, timeframe: str, *, request: RequestKey) -> Checked:
        """What was found. The same request has the same answer.

        Raises InvalidRequest (UNKNOWN_TIMEFRAME, NO_BARS, AMBIGUOUS_SYMBOL), NotFound
        (INSTRUMENT_NOT_FOUND), ImportBroke and RequestIdReused.
        """
        answered = await self._quality.answered(request)
        if answered is not None:
            return _decoded(answered)
        snapshot = await self._bars.snapshot(instrument_id, timeframe)
        name = snapshot.instrument.instrument_id
        series = [one for one in await self._bars.series() if one.instrument_id == name]
        series = [one for one in series if one.timeframe == timeframe]
        if not series:
            raise invalid("timeframe", f"no bar of {timeframe} is kept", reason="NO_BARS")
        findings: list[Finding] = []

        async def hear(progress: ReadingProgress) -> None:
            findings.extend(progress.findings)

        job = CheckJob(snapshot, timeframe, self._clock.now())
        outcome = await self._queue.run(job, hear)
        assert outcome.quality is not None
        findings.sort(key=lambda one: one.start_ts)
        checked = Checked(series[0], outcome.quality, tuple(findings[:MOST_TOLD]))
        answer = msgspec.msgpack.encode(checked)
        return _decoded(
            await self._quality.keep(
                name, timeframe, outcome.quality, request=request, answer=answer
            )
        )


def _decoded(answer: bytes) -> Checked:
    return msgspec.msgpack.decode(answer, type=Checked)
