"""Releases a kill switch. Nothing but this ever does."""

from domain.errors import PermissionDenied
from domain.orders.kill_switch import KillSwitch, Release, check_reason
from ports.clock import Clock
from ports.kill_switch import KillSwitchStore
from ports.request_log import RequestKey


class ReleaseKillSwitch:
    """Kept with who, when and why. Runs that it has paused stay paused."""

    def __init__(self, kills: KillSwitchStore, clock: Clock) -> None:
        self._kills = kills
        self._clock = clock

    async def __call__(
        self,
        kill_switch_id: str,
        reason: str,
        key: RequestKey,
        *,
        may_release_global: bool = False,
        validate_only: bool = False,
    ) -> KillSwitch:
        """The switch, RELEASED; with `validate_only` as it would be.

        Raises `NotFound` KILL_SWITCH_NOT_FOUND, `PermissionDenied` KILL_SWITCH_GLOBAL,
        `NotAllowedNow` KILL_SWITCH_RELEASED and `InvalidRequest` for the reason.
        """
        words = check_reason(reason, needed=True)
        switch = await self._kills.get(key.tenant, kill_switch_id)
        if switch.press.scope.is_global and not may_release_global:
            raise PermissionDenied(
                f"kill switch {kill_switch_id} covers every tenant",
                reason="KILL_SWITCH_GLOBAL",
                kill_switch_id=kill_switch_id,
            )
        return await self._kills.release(
            key.tenant,
            kill_switch_id,
            Release(key.principal, self._clock.now(), words),
            request=None if validate_only else key,
            rehearse=validate_only,
        )
