"""Cancels an export."""

from apps.exports.run_exports import RunExports
from domain.exports.export import Export
from ports.clock import Clock
from ports.export_store import ExportStore
from ports.request_log import RequestKey


class CancelExport:
    """Keeps the end first, then ends the writing."""

    def __init__(self, exports: ExportStore, run_exports: RunExports, clock: Clock) -> None:
        self._exports = exports
        self._run_exports = run_exports
        self._clock = clock

    async def __call__(
        self, export_id: str, *, request: RequestKey, validate_only: bool = False
    ) -> Export:
        """The export, CANCELED.

        Raises NotFound (EXPORT_NOT_FOUND), NotAllowedNow (EXPORT_ENDED) and RequestIdReused.
        """
        ts = self._clock.now()
        if validate_only:
            return (await self._exports.get(request.tenant, export_id)).canceled(ts)
        export = await self._exports.change(
            request.tenant, export_id, lambda now: now.canceled(ts), request=request
        )
        await self._run_exports.stop(export_id)
        return export
