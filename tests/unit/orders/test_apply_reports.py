"""Booking what the broker reports, in whatever order it comes and however often."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from domain.orders.records import AccountKey
from domain.orders.request import Side
from domain.orders.state import OrderState
from domain.orders.wanted import NewTerms
from ports.broker import Ack, BrokerOrder, Capabilities, ExecutionReport, ReportKind
from tests.builders import MONDAY_OPEN, a_bar
from tests.unit.orders.house import House, a_house, a_request, terms
from tests.unit.orders.unreliable import UnreliableBroker

PRICE = 100 * 10**6


class Telling(UnreliableBroker):
    """Takes every order, and reports what a test says."""

    told: list[ExecutionReport]

    def tell(self, *reports: ExecutionReport) -> None:
        self.told = [
            ExecutionReport(**{**_fields(one), "number": number})
            for number, one in enumerate(reports, 1)
        ]

    async def submit(self, account: AccountKey, order: BrokerOrder) -> Ack:
        return Ack("B1", order.ts)

    async def reports(
        self, account: AccountKey, *, after: int, limit: int = 1000
    ) -> Sequence[ExecutionReport]:
        return self.told[after : after + limit]


class Afar(Telling):
    """Has a clock of its own, and tells of some things twice."""

    async def capabilities(self, account: AccountKey) -> Capabilities:
        paper = await super().capabilities(account)
        return structs.replace(paper, trades_when_shown=False)


def _fields(report: ExecutionReport) -> dict:
    return {name: getattr(report, name) for name in report.__struct_fields__}


def filled(order_id: str, quantity: int, fill_id: str, price: int = PRICE) -> ExecutionReport:
    return ExecutionReport(
        0,
        order_id,
        MONDAY_OPEN,
        ReportKind.FILLED,
        fill_id=fill_id,
        quantity=quantity,
        price=price,
    )


def ended(order_id: str, kind: ReportKind) -> ExecutionReport:
    return ExecutionReport(0, order_id, MONDAY_OPEN, kind, reason="BECAUSE")


def replaced(order_id: str, quantity: int, at: int) -> ExecutionReport:
    return ExecutionReport(0, order_id, MONDAY_OPEN + at, ReportKind.REPLACED, quantity=quantity)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        await house.furnish()
        yield house


async def a_told_house(house: House) -> tuple[Telling, AccountKey]:
    broker = Telling(house.paper)
    broker.tell()
    house.connect(broker)
    return broker, await house.account()


async def test_a_fill_that_comes_before_the_answer_is_booked(house: House) -> None:
    account = await house.account()
    broker = UnreliableBroker(house.paper)
    house.connect(broker)
    submit = broker.submit

    async def slow(key: AccountKey, order: BrokerOrder) -> Ack:
        ack = await submit(key, order)
        await house.paper.advance(account, "m", a_bar(minute=1))
        await house.apply_reports(account)
        return ack

    broker.submit = slow  # type: ignore[method-assign]
    order = await house.place(account)
    assert (order.state, order.broker_order_id) == (OrderState.FILLED, "P1")
    assert (await house.events(account))[1:] == [
        "OrderCreated",
        "OrderSubmitted",
        "OrderAccepted",
        "OrderFilled",
        "LedgerPosted",
    ]


async def test_a_fill_after_a_cancel_is_kept(house: House) -> None:
    broker, account = await a_told_house(house)
    order = await house.place(account)
    broker.tell(ended(order.order_id, ReportKind.CANCELED), filled(order.order_id, 30, "F1"))
    await house.apply_reports(account)
    now = await house.order(account, order.order_id)
    assert (now.state, now.filled_quantity) == (OrderState.CANCELED, Decimal(30))
    assert (await house.money(account)).cash == Decimal(97_000)


async def test_a_fill_of_a_rejected_or_filled_order_puts_it_in_quarantine(house: House) -> None:
    broker, account = await a_told_house(house)
    one, two = await house.place(account), await house.place(account)
    broker.tell(
        ended(one.order_id, ReportKind.REJECTED),
        filled(one.order_id, 30, "F1"),
        filled(two.order_id, 100, "F2"),
        filled(two.order_id, 1, "F3"),
    )
    await house.apply_reports(account)
    for order in (one, two):
        assert await house.state(account, order.order_id) is OrderState.QUARANTINED
    [position] = await house.accounts.positions("local", account.account_id, after="", limit=9)
    assert position.quantity == Decimal(131)


async def test_what_says_nothing_new_is_passed_over(house: House) -> None:
    broker, account = await a_told_house(house)
    order = await house.place(account)
    kinds = (ReportKind.EXPIRED, ReportKind.CANCELED, ReportKind.EXPIRED, ReportKind.REJECTED)
    stranger = ended("not an order of ours", ReportKind.CANCELED)
    broker.tell(stranger, *(ended(order.order_id, kind) for kind in kinds))
    await house.apply_reports(account)
    assert await house.state(account, order.order_id) is OrderState.EXPIRED
    assert await house.accounts.report_count("local", account.account_id) == 5


async def test_reports_are_read_on_from_where_the_last_process_was(house: House) -> None:
    broker, account = await a_told_house(house)
    order = await house.place(account)
    broker.tell(filled(order.order_id, 30, "F1"))
    await house.apply_reports(account)
    house.connect(broker)
    broker.tell(filled(order.order_id, 30, "F1"), filled(order.order_id, 20, "F2"))
    await house.apply_reports(account)
    assert (await house.order(account, order.order_id)).filled_quantity == Decimal(50)


async def test_reports_that_two_read_at_once_are_booked_once(house: House) -> None:
    broker, account = await a_told_house(house)
    order = await house.place(account)
    terms_again = ExecutionReport(0, order.order_id, MONDAY_OPEN, ReportKind.REPLACED, quantity=100)
    broker.tell(terms_again)
    await asyncio.gather(*(house.apply_reports(account) for _ in range(5)))
    assert (await house.events(account)).count("OrderReplaced") == 1
    assert await house.accounts.report_count("local", account.account_id) == 1


@pytest.mark.parametrize("wanted", [80, 60], ids=["and again is wanted", "and less is wanted"])
async def test_old_terms_told_again_undo_no_newer_ones(house: House, wanted: int) -> None:
    broker, account = Afar(house.paper), await house.account()
    house.connect(broker)
    order = await house.place(account)
    first, second = (replaced(order.order_id, size, at) for at, size in enumerate((60, 80)))
    broker.tell(first, second, first)
    await house.apply_reports(account)
    assert (await house.order(account, order.order_id)).quantity == Decimal(80)
    asked = NewTerms(quantity=Decimal(wanted + 10))
    await house.replace_order(account, order.order_id, asked, a_request())
    broker.tell(first, second, first, first, second)
    await house.apply_reports(account)
    now = await house.order(account, order.order_id)
    assert (now.state, now.quantity) == (OrderState.PENDING_REPLACE, Decimal(80))


async def test_a_replay_may_set_the_time_of_new_terms_back(house: House) -> None:
    broker, account = await a_told_house(house)
    order = await house.place(account)
    broker.tell(replaced(order.order_id, 60, at=9), replaced(order.order_id, 80, at=1))
    await house.apply_reports(account)
    assert (await house.order(account, order.order_id)).quantity == Decimal(80)


async def test_a_long_list_of_reports_is_booked_to_its_end(house: House) -> None:
    broker, account = await a_told_house(house)
    order = await house.place(account, terms(quantity=900))
    broker.tell(*(filled(order.order_id, 1, f"F{number}") for number in range(900)))
    await house.apply_reports(account)
    assert await house.state(account, order.order_id) is OrderState.FILLED


@settings(max_examples=25, deadline=None)
@given(
    parts=st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 40), st.integers(90, 110)), max_size=12
    ),
    ends=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(list(ReportKind)[1:3])), max_size=4),
    seed=st.integers(0, 10**6),
)
async def test_money_and_positions_are_those_of_the_executions_whatever_the_order(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[tuple[int, int, int]],
    ends: list[tuple[int, ReportKind]],
    seed: int,
) -> None:
    async with a_house(tmp_path_factory.mktemp("house")) as house:
        await house.furnish()
        broker, account = await a_told_house(house)
        sides = (Side.BUY, Side.SELL, Side.BUY)
        orders = [await house.place(account, terms(side, 100)) for side in sides]
        executions = [
            filled(orders[which].order_id, quantity, f"F{number}", price * 10**6)
            for number, (which, quantity, price) in enumerate(parts)
        ]
        reports = executions * 2 + [ended(orders[which].order_id, kind) for which, kind in ends]
        random.Random(seed).shuffle(reports)
        broker.tell(*reports)
        await house.apply_reports(account)
        held = sum(quantity * sides[which] for which, quantity, _ in parts)
        spent = sum(quantity * sides[which] * price for which, quantity, price in parts)
        money = await house.money(account)
        positions = await house.accounts.positions("local", account.account_id, after="", limit=9)
        assert sum(position.quantity for position in positions) == held
        assert money.cash == 100_000 - spent
        assert money.cash + sum(one.cost for one in positions) == 100_000 + money.realised
        for which, order in enumerate(orders):
            now = await house.order(account, order.order_id)
            assert now.filled_quantity == sum(
                quantity for index, quantity, _ in parts if index == which
            )
        fills = await house.accounts.fills(
            "local", account.account_id, order_id="", before=0, limit=99
        )
        assert {fill.fill_id for _, fill in fills} == {one.fill_id for one in executions}


async def test_reports_that_could_not_be_had_are_booked_without_another_arrival(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        await house.furnish()
        account = await house.account()
        broker = Telling(house.paper)
        broker.told = []
        house.connect(broker)
        order = await house.place(account, terms(quantity=5))
        broker.tell(filled(order.order_id, 5, "F1"))
        async with house.working(), asyncio.timeout(30):
            while await house.state(account, order.order_id) is not OrderState.FILLED:  # noqa: ASYNC110
                await asyncio.sleep(0)


async def test_the_end_of_one_of_two_orders_at_the_broker_ends_no_quarantine(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        await house.furnish()
        account = await house.account()
        broker = Telling(house.paper)
        house.connect(broker)
        broker.told = []
        order = await house.place(account, terms(quantity=5))
        broker.tell(
            filled(order.order_id, 5, "F1"),
            filled(order.order_id, 3, "F2"),
            ended(order.order_id, ReportKind.CANCELED),
        )
        await house.apply_reports(account)
        kept = await house.order(account, order.order_id)
        assert (kept.state, kept.filled_quantity) == (OrderState.QUARANTINED, 8)
