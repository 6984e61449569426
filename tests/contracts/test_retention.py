"""What is kept for a stated time, and what for good."""

from decimal import Decimal

import pytest
from sqlalchemy import func, insert, select

from adapters.sql.account_store import SqlAccountStore
from adapters.sql.database import Database
from adapters.sql.event_bus import SqlEventBus, append_events
from adapters.sql.retention import SqlRetention
from adapters.sql.tables.events import events, inbox, requests
from apps.retention.forget import DAY, PIECE, Forget
from domain.errors import AlreadyExists
from domain.orders.book import AccountBook
from domain.orders.identity import order_id_of, run_decision
from domain.orders.records import AccountTerms, OrderRecord
from domain.orders.risk import RiskLimits
from domain.values import MONEY_SCALE
from ports.account_store import OrderQuery, Request
from ports.event_bus import Event
from ports.ownership import HOUSE
from tests.builders import AAPL, MONDAY_OPEN, a_wish, an_instrument
from tests.unit.orders.house import TENANT, ManualClock, a_request, no_pause


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def forget(database: Database, clock: ManualClock) -> Forget:
    return Forget(SqlRetention(database), clock, event_days=7, request_days=30, pause=no_pause)


async def tell(database: Database, ts: int, count: int = 1) -> None:
    happened = [Event(0, TENANT, "runs", "run_1", "run", b"", ts)] * count
    await database.write(TENANT, lambda one: append_events(one, happened))


async def count(database: Database, table) -> int:
    question = select(func.count()).select_from(table)
    return await database.read(HOUSE, lambda one: one.scalar(question))


async def test_events_go_after_their_days_but_for_the_newest(
    database: Database, clock: ManualClock, forget: Forget
) -> None:
    await tell(database, clock.now() - 7 * DAY - 1, count=2 * PIECE + 1)
    await tell(database, clock.now() - 7 * DAY)
    assert await forget() == 2 * PIECE + 1
    bus = SqlEventBus(database)
    assert (await bus.first_seq(), await bus.last_seq()) == (2 * PIECE + 2, 2 * PIECE + 2)
    clock.ts += DAY
    assert await forget() == 0
    await tell(database, clock.now())
    assert await forget() == 1
    assert await count(database, events) == 1


async def test_notes_of_what_was_consumed_go_with_the_events(
    database: Database, clock: ManualClock, forget: Forget
) -> None:
    def note(connection) -> None:
        for name, ts in (("old", clock.now() - 7 * DAY - 1), ("new", clock.now())):
            connection.execute(insert(inbox).values(consumer="a", event_id=name, create_ts=ts))

    await database.write(HOUSE, note)
    assert await forget() == 1
    left = await database.read(HOUSE, lambda one: one.scalars(select(inbox.c.event_id)).all())
    assert list(left) == ["new"]


def placing(quantity: int = 10):
    def decide(book: AccountBook) -> OrderRecord:
        wish = a_wish(quantity=quantity, request=1)
        order, _ = book.place(MONDAY_OPEN, wish, run_decision("run_1", 1), run_id="run_1")
        return book.record_of(order)

    return decide


async def test_answers_go_after_their_days_and_orders_never(
    database: Database, clock: ManualClock, forget: Forget
) -> None:
    store = SqlAccountStore(database, clock)

    def fund(book: AccountBook) -> None:
        book.account.deposit(clock.now(), 100_000 * MONEY_SCALE)
        book.know(an_instrument(AAPL))
        book.account.mark(AAPL, 100.0)

    terms = AccountTerms("acc_1", "test", "paper", "USD", RiskLimits(), clock.now())
    await store.create(TENANT, terms, fund)
    request = Request(a_request(), OrderRecord)
    names = [order_id_of(TENANT, "acc_1", run_decision("run_1", 1))]

    async def place(quantity: int = 10):
        return await store.change(TENANT, "acc_1", placing(quantity), orders=names, request=request)

    placed = await place()
    clock.ts += 30 * DAY
    await forget()
    assert (await place()).repeated
    clock.ts += 1
    await forget()
    assert await count(database, requests) == 0
    with pytest.raises(AlreadyExists) as refused:
        await place(quantity=11)
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"
    again = await place()
    assert (again.repeated, again.value) == (False, placed.value)
    clock.ts += 6 * 366 * DAY
    await forget()
    kept = await store.orders(TENANT, "acc_1", OrderQuery(), before=0, limit=9)
    assert kept == [placed.value]
    assert (await store.get(TENANT, "acc_1")).cash == Decimal(100_000)
