"""Reads kill switches: those at work and the history."""

from collections.abc import Sequence

from apps.paging import Places, cut, page_size
from domain.orders.kill_switch import KillSwitch
from ports.kill_switch import KillFile, KillSwitchStore


class ReadKillSwitches:
    """A tenant reads its own and the global ones."""

    def __init__(self, kills: KillSwitchStore, kill_file: KillFile, places: Places) -> None:
        self._kills = kills
        self._kill_file = kill_file
        self._places = places

    async def one(self, tenant: str, kill_switch_id: str) -> KillSwitch:
        """Raises `NotFound` KILL_SWITCH_NOT_FOUND."""
        return await self._kills.get(tenant, kill_switch_id)

    async def page(
        self, tenant: str, *, engaged_only: bool, size: int, token: str
    ) -> tuple[Sequence[KillSwitch], str]:
        """Newest first, and the token of the next page. Raises `InvalidRequest`."""
        query = ("kill_switches", tenant, engaged_only)
        before = self._places.place("page_token", query, token)
        size = page_size(size)
        found = await self._kills.page(
            tenant, engaged_only=engaged_only, before=int(before or 0), limit=size + 1
        )
        page, last = cut(found, size, lambda switch: switch.kill_epoch)
        return page, "" if last is None else self._places.token(query, last)

    def is_file_there(self) -> bool:
        """Whether the file KILL halts everything."""
        return self._kill_file.is_there()
