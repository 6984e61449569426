"""Canceling everything that can still trade, and the rehearsals of single changes."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from apps.orders import cancel_all_orders
from domain.errors import NotAllowedNow, NotFound
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.request import Side
from domain.orders.state import OrderState
from domain.orders.wanted import NewTerms
from ports.request_log import RequestIdReused
from tests.builders import MSFT, a_bar, a_wish
from tests.unit.orders.house import House, a_house, a_request, terms
from tests.unit.orders.unreliable import Fault, UnreliableBroker

ACCEPTED, CREATED = OrderState.ACCEPTED, OrderState.CREATED
CANCELED, PENDING = OrderState.CANCELED, OrderState.PENDING_CANCEL


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        await house.furnish()
        yield house


async def busy(house: House) -> AccountKey:
    """An account with an order at the broker, one of a run there, and one not sent yet."""
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar())
    await house.place(account, terms(limit="90"))
    wish = a_wish(Side.BUY, 5, MSFT, limit=80 * 10**6, request=1)
    await house.desk.place(account.tenant, account.account_id, "run_1", a_bar().ts, [wish])
    await house.place_order(account, terms(quantity=1, limit="91"), a_request())
    return account


def states(orders: "tuple[OrderRecord, ...] | list[OrderRecord]") -> list[tuple[int, OrderState]]:
    return [(order.number, order.state) for order in orders]


async def test_every_order_is_asked_for_and_what_was_not_sent_ends_at_once(house: House) -> None:
    account = await busy(house)
    asked = await house.cancel_all(account, a_request())
    assert states(asked) == [(3, CANCELED), (2, PENDING), (1, PENDING)]
    for order in asked:
        await house.dispatch(account, order.order_id)
    assert {order.state for order in await house.orders(account)} == {CANCELED}
    assert (await house.money(account)).reserved == 0


async def test_the_worker_brings_the_cancels_to_the_broker(house: House) -> None:
    account = await busy(house)
    async with house.working():
        await house.cancel_all(account, a_request())
        async for _ in house.bus.follow("accounts", account.account_id, after=0):
            if (await house.money(account)).reserved == 0:
                break
    assert {order.state for order in await house.orders(account)} == {CANCELED}


@pytest.mark.parametrize(
    ("narrowed", "numbers"),
    [
        ({"instrument": "MSFT"}, [2]),
        ({"instrument": "AAPL.XNAS"}, [3, 1]),
        ({"run_id": "run_1"}, [2]),
        ({"run_id": "run_1", "instrument": "AAPL"}, []),
        ({"run_id": "run_none"}, []),
    ],
)
async def test_it_is_narrowed_to_an_instrument_or_a_run(
    house: House, narrowed: dict[str, str], numbers: list[int]
) -> None:
    account = await busy(house)
    asked = await house.cancel_all(account, a_request(), **narrowed)
    assert [order.number for order in asked] == numbers
    left = [order.number for order in await house.orders(account) if order.state is ACCEPTED]
    assert not set(left) & set(numbers)


async def test_the_same_request_cancels_once_and_answers_the_same(house: House) -> None:
    account = await busy(house)
    first = await house.cancel_all(account, a_request("one"))
    later = await house.place(account, terms(quantity=2, limit="50"))
    assert await house.cancel_all(account, a_request("one")) == first
    assert await house.state(account, later.order_id) is ACCEPTED
    with pytest.raises(RequestIdReused):
        await house.cancel_all(account, a_request("one", "another body"))


async def test_a_rehearsal_tells_which_and_asks_nothing(house: House) -> None:
    account = await busy(house)
    before = await house.accounts.snapshot(account.tenant, account.account_id)
    told = await house.cancel_all(account, a_request("one"), validate_only=True)
    assert states(told) == [(3, CREATED), (2, ACCEPTED), (1, ACCEPTED)]
    assert await house.accounts.snapshot(account.tenant, account.account_id) == before
    assert len(await house.cancel_all(account, a_request("one"))) == 3


async def test_too_many_at_once_are_refused_and_none_is_canceled(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancel_all_orders, "MOST_ORDERS", 2)
    account = await busy(house)
    for validate_only in (True, False):
        with pytest.raises(NotAllowedNow) as refusal:
            await house.cancel_all(account, a_request(), validate_only=validate_only)
        assert refusal.value.reason == "TOO_MANY_ORDERS"
    assert len(await house.cancel_all(account, a_request(), instrument="AAPL")) == 2


async def test_an_order_in_doubt_is_left_and_told_as_it_is(house: House) -> None:
    account = await busy(house)
    shaky = UnreliableBroker(house.paper)
    house.connect(shaky)
    shaky.faults["submit"].append(Fault.LOST)
    shaky.faults["ask"].extend([Fault.LOST] * 20)
    with pytest.raises(Exception, match="silent"):
        await house.place(account, terms(quantity=3, limit="70"))
    asked = await house.cancel_all(account, a_request())
    assert states(asked)[0] == (4, OrderState.IN_DOUBT)


async def test_an_account_or_instrument_that_is_not_there_is_not_found(house: House) -> None:
    account = await busy(house)
    with pytest.raises(NotFound) as no_account:
        await house.cancel_all(AccountKey("local", "acc_none"), a_request())
    with pytest.raises(NotFound) as no_instrument:
        await house.cancel_all(account, a_request(), instrument="NOPE")
    reasons = [no_account.value.reason, no_instrument.value.reason]
    assert reasons == ["ACCOUNT_NOT_FOUND", "INSTRUMENT_NOT_FOUND"]


async def test_a_cancel_rehearsed_changes_nothing_and_refuses_what_the_real_one_would(
    house: House,
) -> None:
    account = await busy(house)
    [_, _, order] = reversed(await house.orders(account))
    before = await house.accounts.snapshot(account.tenant, account.account_id)
    told = await house.cancel_order(account, order.order_id, a_request("c"), validate_only=True)
    assert told.state is PENDING
    assert await house.accounts.snapshot(account.tenant, account.account_id) == before
    await house.cancel_order(account, order.order_id, a_request("c"))
    await house.dispatch(account, order.order_id)
    with pytest.raises(NotAllowedNow) as refusal:
        await house.cancel_order(account, order.order_id, a_request(), validate_only=True)
    assert refusal.value.reason == "ORDER_ENDED"


async def test_a_replace_rehearsed_changes_nothing_and_refuses_what_the_real_one_would(
    house: House,
) -> None:
    account = await busy(house)
    [_, _, order] = reversed(await house.orders(account))
    before = await house.accounts.snapshot(account.tenant, account.account_id)
    wanted = NewTerms(quantity=Decimal(7))
    told = await house.replace_order(
        account, order.order_id, wanted, a_request("r"), validate_only=True
    )
    assert told.state is OrderState.PENDING_REPLACE
    with pytest.raises(NotAllowedNow) as refusal:
        await house.replace_order(
            account,
            order.order_id,
            NewTerms(quantity=Decimal(10**6)),
            a_request(),
            validate_only=True,
        )
    assert refusal.value.reason == "INSUFFICIENT_BUYING_POWER"
    assert await house.accounts.snapshot(account.tenant, account.account_id) == before
    real = await house.replace_order(account, order.order_id, wanted, a_request("r"))
    assert real.state is OrderState.PENDING_REPLACE
