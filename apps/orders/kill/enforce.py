"""Carries out what engaged kill switches ask for beside halting, until nothing is left of it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from apps.orders.kill.bring_down import BringDown
from apps.orders.kill.meant import means_run
from domain.errors import DomainError, NotAllowedNow
from domain.orders.kill_switch import KillMode, KillState, KillWork, Press
from domain.strategies.commands import Pause
from domain.strategies.run import Run
from ports.kill_switch import KillSwitchStore
from ports.run_store import RunStore

SWEEP_SECONDS = 1.0  # also how soon a press by another process is noticed

_log = structlog.get_logger(__name__)


class EnforceKillSwitches:
    """The worker. What it has done is kept, so a restart goes on where it stood.

    Each switch and each account is taken on beside the others: one broker's silence holds up
    nobody else. What is left is looked at again and again; and what the broker has confirmed is
    looked at too, since an order in doubt may turn up late.
    """

    def __init__(
        self,
        kills: KillSwitchStore,
        runs: RunStore,
        bring_down: BringDown,
        ring: Callable[[Run], None],
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`ring` has a run hear at once what was asked of it."""
        self._kills = kills
        self._runs = runs
        self._bring_down = bring_down
        self._ring = ring
        self._pause = pause
        self._waiting: asyncio.Queue[None] = asyncio.Queue()
        self._at_work: set[tuple[str, str]] = set()

    def wake(self) -> None:
        """Has the worker look which switches are engaged; returns at once."""
        self._waiting.put_nowait(None)

    async def run(self) -> None:
        """The worker, without an end: what was engaged before, then what it is woken for."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sweep())
            while True:
                await self._waiting.get()
                group.create_task(self._quietly())

    async def once(self) -> None:
        """Takes every engaged switch as far as it goes now. Raises `Unavailable`."""
        presses = [
            press for press in await self._kills.engaged() if press.mode is not KillMode.HALT_NEW
        ]
        await asyncio.gather(*(self._enforce(press) for press in presses))

    async def _enforce(self, press: Press) -> None:
        works = await self._kills.works(press.kill_switch_id)
        if any(work.state is KillState.ENGAGED for work in works):
            await self._pause_runs(press)
        await asyncio.gather(*(self._bring(press, work) for work in works))

    async def _bring(self, press: Press, work: KillWork) -> None:
        turn = (press.kill_switch_id, work.account.account_id)
        if turn in self._at_work:  # somebody waits for the broker there
            return
        self._at_work.add(turn)
        try:
            await self._bring_down(press, work)
        except DomainError as error:  # the next sweep takes it on again
            _log.warning(
                "kill_switch_not_carried_out",
                kill_switch_id=press.kill_switch_id,
                account_id=work.account.account_id,
                why=error.message,
            )
        except Exception:  # noqa: BLE001 - one account must not keep the others from it
            _log.exception(
                "kill_switch_not_carried_out",
                kill_switch_id=press.kill_switch_id,
                account_id=work.account.account_id,
            )
        finally:
            self._at_work.discard(turn)

    async def _pause_runs(self, press: Press) -> None:
        """A run that ended, or is paused already, is as it should be."""
        for run in await self._runs.active():
            if not means_run(press.scope, run):
                continue
            try:
                answer = await self._runs.ask(run.tenant, run.run_id, Run.pausing, Pause())
            except NotAllowedNow:
                continue
            self._ring(answer.run)

    async def _sweep(self) -> None:
        while True:
            self.wake()
            await self._pause(SWEEP_SECONDS)

    async def _quietly(self) -> None:
        try:
            await self.once()
        except DomainError as error:  # the store may be back at the next sweep
            _log.warning("kill_switches_not_swept", why=error.message)
        except Exception:  # noqa: BLE001 - the worker must outlive whatever happens in a sweep
            _log.exception("kill_switches_not_swept")
