"""Kill switches on SQL."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from adapters.sql.database import Database
from adapters.sql.kill_switch_halts import raise_barrier
from adapters.sql.kill_switch_rows import add_press, switch_from, tell, works_of
from adapters.sql.request_log import keep_answer, kept_answer
from adapters.sql.tables.kill_switches import kill_switches, kill_works
from domain.errors import NotFound
from domain.orders.kill_switch import KillSwitch, KillWork, Press, Release, already_released
from ports.clock import Clock
from ports.kill_switch import KillSwitchStore
from ports.ownership import HOUSE
from ports.request_log import RequestKey

_switch_of = msgspec.msgpack.Decoder(KillSwitch).decode
_press_of = msgspec.msgpack.Decoder(Press).decode


class SqlKillSwitchStore(KillSwitchStore):
    """A press waits for the changes that are under way, and those behind it find it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def press(
        self, press: Press, *, request: RequestKey | None = None, rehearse: bool = False
    ) -> KillSwitch:
        tenant = HOUSE if press.scope.is_global else press.scope.tenant

        def pressed(connection: Connection) -> KillSwitch:
            if not rehearse:
                raise_barrier(connection, tenant)
            row = add_press(connection, press, clock=self._clock.now())
            return switch_from(connection, row, press.scope.tenant)

        return await self._write(tenant, pressed, request, rehearse)

    async def release(
        self,
        tenant: str,
        kill_switch_id: str,
        release: Release,
        *,
        request: RequestKey | None = None,
        rehearse: bool = False,
    ) -> KillSwitch:
        def released(connection: Connection) -> KillSwitch:
            row = _row(connection, tenant, kill_switch_id, lock=True)
            if not row.is_engaged:
                raise already_released(kill_switch_id)
            connection.execute(
                update(kill_switches)
                .where(kill_switches.c.kill_epoch == row.kill_epoch)
                .values(is_engaged=0, release=msgspec.msgpack.encode(release))
            )
            row = _row(connection, tenant, kill_switch_id)
            tell(connection, row, clock=self._clock.now())
            return switch_from(connection, row, tenant)

        return await self._write(
            await self._owner(tenant, kill_switch_id), released, request, rehearse
        )

    async def get(self, tenant: str, kill_switch_id: str) -> KillSwitch:
        def query(connection: Connection) -> KillSwitch:
            return switch_from(connection, _row(connection, tenant, kill_switch_id), tenant)

        return await self._database.read(tenant, query)

    async def page(
        self, tenant: str, *, engaged_only: bool, before: int, limit: int
    ) -> Sequence[KillSwitch]:
        question = (
            select(kill_switches)
            .where(kill_switches.c.tenant.in_([tenant, HOUSE]))
            .order_by(kill_switches.c.kill_epoch.desc())
            .limit(limit)
        )
        if engaged_only:
            question = question.where(kill_switches.c.is_engaged == 1)
        if before:
            question = question.where(kill_switches.c.kill_epoch < before)

        def query(connection: Connection) -> list[KillSwitch]:
            rows = connection.execute(question).all()
            return [switch_from(connection, row, tenant) for row in rows]

        return await self._database.read(tenant, query)

    async def engaged(self) -> Sequence[Press]:
        question = (
            select(kill_switches.c.press)
            .where(kill_switches.c.is_engaged == 1)
            .order_by(kill_switches.c.kill_epoch)
        )
        found = await self._database.read(
            HOUSE, lambda connection: connection.scalars(question).all()
        )
        return [_press_of(press) for press in found]

    async def works(self, kill_switch_id: str) -> Sequence[KillWork]:
        def query(connection: Connection) -> list[KillWork]:
            row = _row(connection, HOUSE, kill_switch_id)
            return works_of(connection, row.kill_epoch, HOUSE)

        return await self._database.read(HOUSE, query)

    async def keep_work(self, kill_switch_id: str, work: KillWork) -> None:
        def kept(connection: Connection) -> None:
            row = _row(connection, HOUSE, kill_switch_id)
            connection.execute(
                update(kill_works)
                .where(
                    kill_works.c.kill_epoch == row.kill_epoch,
                    kill_works.c.account_id == work.account.account_id,
                )
                .values(work=msgspec.msgpack.encode(work))
            )
            tell(connection, row, clock=self._clock.now(), only=work.account.tenant)

        await self._database.write(HOUSE, kept)

    async def _owner(self, tenant: str, kill_switch_id: str) -> str:
        """Who may write it: a global one is the house's."""
        row = await self._database.read(
            tenant, lambda connection: _row(connection, tenant, kill_switch_id)
        )
        return str(row.tenant)

    async def _write(
        self,
        tenant: str,
        change: Callable[[Connection], KillSwitch],
        request: RequestKey | None,
        rehearse: bool,
    ) -> KillSwitch:
        if rehearse:
            return await self._database.rehearse(tenant, change)

        def transaction(connection: Connection) -> KillSwitch:
            if request and (answer := kept_answer(connection, request)) is not None:
                return _switch_of(answer)
            switch = change(connection)
            if request:
                answer = msgspec.msgpack.encode(switch)
                keep_answer(connection, request, answer, ts=self._clock.now())
            return switch

        return await self._database.write(tenant, transaction)


def _row(connection: Connection, tenant: str, kill_switch_id: str, *, lock: bool = False) -> Any:
    """Raises `NotFound`. The house finds everybody's."""
    question = select(kill_switches).where(kill_switches.c.kill_switch_id == kill_switch_id)
    if tenant != HOUSE:
        question = question.where(kill_switches.c.tenant.in_([tenant, HOUSE]))
    row = connection.execute(question.with_for_update() if lock else question).one_or_none()
    if row is None:
        raise NotFound(
            f"no kill switch {kill_switch_id}",
            reason="KILL_SWITCH_NOT_FOUND",
            kill_switch_id=kill_switch_id,
        )
    return row
