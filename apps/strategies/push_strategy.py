"""Takes a source into the library."""

from apps.strategies.built_ins import BUILT_INS
from domain.errors import NotAllowedNow
from domain.strategies.library import (
    StrategyVersion,
    check_source,
    check_strategy_id,
    version_id_of,
)
from ports.clock import Clock
from ports.request_log import RequestKey
from ports.strategy_process import StrategyProcesses
from ports.strategy_store import StrategyStore


class PushStrategy:
    """Reads the source in a process of its own, then keeps it as a version."""

    def __init__(
        self, strategies: StrategyStore, processes: StrategyProcesses, clock: Clock
    ) -> None:
        self._strategies = strategies
        self._processes = processes
        self._clock = clock

    async def __call__(
        self,
        strategy_id: str,
        source: str,
        class_name: str,
        *,
        request: RequestKey,
        validate_only: bool = False,
    ) -> StrategyVersion:
        """The version, kept unless `validate_only`. The same source again is the same version.

        Raises InvalidRequest (INVALID_STRATEGY_ID, SOURCE_TOO_LARGE, STRATEGY_DOES_NOT_IMPORT …),
        NotAllowedNow (`STRATEGY_BUILT_IN`) and RequestIdReused.
        """
        check_strategy_id(strategy_id)
        check_source(source)
        if strategy_id in BUILT_INS:
            raise NotAllowedNow(
                f"{strategy_id} comes with the house; push under another name",
                reason="STRATEGY_BUILT_IN",
                strategy_id=strategy_id,
            )
        if not validate_only and (answered := await self._strategies.answered(request)):
            return answered
        found = await self._processes.inspect(source, class_name)
        version = StrategyVersion(
            tenant=request.tenant,
            strategy_id=strategy_id,
            version_id=version_id_of(source, found.class_name),
            class_name=found.class_name,
            summary=found.summary,
            settings=found.settings,
            source=source,
            create_ts=self._clock.now(),
        )
        if validate_only:
            return version
        return await self._strategies.push(version, request=request)
