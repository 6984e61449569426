"""What an account store promises of groups: they are there whole, with every order of theirs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.memory.account_store import MemoryAccountStore
from adapters.sql.account_store import SqlAccountStore
from domain.errors import NotFound
from domain.orders.book import AccountBook
from domain.orders.events import OrderAccepted, OrderFilled, OrderSubmitted
from domain.orders.groups.group import Group, GroupKind, GroupState
from domain.orders.groups.in_book import place_group
from domain.orders.kill_switch import KillMode
from domain.orders.order import Leg
from domain.orders.records import AccountTerms
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.values import MONEY_SCALE
from ports.account_store import AccountStore, OrderQuery
from tests.builders import AAPL, MONDAY_OPEN, an_instrument
from tests.databases import DATABASES, a_database_on
from tests.unit.domain.orders.groups_broker import a_group
from tests.unit.orders.house import TENANT, ManualClock

TS = MONDAY_OPEN
ACCOUNT = "acc_1"


@pytest.fixture(params=[*DATABASES, "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AccountStore]:
    if request.param == "memory":
        yield await furnished(MemoryAccountStore(ManualClock()))
        return
    async with a_database_on(request.param, tmp_path) as database:
        yield await furnished(SqlAccountStore(database, ManualClock()))


async def furnished(store: AccountStore) -> AccountStore:
    terms = AccountTerms(ACCOUNT, "test", "paper", "USD", RiskLimits(short_selling=False), TS)

    def decide(book: AccountBook) -> None:
        book.account.deposit(TS, 100_000 * MONEY_SCALE)
        book.know(an_instrument(AAPL))
        book.account.mark(AAPL, 100.0)

    await store.create(TENANT, terms, decide)
    return store


async def placed(store: AccountStore, decision: str = "api|1") -> str:
    """A bracket of a hundred shares; its name."""

    def decide(book: AccountBook) -> str:
        group, _ = place_group(book, TS, a_group(), decision)
        return book.tag(group.number).order_id

    return (await store.change(TENANT, ACCOUNT, decide)).value


async def filled(store: AccountStore, order_id: str, quantity: int) -> tuple[str, ...]:
    """So much of it trades; what waits to be sent then."""

    def decide(book: AccountBook) -> None:
        order = book.order(order_id)
        if order.state == OrderState.CREATED:
            book.account.submitted(OrderSubmitted(TS, order.order_id))
            book.account.accepted(OrderAccepted(TS, order.order_id))
        done = f"{order_id}-{order.filled_quantity}"
        book.fill(OrderFilled(TS, order.order_id, 100 * 10**6, quantity), done)

    return (await store.change(TENANT, ACCOUNT, decide, orders=[order_id])).to_send


async def test_a_fill_places_the_exits_in_its_own_transaction(store: AccountStore) -> None:
    name = await placed(store)
    to_send = await filled(store, name, 40)
    group = await store.order_group(TENANT, ACCOUNT, name)
    assert [(order.leg, order.quantity) for order in group.orders] == [
        (Leg.ENTRY, 100), (Leg.STOP_LOSS, 40), (Leg.TAKE_PROFIT, 40),
    ]  # fmt: skip
    assert to_send == tuple(order.order_id for order in group.orders[1:])
    assert (group.kind, group.state) == (GroupKind.BRACKET, GroupState.ACTIVE)


async def test_a_group_is_loaded_with_orders_that_have_ended(store: AccountStore) -> None:
    name = await placed(store)
    await filled(store, name, 100)
    loss = (await store.order_group(TENANT, ACCOUNT, name)).orders[1]
    await filled(store, loss.order_id, 100)
    ended = await store.order_group(TENANT, ACCOUNT, name)
    assert ended.state == GroupState.ENDED
    assert [order.state for order in ended.orders] == [
        OrderState.FILLED, OrderState.FILLED, OrderState.CANCELED,
    ]  # fmt: skip

    def known(book: AccountBook) -> list[Group]:
        return list(book.groups.known.values())

    late = await store.change(TENANT, ACCOUNT, known, orders=[loss.order_id])
    assert [group.orders for group in late.value] == [[1, 2, 3]]
    assert (await store.change(TENANT, ACCOUNT, known)).value == []


async def test_a_decision_that_fails_leaves_its_groups_as_they_were(store: AccountStore) -> None:
    name = await placed(store)

    def decide(book: AccountBook) -> None:
        book.groups.cancel(TS, book.groups.known[1])
        raise NotFound("on purpose")

    with pytest.raises(NotFound):
        await store.change(TENANT, ACCOUNT, decide)
    assert (await store.order_group(TENANT, ACCOUNT, name)).state == GroupState.ACTIVE


async def test_groups_are_listed_newest_first(store: AccountStore) -> None:
    names = [await placed(store, f"api|{number}") for number in range(3)]

    def cancel(book: AccountBook) -> None:
        book.groups.cancel(TS, book.groups.known[book.order(names[1]).group])

    await store.change(TENANT, ACCOUNT, cancel)
    everything = await store.order_groups(TENANT, ACCOUNT, OrderQuery(), before=0, limit=2)
    assert [group.group_id for group in everything] == [names[2], names[1]]
    rest = await store.order_groups(
        TENANT, ACCOUNT, OrderQuery(), before=everything[-1].number, limit=2
    )
    assert [group.group_id for group in rest] == [names[0]]
    active = await store.order_groups(
        TENANT, ACCOUNT, OrderQuery(open_only=True), before=0, limit=9
    )
    assert [group.group_id for group in active] == [names[2], names[0]]


async def test_a_group_of_another_name_is_not_found(store: AccountStore) -> None:
    with pytest.raises(NotFound) as missing:
        await store.order_group(TENANT, ACCOUNT, "nothing")
    assert missing.value.reason == "ORDER_GROUP_NOT_FOUND"


async def test_exits_are_placed_while_new_risk_is_halted(store: AccountStore) -> None:
    name = await placed(store)

    def decide(book: AccountBook) -> None:
        book.account.submitted(OrderSubmitted(TS, 1))
        book.press("test", KillMode.HALT_NEW, "a test")
        book.fill(OrderFilled(TS, 1, 100 * 10**6, 40), "crossed")

    await store.change(TENANT, ACCOUNT, decide)
    group = await store.order_group(TENANT, ACCOUNT, name)
    assert [order.state for order in group.orders[1:]] == [OrderState.CREATED] * 2


async def test_an_entry_is_denied_while_new_risk_is_halted(store: AccountStore) -> None:
    def decide(book: AccountBook) -> Group:
        book.press("test", KillMode.HALT_NEW, "a test")
        return place_group(book, TS, a_group(), "api|halted")[0]

    group = (await store.change(TENANT, ACCOUNT, decide)).value
    assert (group.state, group.reason) == (GroupState.ENDED, "KILL_SWITCH")
