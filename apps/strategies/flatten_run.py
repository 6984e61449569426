"""Brings what a run holds to nothing."""

import asyncio
from contextlib import aclosing

from apps.strategies.host import RunHost
from apps.strategies.watch_run import TOPIC
from apps.streams import Streams
from domain.errors import NotAllowedNow, Unavailable
from domain.orders.closing import Closed
from domain.strategies.commands import Flatten
from domain.strategies.run import Run
from ports.event_bus import EventBus
from ports.order_desk import OrderDesk
from ports.request_log import RequestKey
from ports.run_store import Answer, RunStore

PATIENCE = 20.0  # seconds; a call is given 30


class FlattenRun:
    """Keeps the wish, which pauses the run, and waits until the run has carried it out."""

    def __init__(
        self, runs: RunStore, desk: OrderDesk, host: RunHost, streams: Streams, bus: EventBus
    ) -> None:
        self._runs = runs
        self._desk = desk
        self._host = host
        self._streams = streams
        self._bus = bus

    async def __call__(
        self, run_id: str, *, request: RequestKey, validate_only: bool = False
    ) -> tuple[Run, Closed]:
        """The run, PAUSED, and what was closed and canceled; with `validate_only` as it would be.

        Raises NotFound (RUN_NOT_FOUND), NotAllowedNow (RUN_ENDED), RequestIdReused, and Unavailable
        (RUN_BUSY) when the run does not come to it in time: the same request waits on.
        """
        answer = await self._runs.ask(
            request.tenant,
            run_id,
            Run.flattening,
            Flatten(),
            request=request,
            rehearse=validate_only,
        )
        run = answer.run
        if validate_only:
            return run, await self._desk.preview_flatten(
                run.tenant, run.account_id, run.run_id, run.instrument_id
            )
        self._host.ring(await self._runs.get(run.tenant, run.run_id))
        try:
            async with asyncio.timeout(PATIENCE):
                return run, await self._outcome(answer)
        except TimeoutError:
            raise Unavailable(
                f"run {run_id} is busy and has not come to it yet; ask again",
                reason="RUN_BUSY",
                run_id=run_id,
            ) from None

    async def _outcome(self, answer: Answer) -> Closed:
        run, number = answer.run, answer.number
        after = await self._bus.place_of(TOPIC, run.run_id)
        if (done := await self._done(run, number)) is not None:
            return done
        async with aclosing(self._streams.follow(TOPIC, run.run_id, after=after)) as news:
            async for _ in news:
                if (done := await self._done(run, number)) is not None:
                    return done
        raise AssertionError("the news of a run never end by themselves")

    async def _done(self, run: Run, number: int) -> Closed | None:
        """Raises NotAllowedNow (RUN_ENDED) when the run ended before it came to it."""
        now = await self._runs.get(run.tenant, run.run_id)
        done = await self._runs.outcome(run.tenant, run.run_id, number)
        if done is None and not now.is_active:
            raise NotAllowedNow(
                f"run {run.run_id} ended before it could be flattened: {now.state.name}",
                reason="RUN_ENDED",
                run_id=run.run_id,
                state=now.state.name,
            )
        return done
