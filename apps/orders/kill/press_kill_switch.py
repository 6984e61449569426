"""Presses the kill switch."""

from collections.abc import Callable

from msgspec import Struct, structs

from domain.errors import NotFound, invalid, under
from domain.orders.kill_switch import KillMode, KillScope, KillSwitch, Press, check_reason
from ports.clock import Clock
from ports.ids import Ids
from ports.instrument_store import InstrumentStore
from ports.kill_switch import KillSwitchStore
from ports.ownership import OwnedKind, Ownership
from ports.request_log import RequestKey

FIELD = "kill_switch"


class WantedPress(Struct, frozen=True):
    """What a person asks for; what is empty narrows nothing."""

    mode: KillMode = KillMode.HALT_NEW
    reason: str = ""
    account_id: str = ""
    strategy_id: str = ""
    run_id: str = ""
    instrument: str = ""
    """An id or a bare symbol."""


class PressKillSwitch:
    """Answers as soon as new risk is forbidden; what else the mode asks for is done right after."""

    def __init__(
        self,
        kills: KillSwitchStore,
        ownership: Ownership,
        instruments: InstrumentStore,
        clock: Clock,
        ids: Ids,
        wake: Callable[[], None],
    ) -> None:
        """`wake` has the worker look which switches are engaged."""
        self._kills = kills
        self._ownership = ownership
        self._instruments = instruments
        self._clock = clock
        self._ids = ids
        self._wake = wake

    async def __call__(
        self, wanted: WantedPress, key: RequestKey, *, validate_only: bool = False
    ) -> KillSwitch:
        """The switch, engaged; with `validate_only` as it would be, without an id.

        Raises `NotFound` for what is named and not the tenant's, and `InvalidRequest`.
        """
        with under(FIELD):
            scope = await self._scope(wanted, key.tenant)
            return await self._press(scope, wanted, key, validate_only=validate_only)

    async def everywhere(
        self, wanted: WantedPress, key: RequestKey, *, validate_only: bool = False
    ) -> KillSwitch:
        """The same for every tenant. Raises `InvalidRequest` NOT_GLOBAL when a name narrows it."""
        with under(FIELD):
            for field in ("account_id", "strategy_id", "run_id", "instrument"):
                if getattr(wanted, field):
                    named = "instrument_id" if field == "instrument" else field
                    raise invalid(named, "must be empty: it covers all", reason="NOT_GLOBAL")
            scope = KillScope(key.tenant, is_global=True)
            return await self._press(scope, wanted, key, validate_only=validate_only)

    async def _press(
        self, scope: KillScope, wanted: WantedPress, key: RequestKey, *, validate_only: bool
    ) -> KillSwitch:
        press = Press(
            self._ids.new("kill"),
            scope,
            wanted.mode,
            key.principal,
            self._clock.now(),
            check_reason(wanted.reason),
        )
        if validate_only:
            nameless = structs.replace(press, kill_switch_id="")
            return await self._kills.press(nameless, rehearse=True)
        switch = await self._kills.press(press, request=key)
        self._wake()
        return switch

    async def _scope(self, wanted: WantedPress, tenant: str) -> KillScope:
        for kind, name in (
            (OwnedKind.ACCOUNT, wanted.account_id),
            (OwnedKind.STRATEGY, wanted.strategy_id),
            (OwnedKind.RUN, wanted.run_id),
        ):
            if name and not await self._ownership.belongs(tenant, kind, name):
                raise NotFound(
                    f"There is no {kind} {name}.",
                    reason=f"{kind.upper()}_NOT_FOUND",
                    **{f"{kind}_id": name},
                )
        instrument_id = ""
        if wanted.instrument:
            instrument_id = (await self._instruments.get(wanted.instrument)).instrument_id
        return KillScope(
            tenant,
            account_id=wanted.account_id,
            strategy_id=wanted.strategy_id,
            run_id=wanted.run_id,
            instrument_id=instrument_id,
        )
