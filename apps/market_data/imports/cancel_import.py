"""Cancels an import."""

from apps.market_data.imports.run_imports import RunImports
from domain.market_data.imports import Import
from ports.clock import Clock
from ports.import_store import ImportStore
from ports.request_log import RequestKey


class CancelImport:
    """Keeps the end first, then ends the worker."""

    def __init__(self, imports: ImportStore, runner: RunImports, clock: Clock) -> None:
        self._imports = imports
        self._runner = runner
        self._clock = clock

    async def __call__(
        self, import_id: str, *, request: RequestKey, validate_only: bool = False
    ) -> Import:
        """The import, CANCELED; to validate only is to refuse the same and to change nothing.

        Raises NotFound (IMPORT_NOT_FOUND), NotAllowedNow (IMPORT_ENDED) and RequestIdReused.
        """
        ts = self._clock.now()
        if validate_only:
            answered = await self._imports.answered(request)
            return answered or (await self._imports.get(request.tenant, import_id)).cancel(ts)
        canceled = await self._imports.change(
            request.tenant, import_id, lambda now: now.cancel(ts), request=request
        )
        await self._runner.stop(import_id)
        return canceled
