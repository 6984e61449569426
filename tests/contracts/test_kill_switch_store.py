"""What a store of kill switches promises, to itself and to the accounts that it halts."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from adapters.sql.account_store import SqlAccountStore
from adapters.sql.database import Database
from adapters.sql.event_bus import SqlEventBus
from adapters.sql.kill_switch_store import SqlKillSwitchStore
from adapters.sql.run_store import SqlRunStore
from domain.errors import NotAllowedNow, NotFound
from domain.orders.book import AccountBook
from domain.orders.identity import order_id_of, run_decision
from domain.orders.kill_switch import (
    KillMode,
    KillScope,
    KillState,
    KillSwitch,
    Left,
    Press,
    Release,
    Residual,
)
from domain.orders.records import AccountKey, AccountTerms
from domain.orders.request import Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.strategies.run import Replay, Run
from domain.values import MONEY_SCALE
from ports.request_log import RequestIdReused
from tests.builders import AAPL, MONDAY_OPEN, MSFT, a_wish, an_instrument
from tests.unit.orders.house import TENANT, ManualClock, a_request

TS = MONDAY_OPEN
OTHER = "other"


class Kept:
    """The stores of one database."""

    def __init__(self, database: Database) -> None:
        clock = ManualClock()
        self.kills = SqlKillSwitchStore(database, clock)
        self.accounts = SqlAccountStore(database, clock)
        self.runs = SqlRunStore(database, clock)
        self.bus = SqlEventBus(database)
        self._wishes = 0

    async def account(self, name: str = "acc_1", tenant: str = TENANT) -> AccountKey:
        """One with 100000 in it, in which two shares at 100 are known."""

        def decide(book: AccountBook) -> None:
            book.account.deposit(TS, 100_000 * MONEY_SCALE)
            for instrument_id in (AAPL, MSFT):
                book.know(an_instrument(instrument_id))
                book.account.mark(instrument_id, 100.0)

        terms = AccountTerms(name, "test", "paper", "USD", RiskLimits(), TS)
        await self.accounts.create(tenant, terms, decide)
        return AccountKey(tenant, name)

    async def run(self, account: AccountKey, name: str, strategy: str = "cross") -> None:
        run = Run(
            account.tenant,
            name,
            strategy,
            "v1",
            account.account_id,
            AAPL,
            "1d",
            {},
            Replay(),
            1,
            TS,
        )
        await self.runs.start(run)

    async def place(
        self, account: AccountKey, instrument: str = AAPL, run_id: str = "run_x"
    ) -> str:
        """What became of a wish to buy: the reason of its denial, or nothing."""
        self._wishes += 1
        number = self._wishes

        def decide(book: AccountBook) -> str:
            wish = a_wish(Side.BUY, 10, instrument, request=number)
            order, _ = book.place(TS, wish, run_decision(run_id, number), run_id=run_id)
            return order.reason

        name = order_id_of(account.tenant, account.account_id, run_decision(run_id, number))
        change = await self.accounts.change(
            account.tenant, account.account_id, decide, orders=[name]
        )
        return change.value

    async def press(self, name: str = "kill_1", **narrowed: Any) -> KillSwitch:
        return await self.kills.press(a_press(name, **narrowed))


def a_press(
    name: str = "kill_1",
    mode: KillMode = KillMode.HALT_NEW,
    tenant: str = TENANT,
    **narrowed: Any,
) -> Press:
    scope = KillScope(tenant, **narrowed)
    return Press(name, scope, mode, "me", TS, "why not")


RELEASE = Release("you", TS + 1, "all is well")


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)


async def test_a_press_is_kept_with_the_accounts_it_covers(kept: Kept) -> None:
    mine, _ = await kept.account("acc_1"), await kept.account("acc_2")
    await kept.account("acc_3", OTHER)
    await kept.place(mine)
    switch = await kept.press(mode=KillMode.FLATTEN)
    assert (switch.press, switch.is_engaged, switch.account_count) == (
        a_press(mode=KillMode.FLATTEN),
        True,
        2,
    )
    assert switch.state is KillState.ENGAGED
    assert await kept.kills.get(TENANT, "kill_1") == switch
    works = {work.account.account_id: work.last_order for work in await kept.kills.works("kill_1")}
    assert works == {"acc_1": 1, "acc_2": 0}
    assert await kept.kills.engaged() == [switch.press]


@pytest.mark.parametrize(
    ("narrowed", "denied"),
    [
        ({}, {"acc_1", "acc_2", "run_1", "run_2", AAPL, MSFT}),
        ({"account_id": "acc_1"}, {"acc_1", "run_1", AAPL, MSFT}),
        ({"account_id": "acc_2"}, {"acc_2", "run_2"}),
        ({"run_id": "run_1"}, {"run_1"}),
        ({"strategy_id": "cross"}, {"run_1"}),
        ({"strategy_id": "other"}, {"run_2"}),
        ({"strategy_id": "other", "run_id": "run_1"}, set()),
        ({"instrument_id": AAPL}, {"acc_1", "acc_2", "run_1", "run_2", AAPL}),
        ({"account_id": "acc_1", "instrument_id": MSFT}, {MSFT}),
        ({"is_global": True, "tenant": OTHER}, {"acc_1", "acc_2", "run_1", "run_2", AAPL, MSFT}),
        ({"tenant": OTHER}, set()),
    ],
)
async def test_a_switch_denies_what_it_covers_and_nothing_else(
    kept: Kept, narrowed: dict[str, Any], denied: set[str]
) -> None:
    one, two = await kept.account("acc_1"), await kept.account("acc_2")
    await kept.run(one, "run_1", "cross")
    await kept.run(two, "run_2", "other")
    await kept.press(**narrowed)
    found = {
        "acc_1": await kept.place(one),
        "acc_2": await kept.place(two),
        "run_1": await kept.place(one, run_id="run_1"),
        "run_2": await kept.place(two, run_id="run_2"),
        AAPL: await kept.place(one, AAPL),
        MSFT: await kept.place(one, MSFT),
    }
    assert {name for name, reason in found.items() if reason} == denied
    assert {found[name] for name in denied} <= {"KILL_SWITCH"}


async def test_a_release_lets_new_risk_pass_unless_another_switch_forbids_it(kept: Kept) -> None:
    account = await kept.account()
    await kept.press("kill_1")
    await kept.press("kill_2", account_id="acc_1")
    released = await kept.kills.release(TENANT, "kill_1", RELEASE)
    assert (released.state, released.release) == (KillState.RELEASED, RELEASE)
    assert await kept.place(account) == "KILL_SWITCH"
    await kept.kills.release(TENANT, "kill_2", RELEASE)
    assert await kept.place(account) == ""
    with pytest.raises(NotAllowedNow) as refused:
        await kept.kills.release(TENANT, "kill_2", RELEASE)
    assert refused.value.reason == "KILL_SWITCH_RELEASED"
    assert await kept.kills.engaged() == []


async def test_history_is_listed_newest_first_and_never_forgotten(kept: Kept) -> None:
    for number in range(5):
        await kept.press(f"kill_{number}")
    await kept.kills.release(TENANT, "kill_3", RELEASE)

    async def names(**query: Any) -> list[str]:
        asked: dict[str, Any] = {"engaged_only": False, "before": 0, "limit": 10} | query
        return [one.kill_switch_id for one in await kept.kills.page(TENANT, **asked)]

    assert await names() == ["kill_4", "kill_3", "kill_2", "kill_1", "kill_0"]
    assert await names(engaged_only=True) == ["kill_4", "kill_2", "kill_1", "kill_0"]
    third = (await kept.kills.get(TENANT, "kill_2")).kill_epoch
    assert await names(before=third, limit=1) == ["kill_1"]


async def test_a_tenant_sees_its_own_switches_and_the_global_ones_as_far_as_they_concern_it(
    kept: Kept,
) -> None:
    await kept.account("acc_1")
    theirs = await kept.account("acc_2", OTHER)
    await kept.press("kill_1")
    await kept.press("kill_2", is_global=True, mode=KillMode.CANCEL_ALL)
    (work,) = [w for w in await kept.kills.works("kill_2") if w.account == theirs]
    left = (Residual(theirs, Left.IN_DOUBT, AAPL, "Q1"),)
    await kept.kills.keep_work(
        "kill_2", msgspec.structs.replace(work, state=KillState.RESIDUAL, residuals=left)
    )
    mine = await kept.kills.page(TENANT, engaged_only=True, before=0, limit=9)
    assert [one.kill_switch_id for one in mine] == ["kill_2", "kill_1"]
    assert (mine[0].account_count, mine[0].residuals) == (1, ())
    (seen,) = await kept.kills.page(OTHER, engaged_only=True, before=0, limit=9)
    assert (seen.kill_switch_id, seen.state, seen.residuals) == ("kill_2", KillState.RESIDUAL, left)
    with pytest.raises(NotFound) as refused:
        await kept.kills.get(OTHER, "kill_1")
    assert refused.value.reason == "KILL_SWITCH_NOT_FOUND"


async def test_one_request_presses_once_and_one_releases_once(kept: Kept) -> None:
    request = a_request("press", "a")
    first = await kept.kills.press(a_press("kill_1"), request=request)
    assert await kept.kills.press(a_press("kill_2"), request=request) == first
    with pytest.raises(RequestIdReused):
        await kept.kills.press(a_press("kill_2"), request=a_request("press", "b"))
    letting_go = a_request("release", method="Release")
    released = await kept.kills.release(TENANT, "kill_1", RELEASE, request=letting_go)
    again = await kept.kills.release(TENANT, "kill_1", RELEASE, request=letting_go)
    assert again == released


async def test_a_rehearsal_tells_what_would_be_and_keeps_nothing(kept: Kept) -> None:
    account = await kept.account()
    would = await kept.kills.press(a_press(), rehearse=True)
    assert (would.account_count, would.state) == (1, KillState.ENGAGED)
    assert await kept.place(account) == ""
    await kept.press()
    await kept.kills.release(TENANT, "kill_1", RELEASE, rehearse=True)
    assert await kept.place(account) == "KILL_SWITCH"


async def test_every_change_is_told_to_each_tenant_it_concerns(kept: Kept) -> None:
    await kept.account("acc_1")
    await kept.account("acc_2", OTHER)
    await kept.press("kill_1")
    await kept.press("kill_2", is_global=True)
    await kept.kills.release(TENANT, "kill_2", RELEASE)

    async def told(tenant: str) -> Sequence[tuple[str, KillState]]:
        events = await kept.bus.read("kill_switches", tenant, after=0)
        switches = [msgspec.msgpack.decode(one.payload, type=KillSwitch) for one in events]
        return [(one.kill_switch_id, one.state) for one in switches]

    on, off = KillState.ENGAGED, KillState.RELEASED
    assert await told(TENANT) == [("kill_1", on), ("kill_2", on), ("kill_2", off)]
    assert await told(OTHER) == [("kill_2", on), ("kill_2", off)]


async def test_a_change_of_an_account_may_press_by_itself_and_one_cause_does_it_once(
    kept: Kept,
) -> None:
    account = await kept.account()

    def trip(book: AccountBook) -> None:
        book.press("unexplained|fill_7", KillMode.CANCEL_ALL, "a fill that nobody explains")

    for _ in range(2):
        await kept.accounts.change(TENANT, account.account_id, trip)
    (press,) = await kept.kills.engaged()
    assert (press.is_automatic, press.scope.account_id) == (True, "acc_1")
    assert await kept.place(account) == "KILL_SWITCH"
    await kept.kills.release(TENANT, press.kill_switch_id, RELEASE)
    await kept.accounts.change(TENANT, account.account_id, trip)
    assert await kept.kills.engaged() == []


async def test_what_is_decided_behind_a_trip_in_the_same_change_is_denied(kept: Kept) -> None:
    account = await kept.account()

    def trip(book: AccountBook) -> str:
        book.press("loss|1", KillMode.HALT_NEW, "too much lost")
        return book.place(TS, a_wish(Side.BUY, 10, AAPL, request=1), "str|run|1")[0].reason

    change = await kept.accounts.change(TENANT, account.account_id, trip)
    assert change.value == "KILL_SWITCH"


async def test_nothing_that_commits_behind_a_press_has_missed_it(kept: Kept) -> None:
    account = await kept.account()
    pressed = asyncio.Event()

    async def work() -> list[tuple[bool, str]]:
        return [(pressed.is_set(), await kept.place(account)) for _ in range(20)]

    async def press() -> None:
        await kept.press()
        pressed.set()

    *found, _ = await asyncio.gather(work(), work(), work(), press(), return_exceptions=False)
    outcomes = [one for of_worker in found if of_worker for one in of_worker]
    assert {reason for behind, reason in outcomes if behind} == {"KILL_SWITCH"}
    orders = await kept.accounts.snapshot(TENANT, account.account_id)
    (work_of,) = await kept.kills.works("kill_1")
    assert all(order.number <= work_of.last_order for order in orders.open_orders)
    assert {order.state for order in orders.open_orders} <= {OrderState.CREATED}
