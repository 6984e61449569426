"""Changes parameters of a run at work."""

from collections.abc import Mapping

from apps.strategies.host import RunHost
from domain.errors import InvalidRequest, invalid
from domain.strategies.commands import SetParameters
from domain.strategies.library import check_parameters
from domain.strategies.run import Run
from ports.instrument_store import InstrumentStore
from ports.request_log import RequestKey
from ports.run_store import RunStore
from ports.strategy_process import StrategyBroke, StrategyCode, StrategyProcesses
from ports.strategy_store import StrategyStore


class SetRunParameters:
    """Kept first, then heard by the strategy between two bars.

    The author's own checks see the new values before, in a process that is made for it.
    """

    def __init__(
        self,
        runs: RunStore,
        strategies: StrategyStore,
        instruments: InstrumentStore,
        processes: StrategyProcesses,
        host: RunHost,
    ) -> None:
        self._runs = runs
        self._strategies = strategies
        self._instruments = instruments
        self._processes = processes
        self._host = host

    async def __call__(
        self,
        run_id: str,
        values: Mapping[str, str],
        *,
        request: RequestKey,
        validate_only: bool = False,
    ) -> Run:
        """The run with all of its parameters; with `validate_only` as it would be.

        Raises NotFound (RUN_NOT_FOUND), NotAllowedNow (RUN_ENDED), RequestIdReused, and
        InvalidRequest: MISSING_FIELD, UNKNOWN_PARAMETER, INVALID_PARAMETER.
        """
        if not values:
            raise invalid("parameters", "must name at least one", reason="MISSING_FIELD")
        run = await self._runs.get(request.tenant, run_id)
        version = await self._strategies.version(run.tenant, run.strategy_id, run.version_id)

        def change(now: Run) -> Run:
            wanted = {**now.parameters, **values}
            return now.with_parameters(
                check_parameters(version.settings, wanted, now.instrument_id)
            )

        if run.goes_on:
            parameters = change(run).parameters
            await self._try_out(
                run,
                StrategyCode(run.strategy_id, version.source, version.class_name, parameters),
            )
        answer = await self._runs.ask(
            request.tenant,
            run_id,
            change,
            SetParameters(dict(values)),
            request=request,
            rehearse=validate_only,
        )
        if not validate_only:
            self._host.ring(answer.run)
        return answer.run

    async def _try_out(self, run: Run, code: StrategyCode) -> None:
        instrument = await self._instruments.get(run.instrument_id)
        try:
            process = await self._processes.start(run.run_id, code, [instrument])
        except StrategyBroke as error:
            raise InvalidRequest(
                f"parameters: the strategy refuses them: {error.message}",
                reason="INVALID_PARAMETER",
                violations={"parameters": error.message},
            ) from error
        await process.kill()
