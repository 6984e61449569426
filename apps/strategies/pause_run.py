"""Pauses a run, and lets it go on."""

from apps.strategies.host import RunHost
from domain.strategies.commands import Pause, Resume
from domain.strategies.run import Run
from ports.request_log import RequestKey
from ports.run_store import RunStore


class PauseRun:
    """Kept first, then heard by the run between two bars: what it was deciding is finished."""

    def __init__(self, runs: RunStore, host: RunHost) -> None:
        self._runs = runs
        self._host = host

    async def pause(self, run_id: str, *, request: RequestKey, validate_only: bool = False) -> Run:
        """The run, PAUSED; with `validate_only` as it would be.

        Raises NotFound (RUN_NOT_FOUND), NotAllowedNow (RUN_ENDED, RUN_PAUSED_ALREADY) and
        RequestIdReused.
        """
        answer = await self._runs.ask(
            request.tenant, run_id, Run.pausing, Pause(), request=request, rehearse=validate_only
        )
        if not validate_only:
            self._host.ring(answer.run)
        return answer.run

    async def resume(self, run_id: str, *, request: RequestKey, validate_only: bool = False) -> Run:
        """The run, RUNNING; with `validate_only` as it would be.

        Raises NotFound (RUN_NOT_FOUND), NotAllowedNow (RUN_ENDED, RUN_NOT_PAUSED) and
        RequestIdReused.
        """
        answer = await self._runs.ask(
            request.tenant, run_id, Run.resuming, Resume(), request=request, rehearse=validate_only
        )
        if not validate_only:
            self._host.ring(answer.run)
        return answer.run
