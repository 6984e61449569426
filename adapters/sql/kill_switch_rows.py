"""Rows of kill switches, and what the domain makes of them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, exists, insert, select

from adapters.sql.event_bus import append_events
from adapters.sql.kill_switch_halts import in_turn, is_of_strategy
from adapters.sql.tables.kill_switches import kill_switches, kill_works
from adapters.sql.tables.orders import accounts
from adapters.sql.tables.strategies import runs
from domain.orders.kill_switch import KillScope, KillSwitch, KillWork, Press, Release, switch_of
from domain.orders.records import AccountKey
from ports.event_bus import Event
from ports.ownership import HOUSE

TOPIC = "kill_switches"

pack = msgspec.msgpack.encode
_press_of = msgspec.msgpack.Decoder(Press).decode
_work_of = msgspec.msgpack.Decoder(KillWork).decode
_release_of = msgspec.msgpack.Decoder(Release).decode


def add_press(connection: Connection, press: Press, *, clock: int) -> Any:
    """Keeps a press with the accounts it covers, tells of it, and returns its row.

    Nothing may change those accounts meanwhile: the caller holds the barrier, or the account.
    """
    scope = press.scope
    row = {
        "kill_switch_id": press.kill_switch_id,
        "tenant": HOUSE if scope.is_global else scope.tenant,
        "account_id": scope.account_id,
        "strategy_id": scope.strategy_id,
        "run_id": scope.run_id,
        "instrument_id": scope.instrument_id,
        "is_engaged": 1,
        "press": pack(press),
    }
    made = connection.execute(insert(kill_switches).values(row)).inserted_primary_key
    assert made is not None, "a database names the row it made"
    works = [
        {
            "kill_epoch": made[0],
            "account_id": one.account_id,
            "tenant": one.tenant,
            "work": pack(KillWork(AccountKey(one.tenant, one.account_id), one.order_count)),
        }
        for one in connection.execute(_covered(connection, scope))
    ]
    if works:
        connection.execute(insert(kill_works), works)
    kept = connection.execute(
        select(kill_switches).where(kill_switches.c.kill_epoch == made[0])
    ).one()
    tell(connection, kept, clock=clock)
    return kept


def add_trips(connection: Connection, presses: Sequence[Press], *, clock: int) -> None:
    """Keeps what pressed itself in a change of an account, which the change holds; each once."""
    for press in presses:
        name = kill_switches.c.kill_switch_id == press.kill_switch_id
        if connection.scalar(select(exists().where(name))):
            continue
        add_press(connection, press, clock=clock)


def switch_from(connection: Connection, row: Any, tenant: str) -> KillSwitch:
    """The switch as the tenant may see it."""
    return switch_of(
        _press_of(row.press),
        row.kill_epoch,
        works_of(connection, row.kill_epoch, tenant),
        None if row.release is None else _release_of(row.release),
    )


def works_of(connection: Connection, kill_epoch: int, tenant: str) -> list[KillWork]:
    """What a switch has to do in the tenant's accounts; in all of them for the house."""
    question = select(kill_works.c.work).where(kill_works.c.kill_epoch == kill_epoch)
    if tenant != HOUSE:
        question = question.where(kill_works.c.tenant == tenant)
    return [
        _work_of(work) for work in connection.scalars(question.order_by(kill_works.c.account_id))
    ]


def tell(connection: Connection, row: Any, *, clock: int, only: str = "") -> None:
    """Tells every tenant that has to do with the switch how it stands, or `only` one of them."""
    tenants = {only} if only else {_press_of(row.press).scope.tenant}
    if not only and row.tenant == HOUSE:
        question = select(kill_works.c.tenant).where(kill_works.c.kill_epoch == row.kill_epoch)
        tenants |= set(connection.scalars(question.distinct()))
    for tenant in sorted(tenants):
        in_turn(connection, tenant)
        switch = pack(switch_from(connection, row, tenant))
        append_events(connection, [Event(0, tenant, TOPIC, tenant, "kill_switch", switch, clock)])


def _covered(connection: Connection, scope: KillScope) -> Select[tuple[str, str, int]]:
    """The accounts in which anything is meant."""
    question = select(accounts.c.tenant, accounts.c.account_id, accounts.c.order_count)
    if scope.is_global:
        return question
    question = question.where(accounts.c.tenant == scope.tenant)
    if scope.account_id:
        question = question.where(accounts.c.account_id == scope.account_id)
    if scope.is_of_runs:
        of_runs = {run.account_id for run in _runs(connection, scope)}
        question = question.where(accounts.c.account_id.in_(sorted(of_runs)))
    return question


def _runs(connection: Connection, scope: KillScope) -> list[Row[tuple[str, str, bytes]]]:
    question = select(runs.c.run_id, runs.c.account_id, runs.c.body)
    question = question.where(runs.c.tenant == scope.tenant)
    if scope.run_id:
        question = question.where(runs.c.run_id == scope.run_id)
    return [
        run
        for run in connection.execute(question)
        if not scope.strategy_id or is_of_strategy(run.body, scope.strategy_id)
    ]
