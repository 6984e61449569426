"""What an account store promises."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.memory.account_store import MemoryAccountStore
from adapters.sql.account_store import SqlAccountStore
from domain.errors import NotAllowedNow, NotFound
from domain.orders.book import AccountBook
from domain.orders.events import OrderAccepted, OrderFilled, OrderSubmitted
from domain.orders.identity import order_id_of, run_decision
from domain.orders.kept import AttemptKind, Outcome
from domain.orders.records import AccountKey, AccountTerms, OrderRecord
from domain.orders.request import Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.values import MONEY_SCALE
from ports.account_store import AccountStore, OrderQuery, Request
from ports.request_log import RequestIdReused, RequestKey
from tests.builders import AAPL, MONDAY_OPEN, MSFT, a_wish, an_instrument
from tests.databases import DATABASES, a_database_on
from tests.unit.orders.house import TENANT, ManualClock, a_request

TS = MONDAY_OPEN
PRICE = 100 * 10**6


@pytest.fixture(params=[*DATABASES, "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AccountStore]:
    if request.param == "memory":
        yield MemoryAccountStore(ManualClock())
        return
    async with a_database_on(request.param, tmp_path) as database:
        yield SqlAccountStore(database, ManualClock())


async def opened(store: AccountStore, name: str = "acc_1", tenant: str = TENANT) -> str:
    """An account with 100000 in it, in which two shares at 100 are known."""
    terms = AccountTerms(name, "test", "paper", "USD", RiskLimits(), TS)

    def decide(book: AccountBook) -> None:
        book.account.deposit(TS, 100_000 * MONEY_SCALE)
        for instrument_id in (AAPL, MSFT):
            book.know(an_instrument(instrument_id))
            book.account.mark(instrument_id, 100.0)

    await store.create(tenant, terms, decide)
    return name


def placing(number: int, side: Side = Side.BUY, quantity: int = 10, run_id: str = "run_1"):
    """A decision that places the wish of that number."""

    def decide(book: AccountBook) -> OrderRecord:
        wish = a_wish(side, quantity, request=number)
        order, _ = book.place(TS + number, wish, run_decision(run_id, number), run_id=run_id)
        return book.record_of(order)

    return decide


def name_of(number: int, account_id: str = "acc_1") -> str:
    return order_id_of(TENANT, account_id, run_decision("run_1", number))


async def place(store: AccountStore, number: int, **terms: object) -> OrderRecord:
    placed = await store.change(TENANT, "acc_1", placing(number, **terms), orders=[name_of(number)])
    return placed.value


async def fill(store: AccountStore, number: int, fill_id: str, quantity: int = 10) -> bool:
    """Bring the order to the broker and fill it; False when the fill is known."""

    def decide(book: AccountBook) -> bool:
        order = book.order(name_of(number))
        if order.state == OrderState.CREATED:
            book.account.submitted(OrderSubmitted(TS, order.order_id))
            book.account.accepted(OrderAccepted(TS, order.order_id))
        return book.fill(OrderFilled(TS, order.order_id, PRICE, quantity, 5), fill_id)

    change = await store.change(TENANT, "acc_1", decide, orders=[name_of(number)], fills=[fill_id])
    return change.value


async def test_what_a_change_did_is_there_for_every_reader(store: AccountStore) -> None:
    await opened(store)
    order = await place(store, 1)
    assert order.state is OrderState.CREATED
    assert await store.order(TENANT, "acc_1", order.order_id) == order
    account = await store.get(TENANT, "acc_1")
    assert str(account.reserved) == "1050"
    assert account.buying_power == account.cash - account.reserved


async def test_a_change_that_raises_leaves_nothing(store: AccountStore) -> None:
    await opened(store)
    before = await store.snapshot(TENANT, "acc_1")

    def decide(book: AccountBook) -> None:
        placing(1)(book)
        book.account.deposit(TS, 1)
        raise NotAllowedNow("no", reason="NO")

    with pytest.raises(NotAllowedNow):
        await store.change(TENANT, "acc_1", decide)
    assert await store.snapshot(TENANT, "acc_1") == before
    assert len(await store.entries(TENANT, "acc_1", after=0, limit=100)) == 1


async def test_a_fill_moves_order_position_money_and_log_together(store: AccountStore) -> None:
    await opened(store)
    await place(store, 1)
    assert await fill(store, 1, "F1", quantity=4)
    order = await store.order(TENANT, "acc_1", name_of(1))
    assert (order.state, str(order.filled_quantity)) == (OrderState.PARTIALLY_FILLED, "4")
    [(_, kept)] = await store.fills(TENANT, "acc_1", order_id="", before=0, limit=10)
    assert (kept.fill_id, kept.price, kept.fee) == ("F1", Decimal(100), Decimal("0.000000005"))
    [position] = await store.positions(TENANT, "acc_1", after="", limit=10)
    assert (str(position.quantity), str(position.average_price)) == ("4", "100")
    account = await store.get(TENANT, "acc_1")
    assert str(account.cash) == "99599.999999995"
    names = [
        type(one.event).__name__ for one in await store.entries(TENANT, "acc_1", after=0, limit=99)
    ]
    assert names == [
        "CapitalDeposited",
        "OrderCreated",
        "OrderSubmitted",
        "OrderAccepted",
        "OrderFilled",
        "LedgerPosted",
    ]


async def test_a_fill_is_booked_once(store: AccountStore) -> None:
    await opened(store)
    await place(store, 1)
    assert await fill(store, 1, "F1", quantity=4)
    assert not await fill(store, 1, "F1", quantity=4)
    order = await store.order(TENANT, "acc_1", name_of(1))
    assert str(order.filled_quantity) == "4"


async def test_a_late_fill_finds_its_canceled_order_when_it_is_named(store: AccountStore) -> None:
    await opened(store)
    await place(store, 1)

    def cancel(book: AccountBook) -> None:
        book.account.cancel(TS, book.order(name_of(1)).order_id)

    await store.change(TENANT, "acc_1", cancel)
    with pytest.raises(NotFound):
        await store.change(TENANT, "acc_1", cancel)
    named = await store.change(
        TENANT, "acc_1", lambda book: book.order(name_of(1)).state, orders=[name_of(1)]
    )
    assert named.value is OrderState.CANCELED


async def test_the_same_decision_makes_one_order(store: AccountStore) -> None:
    await opened(store)
    first = await place(store, 1)
    assert await place(store, 1) == first
    assert len(await store.orders(TENANT, "acc_1", OrderQuery(), before=0, limit=10)) == 1


async def test_a_repeated_request_runs_nothing_and_gets_the_first_answer(
    store: AccountStore,
) -> None:
    await opened(store)
    request: Request[OrderRecord] = Request(a_request("one"), OrderRecord)
    first = await store.change(TENANT, "acc_1", placing(1), request=request)
    await fill(store, 1, "F1")
    again = await store.change(TENANT, "acc_1", placing(2), request=request)
    assert again.repeated
    assert not first.repeated
    assert again.value == first.value
    assert again.value.state is OrderState.CREATED


async def test_a_request_with_another_body_is_refused(store: AccountStore) -> None:
    await opened(store)
    await store.change(
        TENANT, "acc_1", placing(1), request=Request(a_request("one", "a"), OrderRecord)
    )
    with pytest.raises(RequestIdReused) as refusal:
        await store.change(
            TENANT, "acc_1", placing(2), request=Request(a_request("one", "b"), OrderRecord)
        )
    assert refusal.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_another_caller_may_use_the_same_request_id(store: AccountStore) -> None:
    await opened(store)
    mine = a_request("one")
    theirs = RequestKey(mine.tenant, "somebody else", mine.method, mine.request_id, b"other")
    await store.change(TENANT, "acc_1", placing(1), request=Request(mine, OrderRecord))
    change = await store.change(TENANT, "acc_1", placing(2), request=Request(theirs, OrderRecord))
    assert not change.repeated


async def test_changes_at_the_same_time_happen_one_after_the_other(store: AccountStore) -> None:
    await opened(store)
    await asyncio.gather(*(place(store, number) for number in range(1, 31)))
    orders = await store.orders(TENANT, "acc_1", OrderQuery(), before=0, limit=100)
    assert sorted(order.number for order in orders) == list(range(1, 31))
    log = await store.entries(TENANT, "acc_1", after=0, limit=1000)
    assert [entry.version for entry in log] == list(range(1, len(log) + 1))
    assert {entry.run_id for entry in log[1:]} == {"run_1"}


async def test_attempts_are_kept_with_what_came_of_them(store: AccountStore) -> None:
    await opened(store)
    await place(store, 1)

    def send(book: AccountBook):
        return book.attempt(TS, book.order(name_of(1)), AttemptKind.SUBMIT)

    first = (await store.change(TENANT, "acc_1", send)).value
    await store.change(TENANT, "acc_1", lambda book: book.answered(first, Outcome.SILENT))
    second = (await store.change(TENANT, "acc_1", send)).value
    assert (first.attempt, second.attempt) == (1, 2)


async def test_another_tenant_finds_nothing(store: AccountStore) -> None:
    await opened(store)
    await place(store, 1)
    asked = [
        store.get("other", "acc_1"),
        store.snapshot("other", "acc_1"),
        store.order("other", "acc_1", name_of(1)),
        store.orders("other", "acc_1", OrderQuery(), before=0, limit=1),
        store.fills("other", "acc_1", order_id="", before=0, limit=1),
        store.positions("other", "acc_1", after="", limit=1),
        store.entries("other", "acc_1", after=0, limit=1),
        store.report_count("other", "acc_1"),
        store.change("other", "acc_1", lambda book: None),
    ]
    for answer in asked:
        with pytest.raises(NotFound) as refusal:
            await answer
        assert refusal.value.reason == "ACCOUNT_NOT_FOUND"
    assert await store.accounts("other", before=0, limit=10) == []


async def test_accounts_and_orders_come_newest_first_page_by_page(store: AccountStore) -> None:
    for number in (1, 2, 3):
        await opened(store, f"acc_{number}")
        await place(store, number)
    page = await store.accounts(TENANT, before=0, limit=2)
    rest = await store.accounts(TENANT, before=page[-1][0], limit=2)
    names = [account.terms.account_id for _, account in [*page, *rest]]
    assert names == ["acc_3", "acc_2", "acc_1"]
    orders = await store.orders(TENANT, "acc_1", OrderQuery(), before=3, limit=5)
    assert [order.number for order in orders] == [2, 1]


async def test_orders_are_listed_by_what_is_asked(store: AccountStore) -> None:
    await opened(store)
    await place(store, 1)
    await fill(store, 1, "F1")
    await place(store, 2)

    async def numbers(query: OrderQuery) -> list[int]:
        found = await store.orders(TENANT, "acc_1", query, before=0, limit=9)
        return [order.number for order in found]

    assert await numbers(OrderQuery(open_only=True)) == [2]
    assert await numbers(OrderQuery(run_id="run_1")) == [2, 1]
    assert await numbers(OrderQuery(run_id="run_2")) == []
    assert await store.unsettled() == [(AccountKey(TENANT, "acc_1"), name_of(2))]
    assert await store.keys() == [AccountKey(TENANT, "acc_1")]


async def test_an_instrument_that_is_counted_otherwise_is_refused(store: AccountStore) -> None:
    await opened(store)
    other = an_instrument(AAPL, price_decimals=4)
    with pytest.raises(NotAllowedNow) as refusal:
        await store.change(TENANT, "acc_1", lambda book: book.know(other))
    assert refusal.value.reason == "INSTRUMENT_CHANGED"


async def test_the_reserved_money_of_every_open_order_adds_up(store: AccountStore) -> None:
    await opened(store)
    await place(store, 1)
    await fill(store, 1, "F1")
    await place(store, 2, side=Side.SELL, quantity=10)
    await place(store, 3, side=Side.SELL, quantity=5)
    account = await store.get(TENANT, "acc_1")
    assert str(account.reserved) == "525"
    await store.change(
        TENANT,
        "acc_1",
        lambda book: book.account.cancel(TS, book.order(name_of(2)).order_id) and None,
    )
    assert str((await store.get(TENANT, "acc_1")).reserved) == "0"


async def test_a_rehearsal_gives_the_answer_and_keeps_nothing(store: AccountStore) -> None:
    await opened(store)
    before = await store.snapshot(TENANT, "acc_1")
    request = Request(a_request(), OrderRecord)
    told = await store.change(TENANT, "acc_1", placing(1), request=request, rehearse=True)
    assert told.value.state is OrderState.CREATED
    assert await store.snapshot(TENANT, "acc_1") == before
    assert await store.answered(request) is None
    with pytest.raises(NotFound):
        await store.change(TENANT, "acc_2", placing(1), rehearse=True)


async def test_an_account_rehearsed_is_not_opened(store: AccountStore) -> None:
    terms = AccountTerms("acc_1", "test", "paper", "USD", RiskLimits(), TS)

    def decide(book: AccountBook) -> str:
        book.account.deposit(TS, 5)
        return str(book.account_record().capital)

    told = await store.create(TENANT, terms, decide, rehearse=True)
    assert told.value == "5E-9"
    assert await store.accounts(TENANT, before=0, limit=10) == []


async def test_an_answer_is_there_for_its_request_only(store: AccountStore) -> None:
    await opened(store)
    request = Request(a_request("one"), OrderRecord)
    assert await store.answered(request) is None
    placed = await store.change(TENANT, "acc_1", placing(1), request=request)
    assert await store.answered(request) == placed.value
    with pytest.raises(RequestIdReused):
        await store.answered(Request(a_request("one", "another body"), OrderRecord))


async def test_one_position_is_found_flat_or_not_and_an_unknown_one_is_none(
    store: AccountStore,
) -> None:
    await opened(store)
    await place(store, 1)
    await fill(store, 1, "F1", quantity=4)
    held = await store.position(TENANT, "acc_1", AAPL)
    assert held is not None
    assert held.quantity == 4
    flat = await store.position(TENANT, "acc_1", MSFT)
    assert flat is not None
    assert (flat.quantity, flat.last_price) == (0, Decimal(100))
    assert await store.position(TENANT, "acc_1", "NOPE.XNAS") is None
    with pytest.raises(NotFound):
        await store.position("other", "acc_1", AAPL)


async def test_what_a_run_has_traded_is_its_own_orders_on_balance(store: AccountStore) -> None:
    await opened(store)
    await place(store, 1)
    await place(store, 2, side=Side.SELL, quantity=3)
    await store.change(TENANT, "acc_1", placing(9, run_id="run_2"))
    await fill(store, 1, "F1", quantity=4)
    await fill(store, 2, "F2", quantity=3)
    assert await store.traded_by(TENANT, "acc_1", "run_1", AAPL) == 1
    assert await store.traded_by(TENANT, "acc_1", "run_1", MSFT) == 0
    assert await store.traded_by(TENANT, "acc_1", "run_2", AAPL) == 0
    with pytest.raises(NotFound):
        await store.traded_by("other", "acc_1", "run_1", AAPL)
