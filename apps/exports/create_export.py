"""Asks for an export."""

from msgspec.structs import replace

from apps.caller import Caller
from apps.exports.run_exports import RunExports
from apps.exports.sources.source import Source
from domain.errors import PermissionDenied, under
from domain.exports.export import SCOPES, BarsContent, Content, Export, ExportFormat
from ports.clock import Clock
from ports.export_store import ExportStore
from ports.ids import Ids
from ports.instrument_store import InstrumentStore
from ports.request_log import RequestKey


class CreateExport:
    """Checks everything, keeps it, and starts writing."""

    def __init__(
        self,
        exports: ExportStore,
        instruments: InstrumentStore,
        source: Source,
        run_exports: RunExports,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._exports = exports
        self._instruments = instruments
        self._source = source
        self._run_exports = run_exports
        self._clock = clock
        self._ids = ids

    async def __call__(
        self,
        caller: Caller,
        content: Content,
        form: ExportFormat,
        *,
        request: RequestKey,
        validate_only: bool = False,
    ) -> Export:
        """The export, kept and RUNNING unless `validate_only`.

        Raises PermissionDenied (SCOPE_MISSING) where the caller may not read the content, what
        `Source.rows` raises, InvalidRequest (MISSING_FIELD, UNKNOWN_TIMEFRAME, END_BEFORE_START),
        NotFound (INSTRUMENT_NOT_FOUND) and RequestIdReused; nothing is kept then.
        """
        if not validate_only and (answered := await self._exports.answered(request)):
            return answered
        _check_scope(caller, content)
        with under(content.field):
            content = await self._whole(content)
            rows = await self._source.rows(request.tenant, content)
        export = Export(
            tenant=request.tenant,
            export_id="" if validate_only else self._ids.new("exp"),
            content=content,
            format=form,
            create_ts=self._clock.now(),
            total_row_count=rows.count,
        )
        if validate_only:
            return export
        await self._run_exports.expire()
        kept = await self._exports.create(export, request=request)
        self._run_exports.start(kept)
        return kept

    async def _whole(self, content: Content) -> Content:
        """With the whole instrument id in place of a bare symbol."""
        if not isinstance(content, BarsContent):
            return content
        content.check()
        instrument = await self._instruments.get(content.instrument_id)
        return replace(content, instrument_id=instrument.instrument_id)


def _check_scope(caller: Caller, content: Content) -> None:
    scope = SCOPES[type(content)]
    if scope not in caller.scopes:
        raise PermissionDenied(
            f"The token does not carry the scope {scope}.", reason="SCOPE_MISSING", scope=scope
        )
