"""Reads and checks the rows of an import; what its worker does, whatever process that is in."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import numpy as np
from msgspec.structs import replace

from domain.errors import DomainError, InvalidRequest
from domain.market_data.columns import BarColumns
from domain.market_data.files.bar_rows import BarRows
from domain.market_data.files.checked_rows import AnyColumns, GoodRows, RowChecker, RowTerms
from domain.market_data.files.csv_file import CsvFile
from domain.market_data.files.raw_rows import Ints, RawRows
from domain.market_data.files.tick_rows import TickRows
from domain.market_data.imports import (
    MOST_REFUSED,
    Content,
    FileFormat,
    FileRefused,
    RefusedRow,
    SyntheticTerms,
)
from domain.market_data.quality.bars import BarInspector
from domain.market_data.quality.finding import MOST_FINDINGS, Finding, Tally
from domain.market_data.quality.inspector import Inspector
from domain.market_data.quality.ticks import TickInspector
from domain.market_data.sessions import Sessions
from domain.market_data.synthetic.market import SyntheticMarket
from ports.calendar import Calendars
from ports.import_worker import (
    CheckJob,
    ImportJob,
    MarketDataJob,
    ReadingOutcome,
    ReadingProgress,
    StagedRows,
    UploadedFiles,
)

STAGE = 131_072  # rows of a piece on its way to the store
Tell = Callable[[ReadingProgress], None]
ReadBars = Callable[[CheckJob], Iterable[BarColumns]]


class ReadRows:
    """Does the jobs of imports. It blocks, and tells how far it is as it goes.

    Everything is read in pieces: a large file takes time, not memory.
    """

    def __init__(
        self,
        uploads: UploadedFiles,
        staged: StagedRows,
        calendars: Calendars,
        read_bars: ReadBars,
    ) -> None:
        self._uploads = uploads
        self._staged = staged
        self._calendars = calendars
        self._read_bars = read_bars

    def __call__(self, job: MarketDataJob, tell: Tell) -> ReadingOutcome:
        """Raises Unavailable where the disk refuses. A file that is no good is an outcome."""
        if isinstance(job, CheckJob):
            return self._check(job, tell)
        if job.terms.synthetic is not None:
            return self._make(job, job.terms.synthetic, tell)
        reading = _Reading(job, self._inspector(job), self._staged, tell)
        try:
            total, pieces = self._rows(job)
            checker = _checker(_terms(job))
            return reading.read(total, ((len(raw.lines), checker.take(raw)) for raw in pieces))
        except FileRefused as refusal:
            return reading.outcome(refusal)

    def _make(self, job: ImportJob, terms: SyntheticTerms, tell: Tell) -> ReadingOutcome:
        """Rows that no file has. The splits among them become what is known of the shares."""
        sessions = self._calendars.sessions(job.instrument.venue, terms.start_date, date.max)
        try:
            market = SyntheticMarket(terms, sessions)
        except InvalidRequest as refusal:
            return _Reading(job, self._inspector(job), self._staged, tell).outcome(refusal)
        actions = market.actions(job.actions)
        inspector = self._inspector(replace(job, actions=actions))
        reading = _Reading(job, inspector, self._staged, tell)
        pieces = market.pieces(job.terms.content, job.terms.timeframe)
        made = reading.read(0, ((len(rows), _made(rows)) for rows in pieces))
        return replace(made, actions=actions)

    def _rows(self, job: ImportJob) -> tuple[int, Iterator[RawRows]]:
        """How many rows there are, 0 where nobody knows, and the rows."""
        terms = _terms(job)
        if job.terms.format is FileFormat.PARQUET:
            return self._uploads.parquet_rows(job.file, terms, job.terms)
        return 0, self._csv(job, terms)

    def _csv(self, job: ImportJob, terms: RowTerms) -> Iterator[RawRows]:
        file = CsvFile(
            terms,
            time_zone=job.terms.time_zone,
            columns=job.terms.columns,
            delimiter=job.terms.delimiter,
        )
        for data in self._uploads.bytes_of(job.file, job.terms.received_bytes):
            yield from file.feed(data)
        yield from file.finish()

    def _inspector(self, job: ImportJob) -> Inspector:
        if job.terms.content is not Content.BARS:
            return TickInspector()
        return self._bar_inspector(job, job.terms.timeframe)

    def _bar_inspector(self, job: ImportJob | CheckJob, timeframe: str) -> BarInspector:
        if isinstance(job, CheckJob):
            instrument, actions = job.bars.instrument, job.bars.actions
        else:
            instrument, actions = job.instrument, job.actions

        def sessions(first_day: date) -> Sessions | None:
            return self._calendars.sessions(instrument.venue, first_day, date.max)

        return BarInspector(instrument, timeframe, sessions, actions)

    def _check(self, job: CheckJob, tell: Tell) -> ReadingOutcome:
        inspector, tally, rows = self._bar_inspector(job, job.timeframe), Tally(), 0
        for bars in self._read_bars(job):
            nothing = np.zeros(len(bars), np.int64)
            found = inspector.take(bars, nothing, nothing)
            tally.add(found)
            rows += len(bars)
            tell(ReadingProgress(rows, 0, (), tuple(found)))
        found = inspector.finish()
        tally.add(found)
        tell(ReadingProgress(rows, rows, (), tuple(found)))
        return ReadingOutcome(rows=rows, quality=inspector.quality(tally, job.check_ts))


class _Reading:
    """One import on its way through."""

    def __init__(
        self, job: ImportJob, inspector: Inspector, staged: StagedRows, tell: Tell
    ) -> None:
        self._job = job
        self._inspector = inspector
        self._staged = staged
        self._tell = tell
        self._tally = Tally()
        self._rows = self._refused = self._duplicates = self._kept = self._pieces = 0
        self._waiting: list[GoodRows] = []
        self._told_findings = 0

    def read(self, total: int, pieces: Iterable[tuple[int, GoodRows]]) -> ReadingOutcome:
        """To the last piece: how many rows it had, and the good ones. Raises FileRefused."""
        for count, good in pieces:
            self._rows += count
            self._duplicates += len(good.duplicates)
            self._waiting.append(good)
            self._report(total, good.refused, good.duplicates)
            if sum(len(one.lines) for one in self._waiting) >= STAGE:
                self._report(total, (), self._stage())
        self._report(total, (), [*self._stage(), *self._inspector.finish()])
        if not self._rows:
            raise FileRefused("the file has no row", reason="EMPTY_FILE")
        return self.outcome()

    def outcome(self, refusal: DomainError | None = None) -> ReadingOutcome:
        """The report, also of a file that was no good from somewhere on."""
        return ReadingOutcome(
            rows=self._rows,
            kept_rows=self._kept,
            refused_rows=self._refused,
            duplicate_rows=self._duplicates,
            quality=self._inspector.quality(self._tally, self._job.check_ts),
            file_reason=refusal.reason if refusal else "",
            file_message=refusal.message if refusal else "",
            file_column=refusal.facts.get("column", "") if refusal else "",
        )

    def _stage(self) -> list[Finding]:
        """Looks at what waits and, unless a row was refused that may not be, writes it out."""
        if not self._waiting:
            return []
        columns, lines, lost = _joined(self._waiting)
        self._waiting.clear()
        found = self._inspector.take(columns, lines, lost)
        if len(columns) and (self._job.terms.skip_refused_rows or not self._refused):
            self._staged.write(self._job.output, self._pieces, columns)
            self._pieces += 1
            self._kept += len(columns)
        return found

    def _report(
        self, total: int, refused: Iterable[RefusedRow], findings: Iterable[Finding]
    ) -> None:
        refused, findings = tuple(refused), tuple(findings)
        self._tally.add(findings)
        told = refused[: max(0, MOST_REFUSED - self._refused)]
        self._refused += len(refused)
        found = findings[: max(0, MOST_FINDINGS - self._told_findings)]
        self._told_findings += len(found)
        self._tell(ReadingProgress(self._rows, total, told, found))


def _checker(terms: RowTerms) -> RowChecker:
    return BarRows(terms) if terms.content is Content.BARS else TickRows(terms)


def _made(columns: AnyColumns) -> GoodRows:
    """Rows that stand in no file."""
    nowhere = np.zeros(len(columns), np.int64)
    return GoodRows(columns=columns, lines=nowhere, lost=nowhere, refused=[], duplicates=[])


def _terms(job: ImportJob) -> RowTerms:
    return RowTerms(job.instrument, job.terms.content, job.terms.timeframe)


def _joined(pieces: list[GoodRows]) -> tuple[AnyColumns, Ints, Ints]:
    kind = type(pieces[0].columns)
    columns = kind(*map(np.concatenate, zip(*(one.columns.arrays for one in pieces), strict=True)))
    lines = np.concatenate([one.lines for one in pieces])
    return columns, lines, np.concatenate([one.lost for one in pieces])
