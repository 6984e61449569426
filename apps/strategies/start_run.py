"""Starts a strategy on paper."""

import math

from apps.prepare import Prepare
from apps.strategies.host import RunHost
from domain.errors import invalid
from domain.strategies.run import Replay, Run
from domain.strategies.wanted import Wanted
from ports.clock import Clock
from ports.ids import Ids
from ports.order_desk import OrderDesk
from ports.request_log import RequestKey
from ports.run_store import RunStore

NO_ENTRY = 2**62  # a version that no account reaches


class StartRun:
    """Keeps the run, then sets it to work."""

    def __init__(
        self,
        prepare: Prepare,
        runs: RunStore,
        desk: OrderDesk,
        host: RunHost,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._prepare = prepare
        self._runs = runs
        self._desk = desk
        self._host = host
        self._clock = clock
        self._ids = ids

    async def __call__(
        self,
        wanted: Wanted,
        account_id: str,
        bars_per_second: float,
        *,
        request: RequestKey,
        validate_only: bool = False,
    ) -> Run:
        """The run, kept and about to start; with `validate_only` as it would be, without an id.

        Raises what `Prepare` raises, NotFound (ACCOUNT_NOT_FOUND), NotAllowedNow (ACCOUNT_BUSY) and
        RequestIdReused; nothing is kept then.
        """
        if not validate_only and (answered := await self._runs.answered(request)):
            return answered
        if not account_id:
            raise invalid("account_id", "is required", reason="MISSING_FIELD")
        if not math.isfinite(bars_per_second) or bars_per_second < 0:
            raise invalid(
                "replay.bars_per_second", "must be a number from 0 up", reason="OUT_OF_RANGE"
            )
        prepared = await self._prepare(request.tenant, wanted)
        await self._desk.entries(request.tenant, account_id, after=NO_ENTRY)  # is it there?
        run = Run(
            tenant=request.tenant,
            run_id="" if validate_only else self._ids.new("run"),
            strategy_id=prepared.version.strategy_id,
            version_id=prepared.version.version_id,
            account_id=account_id,
            instrument_id=prepared.instrument.instrument_id,
            timeframe=prepared.timeframe,
            parameters=prepared.parameters,
            replay=Replay(prepared.start_ts, prepared.end_ts, bars_per_second),
            total_bar_count=prepared.bar_count,
            create_ts=self._clock.now(),
        )
        kept = await self._runs.start(run, request=request, rehearse=validate_only)
        is_ours = kept == run  # else the same request was faster, and its run may have ended
        if is_ours and not validate_only:
            self._host.start(kept)
        return kept
