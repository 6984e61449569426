"""Keeps the kill switches: pressed, at work, released, and for ever in the history."""

from collections.abc import Sequence
from typing import Protocol

from domain.orders.kill_switch import KillSwitch, KillWork, Press, Release
from ports.request_log import RequestKey


class KillSwitchStore(Protocol):
    """A press is a barrier: once it is kept, no later change of a covered account misses it.

    What a tenant sees of a switch is what it does in the tenant's own accounts. Every change is
    told on the topic `kill_switches` under the tenant's name.
    """

    async def press(
        self, press: Press, *, request: RequestKey | None = None, rehearse: bool = False
    ) -> KillSwitch:
        """Keeps a press with the accounts it covers, and the last order of each at this moment.

        A request that came before gives the switch as it was then. To `rehearse` is to keep
        nothing, whatever was asked before. Raises `RequestIdReused`.
        """
        ...

    async def release(
        self,
        tenant: str,
        kill_switch_id: str,
        release: Release,
        *,
        request: RequestKey | None = None,
        rehearse: bool = False,
    ) -> KillSwitch:
        """Lets new risk pass again, as far as no other switch forbids it.

        Raises `NotFound` KILL_SWITCH_NOT_FOUND, `NotAllowedNow` KILL_SWITCH_RELEASED,
        `RequestIdReused`.
        """
        ...

    async def get(self, tenant: str, kill_switch_id: str) -> KillSwitch:
        """One of the tenant's, or a global one. Raises `NotFound` KILL_SWITCH_NOT_FOUND."""
        ...

    async def page(
        self, tenant: str, *, engaged_only: bool, before: int, limit: int
    ) -> Sequence[KillSwitch]:
        """The tenant's and the global ones, newest first; those below the epoch `before`.

        0 stands for the first page.
        """
        ...

    async def engaged(self) -> Sequence[Press]:
        """Those of every tenant that are not released, oldest first."""
        ...

    async def works(self, kill_switch_id: str) -> Sequence[KillWork]:
        """What a switch has to do, account by account, for all tenants."""
        ...

    async def keep_work(self, kill_switch_id: str, work: KillWork) -> None:
        """Keeps how far it is in an account."""
        ...


class KillFile(Protocol):
    """A file that stands for a global switch which only halts: for when nothing else answers."""

    def is_there(self) -> bool:
        """Whether it is there, or cannot be looked for: both halt."""
        ...
