"""Puts a strategy away."""

from apps.strategies.built_ins import BUILT_INS
from domain.errors import NotAllowedNow
from domain.strategies.library import Listed
from ports.clock import Clock
from ports.request_log import RequestKey
from ports.strategy_store import StrategyStore


class ArchiveStrategy:
    """What was done with it stays; pushing to it brings it back."""

    def __init__(self, strategies: StrategyStore, clock: Clock) -> None:
        self._strategies = strategies
        self._clock = clock

    async def __call__(
        self, strategy_id: str, *, request: RequestKey, validate_only: bool = False
    ) -> Listed:
        """The strategy, archived; with `validate_only` as it would be. Again is harmless.

        Raises NotFound (STRATEGY_NOT_FOUND), NotAllowedNow (STRATEGY_BUILT_IN, STRATEGY_AT_WORK)
        and RequestIdReused.
        """
        if strategy_id in BUILT_INS:
            raise NotAllowedNow(
                f"{strategy_id} comes with the house and stays",
                reason="STRATEGY_BUILT_IN",
                strategy_id=strategy_id,
            )
        return await self._strategies.archive(
            request.tenant,
            strategy_id,
            self._clock.now(),
            request=request,
            rehearse=validate_only,
        )
