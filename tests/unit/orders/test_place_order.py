"""Placing a client's order."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import AlreadyExists, InvalidRequest, NotAllowedNow, NotFound
from domain.orders.doubt import Question
from domain.orders.identity import is_ours
from domain.orders.records import AccountKey
from domain.orders.request import Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from tests.builders import AAPL, MSFT, a_bar, an_instrument
from tests.unit.orders.house import House, a_house, a_request, terms


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        await house.furnish()
        yield house


async def test_the_answer_is_the_order_as_it_was_kept_before_it_was_sent(house: House) -> None:
    account = await house.account()
    order = await house.place_order(account, terms(limit="90.01"), a_request())
    assert order.state is OrderState.CREATED
    assert is_ours(order.order_id)
    assert (order.number, order.limit_price, order.quantity) == (1, Decimal("90.01"), Decimal(100))
    assert await house.order(account, order.order_id) == order
    assert await house.paper.ask(account, order.order_id, Question.BY_ID) == ()
    assert (await house.money(account)).reserved == Decimal(9001)


async def test_the_worker_sends_it_right_after(house: House) -> None:
    account = await house.account()
    async with house.working():
        order = await house.place_order(account, terms(), a_request())
        async for event in house.bus.follow("accounts", account.account_id, after=0):
            if b"P1" in event.payload:
                break
    assert await house.state(account, order.order_id) is OrderState.ACCEPTED
    assert await house.events(account) == [
        "CapitalDeposited",
        "OrderCreated",
        "OrderSubmitted",
        "OrderAccepted",
    ]


async def test_the_same_request_gets_the_same_answer_and_makes_one_order(house: House) -> None:
    account, request = await house.account(), a_request("one")
    first = await house.place_order(account, terms(), request)
    await house.dispatch(account, first.order_id)
    assert await house.place_order(account, terms(), request) == first
    assert len(await house.orders(account)) == 1


async def test_fifty_calls_at_once_with_one_request_make_one_order(house: House) -> None:
    account, request = await house.account(), a_request("one")
    answers = await asyncio.gather(
        *(house.place_order(account, terms(), request) for _ in range(50))
    )
    assert answers == [answers[0]] * 50
    assert len(await house.orders(account)) == 1


async def test_a_request_id_with_another_body_is_refused(house: House) -> None:
    account = await house.account()
    await house.place_order(account, terms(), a_request("one", "buy"))
    with pytest.raises(AlreadyExists) as refusal:
        await house.place_order(account, terms(Side.SELL), a_request("one", "sell"))
    assert refusal.value.reason == "IDEMPOTENCY_KEY_REUSED"
    assert len(await house.orders(account)) == 1


async def test_an_order_is_known_again_when_the_kept_answer_is_long_gone(house: House) -> None:
    account, request = await house.account(), a_request("one", method="PlaceOrder")
    first = await house.place_order(account, terms(), request)
    await house.cancel_order(account, first.order_id, a_request())
    later = a_request("one", method="as if the answer were gone")
    again = await house.place_order(account, terms(), later)
    assert (again.order_id, again.state) == (first.order_id, OrderState.CANCELED)
    with pytest.raises(AlreadyExists) as refusal:
        await house.place_order(account, terms(quantity=1), a_request("one", method="or so"))
    assert refusal.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_a_denied_order_is_kept_and_refused_again_with_the_same_words(house: House) -> None:
    account, request = await house.account(), a_request("one")
    refusals = []
    for _ in range(2):
        with pytest.raises(NotAllowedNow) as refusal:
            await house.place_order(account, terms(quantity=1000), request)
        refusals.append((refusal.value.reason, str(refusal.value), refusal.value.facts))
    assert refusals[0] == refusals[1]
    assert refusals[0][0] == "INSUFFICIENT_BUYING_POWER"
    [kept] = await house.orders(account)
    assert (kept.state, kept.reason) == (OrderState.DENIED, "INSUFFICIENT_BUYING_POWER")
    assert refusals[0][2] == {"order_id": kept.order_id}
    await house.dispatch(account, kept.order_id)
    assert await house.paper.ask(account, kept.order_id, Question.BY_ID) == ()


async def test_a_rehearsal_checks_everything_and_keeps_nothing(house: House) -> None:
    account, request = await house.account(), a_request("one")
    before = await house.accounts.snapshot(account.tenant, account.account_id)
    rehearsed, _ = await house.place_order.preview(account, terms(), request)
    assert rehearsed.state is OrderState.CREATED
    with pytest.raises(NotAllowedNow):
        await house.place_order.preview(account, terms(quantity=1000), a_request())
    assert await house.accounts.snapshot(account.tenant, account.account_id) == before
    assert (await house.place_order(account, terms(quantity=7), request)).quantity == Decimal(7)


@pytest.mark.parametrize(
    ("wanted", "field", "reason"),
    [
        (terms(quantity=0), "order.quantity", "NOT_POSITIVE"),
        (terms(quantity=-1), "order.quantity", "NOT_POSITIVE"),
        (terms(quantity="1.5"), "order.quantity", "TOO_MANY_DECIMALS"),
        (terms(limit="90.001"), "order.limit_price", "OFF_TICK"),
        (terms(limit="0"), "order.limit_price", "NOT_POSITIVE"),
        (terms(limit="90.0000001"), "order.limit_price", "TOO_MANY_DECIMALS"),
        (terms(stop="-1"), "order.stop_price", "NOT_POSITIVE"),
        (terms(quantity=10**18), "order.quantity", ""),
    ],
)
async def test_terms_that_cannot_be_are_refused_by_field_and_nothing_is_kept(
    house: House, wanted, field: str, reason: str
) -> None:
    account = await house.account()
    if not reason:
        with pytest.raises(NotAllowedNow) as denial:
            await house.place_order(account, wanted, a_request())
        assert denial.value.reason == "MAX_ORDER_QUANTITY"
        return
    with pytest.raises(InvalidRequest) as refusal:
        await house.place_order(account, wanted, a_request())
    assert refusal.value.reason == reason
    assert list(refusal.value.violations) == [field]
    assert await house.orders(account) == []


async def test_a_lot_is_not_split(house: House) -> None:
    account = await house.account()
    await house.instruments.save(an_instrument("LOT.XNAS", lot_size=Decimal(100)))
    with pytest.raises(InvalidRequest) as refusal:
        await house.place_order(account, terms(quantity=150, instrument="LOT"), a_request())
    assert refusal.value.reason == "OFF_LOT"


async def test_an_unknown_instrument_or_account_is_not_found(house: House) -> None:
    account = await house.account()
    with pytest.raises(NotFound) as no_instrument:
        await house.place_order(account, terms(instrument="NONE"), a_request())
    with pytest.raises(NotFound) as no_account:
        await house.place_order(AccountKey("local", "acc_none"), terms(), a_request())
    with pytest.raises(NotFound) as other_tenant:
        await house.place_order(AccountKey("other", account.account_id), terms(), a_request())
    reasons = [one.value.reason for one in (no_instrument, no_account, other_tenant)]
    assert reasons == ["INSTRUMENT_NOT_FOUND", "ACCOUNT_NOT_FOUND", "ACCOUNT_NOT_FOUND"]


async def test_a_bare_symbol_is_enough(house: House) -> None:
    account = await house.account()
    order = await house.place_order(account, terms(instrument="MSFT"), a_request())
    assert order.instrument_id == MSFT


async def test_without_any_price_only_a_limit_order_can_be_judged(house: House) -> None:
    account = await house.account()
    await house.instruments.save(an_instrument("NEW.XNAS"))
    with pytest.raises(NotAllowedNow) as refusal:
        await house.place_order(account, terms(instrument="NEW"), a_request())
    assert refusal.value.reason == "NO_REFERENCE_PRICE"
    order = await house.place_order(account, terms(instrument="NEW", limit="10"), a_request())
    assert order.state is OrderState.CREATED


async def test_the_price_of_a_replay_goes_before_the_last_one_kept(house: House) -> None:
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar(10.0))
    await house.place_order(account, terms(), a_request())
    assert (await house.money(account)).reserved == Decimal(1050)
    await house.place_order(account, terms(instrument=MSFT), a_request())
    assert (await house.money(account)).reserved == Decimal(1050 + 10500)


async def test_a_client_trades_on_the_clock_of_the_replay(house: House) -> None:
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar(10.0, minute=3))
    house.clock.ts += 10**18
    order = await house.place(account)
    assert order.create_ts == a_bar(minute=3).ts
    await house.show(account, a_bar(11.0, minute=4))
    filled = await house.order(account, order.order_id)
    assert (filled.state, filled.average_fill_price) == (OrderState.FILLED, Decimal(11))


async def test_limits_of_the_account_bind(house: House) -> None:
    limits = RiskLimits(max_order_quantity=Decimal(50), short_selling=False)
    account = await house.account(limits=limits)
    with pytest.raises(NotAllowedNow) as too_many:
        await house.place_order(account, terms(quantity=51), a_request())
    with pytest.raises(NotAllowedNow) as short:
        await house.place_order(account, terms(Side.SELL, 10), a_request())
    assert too_many.value.reason == "MAX_ORDER_QUANTITY"
    assert short.value.reason == "SHORT_SELLING_NOT_ALLOWED"


async def test_the_rate_is_counted_again_when_a_replay_sets_the_clock_back(house: House) -> None:
    account = await house.account(limits=RiskLimits(max_orders_per_second=1))
    house.clock.ts += 10**18
    await house.place(account, terms(quantity=1))
    with pytest.raises(NotAllowedNow) as refusal:
        await house.place(account, terms(quantity=1))
    assert refusal.value.reason == "ORDER_RATE_EXCEEDED"
    await house.open_market(account)
    await house.show(account, a_bar())
    assert (await house.place(account, terms(quantity=1))).state is OrderState.ACCEPTED


async def test_orders_at_once_never_spend_more_than_there_is(house: House) -> None:
    account = await house.account("100000")
    wanted = [terms(quantity=100, instrument=name) for name in (AAPL, MSFT)] * 20
    results = await asyncio.gather(
        *(house.place_order(account, one, a_request()) for one in wanted),
        return_exceptions=True,
    )
    denied = [one for one in results if isinstance(one, NotAllowedNow)]
    assert len(denied) == 40 - 9  # each sets 10500 of the 100000 aside
    money = await house.money(account)
    assert money.buying_power == Decimal(100_000 - 9 * 10_500)
    reserved = [one for one in await house.orders(account) if one.state is OrderState.CREATED]
    assert len(reserved) == 9
