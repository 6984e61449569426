"""Keeps strategy runs at work: each in a task of its own, so that one cannot stop another."""

import asyncio
from collections.abc import Sequence

import structlog

from apps.strategies.bell import Bell
from apps.strategies.drive import DriveRun
from apps.strategies.reins import Reins
from domain.errors import DomainError, Unavailable
from domain.strategies.run import Run, RunState
from ports.broker import BrokerSilent
from ports.clock import Clock
from ports.order_desk import OrderDesk
from ports.run_store import RunStore

log = structlog.get_logger("runs")


class RunHost:
    """Starts, stops and resumes runs. When it leaves they stay, and go on at the next start."""

    def __init__(
        self,
        runs: RunStore,
        desk: OrderDesk,
        drive: DriveRun,
        clock: Clock,
        pause: float = 5.0,
    ) -> None:
        """`pause` is how many seconds a run waits for what is unavailable."""
        self._runs = runs
        self._desk = desk
        self._drive = drive
        self._clock = clock
        self._pause = pause
        self._at_work: dict[str, tuple[asyncio.Task[None], Reins, Bell]] = {}
        self._leaving = False

    def start(self, run: Run) -> None:
        """Sets the run to work, in the background. Harmless twice."""
        if self._leaving or run.run_id in self._at_work:
            return
        reins, bell = Reins(), Bell()
        task = asyncio.create_task(self.run(run, reins, bell), name=run.run_id)
        self._at_work[run.run_id] = task, reins, bell
        task.add_done_callback(lambda _: self._at_work.pop(run.run_id, None))

    def stop(self, run: Run) -> None:
        """Lets the run finish what it is deciding, then end; one that rests here just ends."""
        if run.run_id in self._at_work:
            self._at_work[run.run_id][1].stop()
        elif run.is_active:
            self.start(run)

    def ring(self, run: Run) -> None:
        """Has the run hear what was asked of it before its next bar, also one that rests here."""
        if run.run_id in self._at_work:
            self._at_work[run.run_id][2].ring()
        elif run.is_active:
            self.start(run)

    async def resume(self) -> Sequence[Run]:
        """Sets every run to work that has not ended; at start."""
        runs = await self._runs.active()
        for run in runs:
            self.start(run)
        return runs

    async def drain(self, within: float) -> None:
        """Stops between two bars, or where it stands after so many seconds.

        The runs stay RUNNING in the store and go on at the next start.
        """
        self._leaving = True
        await self._put_down(within)

    async def rest(self) -> None:
        """Stops every run where it stands; `resume` takes them up again."""
        await self._put_down(0)

    async def _put_down(self, within: float) -> None:
        at_work = list(self._at_work.values())
        for _, reins, _ in at_work:
            reins.leave()
        if at_work:
            _, slow = await asyncio.wait([task for task, _, _ in at_work], timeout=within)
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)

    async def wait(self, run_id: str) -> None:
        """Returns when the run is no longer at work here."""
        if run_id in self._at_work:
            await asyncio.wait([self._at_work[run_id][0]])

    async def run(self, run: Run, reins: Reins, bell: Bell) -> None:
        """Drives one run to its end, which is kept whatever it was.

        What is unavailable is tried again, from what is kept, as after a crash.
        """
        try:
            while not await self._driven(run, reins, bell):
                await self._wait(reins)
        except DomainError as error:
            await self._fail(run, reins, error.reason, error.message)
        except Exception:  # a fault of ours ends this run and leaves the others alone
            log.exception("run_fell_over", run_id=run.run_id)
            await self._fail(run, reins, "INTERNAL_ERROR", "the platform failed; see its log")

    async def _driven(self, run: Run, reins: Reins, bell: Bell) -> bool:
        """Whether nothing is left to do here."""
        try:
            now = await self._runs.get(run.tenant, run.run_id)
            if now.is_active:
                await self._drive(now, reins, bell)
                if not reins.left:
                    await self._end(run, reins)
            return True
        except (Unavailable, BrokerSilent) as error:
            log.warning("run_waits", run_id=run.run_id, why=str(error))
            return reins.left

    async def _end(self, run: Run, reins: Reins) -> None:
        await self._desk.close(run.tenant, run.account_id, run.run_id)
        state = RunState.STOPPED if reins.stopped else RunState.FINISHED
        ts = self._clock.now()
        await self._runs.change(run.tenant, run.run_id, lambda now: now.ended(state, ts))

    async def _fail(self, run: Run, reins: Reins, reason: str, message: str) -> None:
        """Keeps that it failed, as often as it takes; a start after we left finds it out again."""
        while not (await self._failed(run, reason, message) or reins.left):
            await self._wait(reins)

    async def _failed(self, run: Run, reason: str, message: str) -> bool:
        """Whether it is kept. Orders that cannot be canceled stay; the run ends all the same."""
        ts = self._clock.now()
        try:
            await self._close(run)
            await self._runs.change(
                run.tenant,
                run.run_id,
                lambda now: now.ended(RunState.FAILED, ts, reason, message),
            )
        except (Unavailable, BrokerSilent) as error:
            log.warning("run_waits", run_id=run.run_id, why=str(error), failed=reason)
            return False
        return True

    async def _close(self, run: Run) -> None:
        try:
            await self._desk.close(run.tenant, run.account_id, run.run_id)
        except Unavailable:
            raise
        except DomainError:
            log.exception("orders_not_canceled", run_id=run.run_id)

    async def _wait(self, reins: Reins) -> None:
        """A while, or until we leave."""
        if reins.stopped:  # its reins are pulled already and would not wait
            await asyncio.sleep(self._pause)
        else:
            await reins.pause(self._pause)
