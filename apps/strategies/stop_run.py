"""Stops a strategy run."""

from apps.strategies.host import RunHost
from domain.strategies.run import Run
from ports.request_log import RequestKey
from ports.run_store import RunStore


class StopRun:
    """Keeps the wish first: a run asked to stop stays asked, whatever happens to us."""

    def __init__(self, runs: RunStore, host: RunHost) -> None:
        self._runs = runs
        self._host = host

    async def __call__(
        self, run_id: str, *, request: RequestKey, validate_only: bool = False
    ) -> Run:
        """The run, STOPPING or already STOPPED; with `validate_only` as it would be.

        Raises NotFound (RUN_NOT_FOUND), NotAllowedNow (RUN_ENDED) and RequestIdReused.
        """
        run = await self._runs.change(
            request.tenant, run_id, Run.stopping, request=request, rehearse=validate_only
        )
        if not validate_only:
            self._host.stop(run)
        return run
