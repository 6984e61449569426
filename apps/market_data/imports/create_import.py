"""Declares an import; a small file may come with the declaration."""

from apps.market_data.imports.import_terms import WantedImport, check_terms
from apps.market_data.imports.run_imports import RunImports
from domain.errors import NotFound
from domain.instruments import Instrument
from domain.market_data.imports import Import, ImportState
from domain.market_data.new_instruments import new_instrument
from ports.clock import Clock
from ports.ids import Ids
from ports.import_spool import ImportSpool
from ports.import_store import ImportStore
from ports.instrument_store import InstrumentStore
from ports.request_log import RequestKey


class CreateImport:
    """Keeps the import, and starts reading when its rows are here already."""

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

    async def __call__(
        self,
        wanted: WantedImport,
        data: bytes,
        *,
        request: RequestKey,
        validate_only: bool = False,
    ) -> Import:
        """The import, UPLOADING or, with `data` or made rows, RUNNING. The same request has the
        same answer. To validate only is to refuse the same and to keep nothing; then it has no id.

        Raises as `check_terms`, and InvalidRequest (AMBIGUOUS_SYMBOL), NotFound
        (INSTRUMENT_NOT_FOUND) and RequestIdReused.
        """
        answered = await self._imports.answered(request)
        if answered is not None:
            return answered
        check_terms(wanted, data)
        instrument = await self._instrument(wanted)
        import_id = "" if validate_only else self._ids.new("imp")
        new = self._declared(wanted, instrument, import_id, request.tenant)
        if validate_only:
            return new
        if data:
            new = new.receive(0, len(data), last=True)
            await self._spool.write(new.import_id, 0, data)
        elif wanted.synthetic is not None:
            new = new.begin()
        kept = await self._imports.create(new, request)
        if kept.import_id != new.import_id:  # the same request was faster
            await self._spool.remove(new.import_id)
        elif kept.state is ImportState.RUNNING:
            self._runner.start(kept)
        return kept

    def _declared(
        self, wanted: WantedImport, instrument: Instrument, import_id: str, tenant: str
    ) -> Import:
        return Import(
            import_id=import_id,
            tenant=tenant,
            instrument_id=instrument.instrument_id,
            timeframe=wanted.timeframe,
            time_zone=wanted.time_zone,
            create_ts=self._clock.now(),
            content=wanted.content,
            format=wanted.format,
            columns=wanted.columns,
            delimiter=wanted.delimiter or ",",
            skip_refused_rows=wanted.skip_refused_rows,
            synthetic=wanted.synthetic,
        )

    async def _instrument(self, wanted: WantedImport) -> Instrument:
        try:
            return await self._instruments.get(wanted.instrument_id)
        except NotFound:
            new = new_instrument(wanted.instrument_id)
            if new is None:
                raise
            return new
