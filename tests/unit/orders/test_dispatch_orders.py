"""Bringing orders to the broker, whatever the broker says or does not say."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import InvalidRequest, NotAllowedNow, Unavailable
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.state import OrderState
from domain.orders.wanted import NewTerms
from tests.builders import AAPL, a_bar
from tests.unit.orders.house import House, ManualClock, a_request, terms
from tests.unit.orders.unreliable import Fault, UnreliableBroker

LOST, ANSWER_LOST, REFUSED = Fault.LOST, Fault.ANSWER_LOST, Fault.REFUSED


class Line(House):
    """A house whose broker is at the end of a bad line."""

    line: UnreliableBroker

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ManualClock())
        self.line = UnreliableBroker(self.paper)
        self.connect(self.line)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Line]:
    house = Line(tmp_path)
    await house.furnish()
    yield house
    house.crash()


async def created(house: House, account: AccountKey, **wanted: object) -> str:
    order = await house.place_order(account, terms(**wanted), a_request())
    return order.order_id


async def orders_at_broker(house: House, account: AccountKey) -> int:
    """In the broker's own book, not in ours."""
    rows = await house.paper._database.read(
        "local", lambda one: one.exec_driver_sql("SELECT count(*) FROM paper_orders").scalar()
    )
    return int(rows or 0)


async def order_events(house: House, account: AccountKey) -> list[str]:
    return [name.removeprefix("Order") for name in (await house.events(account))[1:]]


async def test_an_order_is_kept_as_submitted_before_it_leaves(house: Line) -> None:
    account = await house.account()
    order_id = await created(house, account)
    seen: list[OrderState] = []
    submit = house.paper.submit

    async def watched(key, order):
        seen.append(await house.state(account, order_id))
        return await submit(key, order)

    house.paper.submit = watched  # type: ignore[method-assign]
    await house.dispatch(account, order_id)
    assert seen == [OrderState.SUBMITTED]
    assert (await house.order(account, order_id)).broker_order_id == "P1"


async def test_an_order_that_never_arrived_is_sent_again_under_its_name(house: Line) -> None:
    account = await house.account()
    house.line.fail("submit", LOST, LOST)
    order = await house.place(account)
    assert order.state is OrderState.ACCEPTED
    assert await order_events(house, account) == [
        "Created",
        *("Submitted", "InDoubt") * 2,
        "Submitted",
        "Accepted",
    ]
    assert house.line.calls.count("submit") == 3
    assert await orders_at_broker(house, account) == 1


async def test_an_order_whose_answer_was_lost_is_found_and_not_sent_again(house: Line) -> None:
    account = await house.account()
    house.line.fail("submit", ANSWER_LOST)
    order = await house.place(account)
    assert (order.state, order.broker_order_id) == (OrderState.ACCEPTED, "P1")
    assert await order_events(house, account) == ["Created", "Submitted", "InDoubt", "Accepted"]
    assert house.line.calls.count("submit") == 1


async def test_a_broker_that_stays_silent_leaves_the_order_in_doubt_with_its_money(
    house: Line,
) -> None:
    account = await house.account()
    order_id = await created(house, account)
    house.line.fail("submit", ANSWER_LOST)
    house.line.fail("ask", *[LOST] * 50)
    with pytest.raises(Unavailable) as refusal:
        await house.dispatch(account, order_id)
    assert refusal.value.reason == "BROKER_SILENT"
    assert await house.state(account, order_id) is OrderState.IN_DOUBT
    assert (await house.money(account)).reserved == Decimal(10_500)
    house.line.faults.clear()
    await house.dispatch.recover()
    assert await house.state(account, order_id) is OrderState.ACCEPTED
    assert await orders_at_broker(house, account) == 1


async def test_what_the_broker_refuses_is_rejected_and_its_money_free(house: Line) -> None:
    account = await house.account()
    house.line.fail("submit", REFUSED)
    order = await house.place(account)
    assert (order.state, order.reason) == (OrderState.REJECTED, "NOT_TODAY")
    assert (await house.money(account)).reserved == 0


async def test_a_refused_second_attempt_says_nothing_of_the_first(house: Line) -> None:
    """The first came through, but the broker was slow to know of it."""
    account = await house.account()
    order_id = await created(house, account)
    house.line.fail("submit", ANSWER_LOST, REFUSED)
    ask, answers = house.paper.ask, iter([()])

    async def slow(key, name, question):
        return next(answers, await ask(key, name, question))

    house.paper.ask = slow  # type: ignore[method-assign]
    await house.dispatch(account, order_id)
    assert await house.state(account, order_id) is OrderState.ACCEPTED
    assert await orders_at_broker(house, account) == 1


async def test_taking_an_order_on_again_does_nothing(house: Line) -> None:
    account = await house.account()
    order = await house.place(account)
    await house.dispatch(account, order.order_id)
    assert await house.order(account, order.order_id) == order
    assert house.line.calls == ["submit"]


async def test_what_was_canceled_before_it_left_never_leaves(house: Line) -> None:
    account = await house.account()
    order_id = await created(house, account)
    canceled = await house.cancel_order(account, order_id, a_request())
    await house.dispatch(account, order_id)
    assert canceled.state is OrderState.CANCELED
    assert house.line.calls == []
    assert (await house.money(account)).reserved == 0


async def working(house: House, account: AccountKey) -> OrderRecord:
    order = await house.place(account, terms(limit="90"))
    assert order.state is OrderState.ACCEPTED
    return order


@pytest.mark.parametrize("faults", [[], [LOST], [ANSWER_LOST], [LOST, LOST, ANSWER_LOST]])
async def test_a_cancel_gets_through_in_the_end(house: Line, faults: list[Fault]) -> None:
    account = await house.account()
    order = await working(house, account)
    house.line.fail("cancel", *faults)
    asked = await house.cancel_order(account, order.order_id, a_request("cancel"))
    assert asked.state is OrderState.PENDING_CANCEL
    await house.dispatch(account, order.order_id)
    assert await house.state(account, order.order_id) is OrderState.CANCELED
    assert (await order_events(house, account))[-2:] == ["PendingCancel", "Canceled"]
    assert await house.cancel_order(account, order.order_id, a_request("cancel")) == asked


async def test_a_cancel_of_what_filled_meanwhile_ends_as_filled(house: Line) -> None:
    account = await house.account()
    order = await house.place(account)
    await house.cancel_order(account, order.order_id, a_request())
    await house.paper.advance(account, "m", a_bar(minute=1))
    await house.dispatch(account, order.order_id)
    filled = await house.order(account, order.order_id)
    assert (filled.state, filled.filled_quantity) == (OrderState.FILLED, Decimal(100))


async def test_a_cancel_of_what_never_arrived_ends_the_order(house: Line) -> None:
    account = await house.account()
    order_id = await created(house, account)
    house.line.fail("submit", LOST)

    async def cancel_meanwhile(seconds: float) -> None:
        if await house.state(account, order_id) is OrderState.SUBMITTED:
            await house.cancel_order(account, order_id, a_request())

    submit = house.line.submit

    async def submit_and_cancel(key, order):
        await cancel_meanwhile(0)
        return await submit(key, order)

    house.line.submit = submit_and_cancel  # type: ignore[method-assign]
    await house.dispatch(account, order_id)
    assert await house.state(account, order_id) is OrderState.CANCELED
    assert await orders_at_broker(house, account) == 0


async def test_a_cancel_that_the_broker_refuses_for_no_good_reason_leaves_it_working(
    house: Line,
) -> None:
    account = await house.account()
    order = await working(house, account)
    await house.cancel_order(account, order.order_id, a_request())
    house.line.fail("cancel", REFUSED)
    await house.dispatch(account, order.order_id)
    assert await house.state(account, order.order_id) is OrderState.ACCEPTED


async def test_an_ended_order_cannot_be_canceled_or_replaced(house: Line) -> None:
    account = await house.account()
    order_id = await created(house, account)
    await house.cancel_order(account, order_id, a_request())
    for attempt in (
        house.cancel_order(account, order_id, a_request()),
        house.replace_order(account, order_id, NewTerms(quantity=Decimal(1)), a_request()),
    ):
        with pytest.raises(NotAllowedNow) as refusal:
            await attempt
        assert refusal.value.reason == "ORDER_ENDED"


async def in_doubt(house: Line, account: AccountKey, fault: Fault) -> str:
    """An order of which nobody knows whether the broker has it."""
    order_id = await created(house, account)
    house.line.fail("submit", fault)
    house.line.fail("ask", *[LOST] * 50)
    with pytest.raises(Unavailable):
        await house.dispatch(account, order_id)
    house.line.faults.clear()
    return order_id


async def test_an_order_in_doubt_cannot_be_replaced(house: Line) -> None:
    account = await house.account()
    order_id = await in_doubt(house, account, LOST)
    with pytest.raises(NotAllowedNow) as refusal:
        await house.replace_order(account, order_id, NewTerms(quantity=Decimal(1)), a_request())
    assert refusal.value.reason == "ORDER_BUSY"


@pytest.mark.parametrize(("fault", "at_broker"), [(LOST, 0), (ANSWER_LOST, 1)])
async def test_an_order_in_doubt_is_canceled_once_it_is_found_and_never_sent_again(
    house: Line, fault: Fault, at_broker: int
) -> None:
    account = await house.account()
    order_id = await in_doubt(house, account, fault)
    asked = await house.cancel_order(account, order_id, a_request())
    assert asked.state is OrderState.IN_DOUBT
    await house.dispatch.recover()
    assert await house.state(account, order_id) is OrderState.CANCELED
    assert house.line.calls.count("submit") == 1
    assert await orders_at_broker(house, account) == at_broker
    assert (await house.money(account)).reserved == 0


@pytest.mark.parametrize("faults", [[], [LOST], [ANSWER_LOST], [LOST, ANSWER_LOST]])
async def test_a_replace_gets_through_in_the_end(house: Line, faults: list[Fault]) -> None:
    account = await house.account()
    order = await working(house, account)
    house.line.fail("replace", *faults)
    wanted = NewTerms(quantity=Decimal(50), limit_price=Decimal("95.5"))
    asked = await house.replace_order(account, order.order_id, wanted, a_request("replace"))
    assert (asked.state, asked.quantity) == (OrderState.PENDING_REPLACE, Decimal(100))
    assert (await house.money(account)).reserved == Decimal(9550)
    await house.dispatch(account, order.order_id)
    now = await house.order(account, order.order_id)
    assert (now.state, now.quantity, now.limit_price) == (
        OrderState.ACCEPTED,
        Decimal(50),
        Decimal("95.5"),
    )
    assert (await house.money(account)).reserved == Decimal(4775)
    assert (await order_events(house, account))[-2:] == ["PendingReplace", "Replaced"]
    assert await house.replace_order(account, order.order_id, wanted, a_request("replace")) == asked


async def test_a_replace_that_the_broker_refuses_leaves_the_old_terms(house: Line) -> None:
    account = await house.account()
    order = await working(house, account)
    await house.replace_order(account, order.order_id, NewTerms(quantity=Decimal(50)), a_request())
    house.line.fail("replace", REFUSED)
    await house.dispatch(account, order.order_id)
    now = await house.order(account, order.order_id)
    assert (now.state, now.quantity) == (OrderState.ACCEPTED, Decimal(100))
    assert (await house.money(account)).reserved == Decimal(9000)


async def test_a_replace_that_crosses_a_cancel_still_says_what_may_trade(house: Line) -> None:
    account = await house.account()
    order = await working(house, account)
    await house.replace_order(account, order.order_id, NewTerms(quantity=Decimal(150)), a_request())
    house.line.fail("reports", LOST)
    replace = house.line.replace

    async def replace_and_cancel(key, name, terms, ts):
        await replace(key, name, terms, ts)
        await house.cancel_order(account, order.order_id, a_request())

    house.line.replace = replace_and_cancel  # type: ignore[method-assign]
    await house.dispatch(account, order.order_id)
    now = await house.order(account, order.order_id)
    assert (now.state, now.quantity) == (OrderState.CANCELED, Decimal(150))


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (NewTerms(), "MISSING_FIELD"),
        (NewTerms(limit_price=Decimal("90.001")), "OFF_TICK"),
        (NewTerms(quantity=Decimal("1.5")), "TOO_MANY_DECIMALS"),
        (NewTerms(quantity=Decimal(-1)), "NOT_POSITIVE"),
        (NewTerms(stop_price=Decimal(80)), "UNEXPECTED_FIELD"),
    ],
)
async def test_new_terms_that_cannot_be_are_refused(
    house: Line, wanted: NewTerms, reason: str
) -> None:
    account = await house.account()
    order = await working(house, account)
    with pytest.raises(InvalidRequest) as refusal:
        await house.replace_order(account, order.order_id, wanted, a_request())
    assert refusal.value.reason == reason
    assert await house.order(account, order.order_id) == order


async def test_a_replace_below_what_has_traded_or_beyond_the_money_is_refused(
    house: Line,
) -> None:
    account = await house.account()
    order = await working(house, account)
    with pytest.raises(NotAllowedNow) as too_dear:
        await house.replace_order(
            account, order.order_id, NewTerms(quantity=Decimal(5000)), a_request()
        )
    assert too_dear.value.reason == "INSUFFICIENT_BUYING_POWER"
    await fill_part(house, account, order)
    with pytest.raises(NotAllowedNow) as too_few:
        await house.replace_order(
            account, order.order_id, NewTerms(quantity=Decimal(40)), a_request()
        )
    assert too_few.value.reason == "QUANTITY_BELOW_FILLED"


async def fill_part(house: House, account: AccountKey, order: OrderRecord) -> None:
    from domain.orders.events import OrderFilled

    def decide(book):
        number = book.order(order.order_id).order_id
        return book.fill(OrderFilled(house.clock.ts, number, 90 * 10**6, 40), "F1")

    await house.accounts.change(account.tenant, account.account_id, decide)


async def test_each_order_has_its_own_turn(house: Line) -> None:
    """A silent broker about one order does not hold up another."""
    account = await house.account()
    silent, other = await created(house, account), await created(house, account)
    house.line.fail("submit", LOST)
    house.line.fail("ask", *[LOST] * 50)
    with pytest.raises(Unavailable):
        await house.dispatch(account, silent)
    await house.dispatch(account, other)
    assert await house.state(account, other) is OrderState.ACCEPTED
    assert (await house.order(account, other)).instrument_id == AAPL
