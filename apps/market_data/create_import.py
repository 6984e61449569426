"""Declares an import; a small file may come with the declaration."""

from msgspec import Struct

from apps.market_data.run_imports import RunImports
from domain.errors import InvalidRequest, NotFound, QuotaExceeded, invalid
from domain.instruments import Instrument, zone
from domain.market_data.imports import LARGEST_CHUNK, Import, ImportState
from domain.market_data.new_instruments import new_instrument
from domain.market_data.timeframe import span_of
from ports.clock import Clock
from ports.ids import Ids
from ports.import_spool import ImportSpool
from ports.import_store import ImportStore
from ports.instrument_store import InstrumentStore
from ports.request_log import RequestKey


class WantedImport(Struct, frozen=True):
    """What a client declares."""

    instrument_id: str
    timeframe: str
    time_zone: str = ""


class CreateImport:
    """Keeps the import, and starts reading when its file is here already."""

    def __init__(
        self,
        imports: ImportStore,
        instruments: InstrumentStore,
        spool: ImportSpool,
        clock: Clock,
        ids: Ids,
        runner: RunImports,
    ) -> None:
        self._imports = imports
        self._instruments = instruments
        self._spool = spool
        self._clock = clock
        self._ids = ids
        self._runner = runner

    async def __call__(self, wanted: WantedImport, data: bytes, *, request: RequestKey) -> Import:
        """The import, UPLOADING or, with `data`, RUNNING. The same request has the same answer.

        Raises InvalidRequest (UNKNOWN_TIMEFRAME, UNKNOWN_TIME_ZONE, AMBIGUOUS_SYMBOL), NotFound
        (INSTRUMENT_NOT_FOUND), QuotaExceeded (CHUNK_TOO_LARGE) and RequestIdReused.
        """
        answered = await self._imports.answered(request)
        if answered is not None:
            return answered
        instrument = await self._check(wanted, data)
        new = Import(
            import_id=self._ids.new("imp"),
            tenant=request.tenant,
            instrument_id=instrument.instrument_id,
            timeframe=wanted.timeframe,
            time_zone=wanted.time_zone,
            create_ts=self._clock.now(),
        )
        if data:
            new = new.receive(0, len(data), last=True)
            await self._spool.write(new.import_id, 0, data)
        kept = await self._imports.create(new, request)
        if kept.import_id != new.import_id:  # the same request was faster
            await self._spool.remove(new.import_id)
        elif kept.state is ImportState.RUNNING:
            self._runner.start(kept)
        return kept

    async def _check(self, wanted: WantedImport, data: bytes) -> Instrument:
        for name in ("instrument_id", "timeframe"):
            if not getattr(wanted, name):
                raise invalid(f"import.{name}", "is required", reason="MISSING_FIELD")
        span_of(wanted.timeframe, "import.timeframe")
        _check_zone(wanted.time_zone)
        check_size(data)
        try:
            return await self._instruments.get(wanted.instrument_id)
        except NotFound:
            new = new_instrument(wanted.instrument_id)
            if new is None:
                raise
            return new


def check_size(data: bytes) -> None:
    """Raises QuotaExceeded (CHUNK_TOO_LARGE)."""
    if len(data) > LARGEST_CHUNK:
        raise QuotaExceeded(
            f"a chunk may have {LARGEST_CHUNK} bytes",
            reason="CHUNK_TOO_LARGE",
            limit=str(LARGEST_CHUNK),
        )


def _check_zone(name: str) -> None:
    try:
        if name:
            zone(name)
    except InvalidRequest:
        raise invalid("import.time_zone", f"no zone {name!r}", reason="UNKNOWN_TIME_ZONE") from None
