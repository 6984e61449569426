"""Orders in doubt at a broker that promises little, through the real store."""

from decimal import Decimal

import pytest

from domain.errors import NotAllowedNow
from domain.orders.doubt import LONGEST_DOUBT, SECOND, WATCH_ABSENT, Capabilities, Question
from domain.orders.records import AccountKey
from domain.orders.state import OrderState
from ports.lease import LeaseLost
from tests.builders import MSFT
from tests.leases import EndedLease
from tests.unit.orders.forgetful import Floor, ForgetfulBroker
from tests.unit.orders.house import a_request, terms


async def test_an_order_in_doubt_is_not_sent_again(floor: Floor) -> None:
    account = await floor.account()
    order_id = await floor.lost(account)
    await floor.pass_time(5)
    assert await floor.state(account, order_id) is OrderState.IN_DOUBT
    assert len(floor.broker.under_way) == 1
    assert floor.broker.taken == []
    assert (await floor.money(account)).reserved == Decimal(10_500)


async def test_one_that_shows_itself_late_works_on(floor: Floor) -> None:
    account = await floor.account()
    order_id = await floor.lost(account)
    await floor.pass_time(5)
    floor.broker.arrive()
    await floor.pass_time(1)
    order = await floor.order(account, order_id)
    assert (order.state, order.broker_order_id) == (OrderState.ACCEPTED, "B1")


async def test_after_a_long_search_it_is_presumed_absent_and_its_money_free(floor: Floor) -> None:
    account = await floor.account()
    order_id = await floor.lost(account)
    await floor.pass_time(14)
    assert await floor.state(account, order_id) is OrderState.PRESUMED_ABSENT
    assert (await floor.money(account)).reserved == 0
    assert floor.broker.taken == []


async def test_a_late_sign_revives_what_was_presumed_absent(floor: Floor) -> None:
    account = await floor.account()
    order_id = await floor.lost(account)
    await floor.pass_time(14)
    floor.broker.arrive()
    await floor.pass_time(7)
    assert await floor.state(account, order_id) is OrderState.ACCEPTED
    assert (await floor.money(account)).reserved == Decimal(10_500)


async def test_it_is_asked_after_when_the_clock_was_set_back_too(floor: Floor) -> None:
    account = await floor.account()
    order_id = await floor.lost(account)
    await floor.pass_time(14)
    floor.broker.arrive()
    floor.clock.ts -= 3600 * SECOND
    await floor.pass_time(1)
    assert await floor.state(account, order_id) is OrderState.ACCEPTED


async def test_after_two_days_nobody_asks_for_it_any_more(floor: Floor) -> None:
    account = await floor.account()
    order_id = await floor.lost(account)
    await floor.pass_time(14)
    floor.clock.ts += WATCH_ABSENT
    floor.broker.arrive()
    await floor.pass_time(3)
    assert await floor.accounts.unsettled() == []
    assert await floor.state(account, order_id) is OrderState.PRESUMED_ABSENT


async def test_a_session_that_breaks_again_and_again_proves_nothing(floor: Floor) -> None:
    account = await floor.account()
    order_id = await floor.lost(account)
    for _ in range(40):
        floor.broker.healthy_ts = floor.clock.ts
        await floor.pass_time(1)
    assert await floor.state(account, order_id) is OrderState.IN_DOUBT


class FirmBroker(ForgetfulBroker):
    """Takes an id once, and says firmly when it has none."""

    async def capabilities(self, account: AccountKey) -> Capabilities:
        return Capabilities(
            unique_order_ids=True, questions=(Question.BY_ID,), max_inflight=60 * SECOND
        )


async def test_a_firm_no_counts_though_the_session_breaks_again_and_again(floor: Floor) -> None:
    account, broker = await floor.account(), FirmBroker()
    floor.connect(broker, lease=EndedLease())
    order = await floor.place_order(account, terms(), a_request())
    with pytest.raises(LeaseLost):  # that it is about to be sent is kept
        await floor.dispatch(account, order.order_id)
    floor.connect(broker)
    await floor.cancel_order(account, order.order_id, a_request())
    for _ in range(8):
        broker.healthy_ts = floor.clock.ts
        await floor.pass_time(1)
    assert await floor.state(account, order.order_id) is OrderState.CANCELED
    assert broker.taken == []


async def test_one_that_the_broker_took_twice_is_put_in_quarantine(floor: Floor) -> None:
    account = await floor.account()
    order_id = await floor.lost(account)
    floor.broker.arrive(times=2)
    await floor.pass_time(1)
    order = await floor.order(account, order_id)
    assert (order.state, order.reason) == (OrderState.QUARANTINED, "TAKEN_TWICE_BY_BROKER")
    with pytest.raises(NotAllowedNow) as refusal:
        await floor.place_order(account, terms(instrument=MSFT), a_request())
    assert refusal.value.reason == "ORDER_QUARANTINED"


async def test_a_cancel_reaches_it_as_soon_as_it_is_found(floor: Floor) -> None:
    account = await floor.account()
    order_id = await floor.lost(account)
    asked = await floor.cancel_order(account, order_id, a_request())
    assert asked.state is OrderState.IN_DOUBT
    floor.broker.arrive()
    await floor.pass_time(1)
    assert floor.broker.canceled == [order_id]
    assert await floor.state(account, order_id) is OrderState.PENDING_CANCEL


async def test_a_cancel_that_crosses_a_lost_sending_does_not_end_it_too_early(
    floor: Floor,
) -> None:
    """The broker refuses to cancel what has not arrived yet; it still may."""
    account = await floor.account()
    order = await floor.place_order(account, terms(), a_request())
    submit = floor.broker.submit

    async def cancel_and_submit(key, wanted):
        await floor.cancel_order(account, order.order_id, a_request())
        floor.broker.silent = 1
        return await submit(key, wanted)

    floor.broker.submit = cancel_and_submit  # type: ignore[method-assign]
    await floor.dispatch(account, order.order_id)
    assert await floor.state(account, order.order_id) is OrderState.IN_DOUBT
    floor.broker.arrive()
    await floor.pass_time(1)
    assert floor.broker.canceled == [order.order_id]


async def test_a_doubt_that_lasts_halts_new_risk_but_not_its_reduction(floor: Floor) -> None:
    account = await floor.account()
    await floor.lost(account)
    floor.clock.ts += LONGEST_DOUBT + SECOND
    with pytest.raises(NotAllowedNow) as refusal:
        await floor.place_order(account, terms(instrument=MSFT), a_request())
    assert refusal.value.reason == "ORDERS_IN_DOUBT"


async def test_many_doubts_halt_new_risk(floor: Floor) -> None:
    account = await floor.account()
    for _ in range(6):
        await floor.lost(account, quantity=1)
    with pytest.raises(NotAllowedNow) as refusal:
        await floor.place_order(account, terms(quantity=1), a_request())
    assert refusal.value.reason == "ORDERS_IN_DOUBT"


async def test_what_was_halted_after_it_was_placed_is_never_sent(floor: Floor) -> None:
    account = await floor.account()
    waiting = await floor.place_order(account, terms(instrument=MSFT), a_request())
    await floor.lost(account)
    floor.clock.ts += LONGEST_DOUBT + SECOND
    await floor.dispatch(account, waiting.order_id)
    order = await floor.order(account, waiting.order_id)
    assert (order.state, order.reason) == (OrderState.DENIED, "ORDERS_IN_DOUBT")
    assert floor.broker.taken == []


async def test_one_that_is_presumed_absent_can_be_issued_again_once(floor: Floor) -> None:
    account = await floor.account()
    first = await floor.lost(account)
    await floor.pass_time(14)
    key = a_request("again")
    tried = await floor.reissue_order(account, first, key, validate_only=True)
    assert [order.order_id for order in await floor.orders(account)] == [first]
    second = await floor.reissue_order(account, first, key)
    assert (tried.order_id, second.order_id) == (second.order_id, second.order_id)
    assert second.order_id != first
    assert await floor.reissue_order(account, first, key) == second
    with pytest.raises(NotAllowedNow) as refusal:
        await floor.reissue_order(account, first, a_request())
    assert refusal.value.reason == "ORDER_REISSUED"
    assert refusal.value.facts["reissued_order_id"] == second.order_id
    await floor.dispatch(account, second.order_id)
    assert [order.order_id for order in floor.broker.taken] == [second.order_id]


async def test_one_in_doubt_cannot_be_issued_again(floor: Floor) -> None:
    account = await floor.account()
    order_id = await floor.lost(account)
    with pytest.raises(NotAllowedNow) as refusal:
        await floor.reissue_order(account, order_id, a_request())
    assert refusal.value.reason == "ORDER_NOT_REISSUABLE"
