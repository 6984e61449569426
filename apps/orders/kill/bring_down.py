"""Brings one account to what a kill switch asks for, as far as it goes, and says what is left."""

from msgspec.structs import replace

from apps.orders.kill.cancel_meant import CancelMeant
from apps.orders.kill.close_meant import ClosedSoFar, CloseMeant
from apps.orders.kill.meant import meant_by
from apps.orders.kill.verify import Verify
from domain.orders.kill_switch import KillMode, KillState, KillWork, Press, state_by
from ports.kill_switch import KillSwitchStore
from ports.run_store import RunStore


class BringDown:
    """Cancels, closes, and asks the broker. Harmless at any time and as often as one likes."""

    def __init__(
        self,
        kills: KillSwitchStore,
        runs: RunStore,
        cancel: CancelMeant,
        close: CloseMeant,
        verify: Verify,
    ) -> None:
        self._kills = kills
        self._runs = runs
        self._cancel = cancel
        self._close = close
        self._verify = verify

    async def __call__(self, press: Press, work: KillWork) -> KillWork:
        """How far it is in the account now; that is kept. Raises `Unavailable`, `NotFound`."""
        meant = await meant_by(press.scope, work, self._runs)
        if work.state is KillState.VERIFIED and await self._verify.is_still_so(
            press, work.account, meant
        ):
            return work
        reached = await self._reach(press, work, KillState.ENGAGED, KillState.CANCELING)
        await self._cancel(work.account, meant)
        closed = ClosedSoFar(reached, {})
        if press.mode is KillMode.FLATTEN:
            reached = await self._reach(press, reached, KillState.CANCELING, KillState.FLATTENING)
            closed = await self._close(press, reached, meant)
        left = await self._verify(press, work.account, meant, closed.refusals)
        done = replace(closed.work, state=state_by(left), residuals=left)
        if done != reached:
            await self._kills.keep_work(press.kill_switch_id, done)
        return done

    async def _reach(
        self, press: Press, work: KillWork, before: KillState, state: KillState
    ) -> KillWork:
        if work.state is not before:
            return work
        reached = replace(work, state=state)
        await self._kills.keep_work(press.kill_switch_id, reached)
        return reached
