"""What many callers at once get from an account, on either store."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.sql.account_store import SqlAccountStore
from adapters.sql.database import Database
from adapters.sql.postgres_database import PostgresDatabase
from adapters.system.ids import RandomIds
from apps.orders.create_account import CreateAccount
from domain.errors import AlreadyExists, NotAllowedNow
from domain.orders.records import OrderRecord
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from tests.postgres import a_database
from tests.unit.orders.house import House, ManualClock, a_request, terms

ONE_PERCENT, TEN_PERCENT = Decimal(10), Decimal(100)  # shares at 100 of an account with 100,000


def on(house: House, database: Database) -> House:
    """The house with its accounts on that store."""
    house.accounts = SqlAccountStore(database, house.clock)
    house.create_account = CreateAccount(house.accounts, house.clock, RandomIds())
    house.connect(house.paper, house.accounts)
    return house


@pytest.fixture
async def houses(database: Database, tmp_path: Path) -> AsyncIterator[Sequence[House]]:
    """Every process that may take a call: two on PostgreSQL."""
    databases = [database]
    if isinstance(database, PostgresDatabase):
        databases.append(PostgresDatabase(a_database().url))
    opened = []
    for number, each in enumerate(databases):
        house = on(House(tmp_path / str(number), ManualClock()), each)
        await house.furnish()
        opened.append(house)
    yield opened
    for house in opened:
        house.crash()
    for each in databases[1:]:
        await each.aclose()


async def test_fifty_calls_with_one_request_id_place_one_order_and_get_equal_answers(
    houses: Sequence[House],
) -> None:
    account = await houses[0].account()
    request = a_request("the one")
    calls = [houses[n % len(houses)].place_order(account, terms(), request) for n in range(50)]
    answers = await asyncio.gather(*calls)
    assert len(answers) == 50
    assert set(answers) == {answers[0]}
    assert await houses[0].orders(account) == [answers[0]]
    for house in houses:
        with pytest.raises(AlreadyExists) as refused:
            await house.place_order(account, terms(), a_request("the one", "another body"))
        assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_fifty_calls_of_two_bodies_place_the_order_of_the_first(
    houses: Sequence[House],
) -> None:
    account = await houses[0].account()
    wanted = {body: terms(quantity=body) for body in ("7", "8")}
    calls = [
        houses[n % len(houses)].place_order(account, wanted[body], a_request("the one", body))
        for n in range(25)
        for body in wanted
    ]
    given = await asyncio.gather(*calls, return_exceptions=True)
    placed = [one for one in given if isinstance(one, OrderRecord)]
    refused = [one for one in given if isinstance(one, AlreadyExists)]
    assert (len(placed), len(refused)) == (25, 25)
    assert await houses[0].orders(account) == [placed[0]]


async def test_two_hundred_orders_of_a_hundredth_against_a_tenth_admit_ten(
    houses: Sequence[House],
) -> None:
    account = await houses[0].account(limits=RiskLimits(max_position=TEN_PERCENT))

    async def place(number: int) -> OrderRecord | NotAllowedNow:
        house = houses[number % len(houses)]
        try:
            return await house.place_order(
                account, terms(limit="100", quantity=str(ONE_PERCENT)), a_request()
            )
        except NotAllowedNow as refusal:
            return refusal

    given = await asyncio.gather(*map(place, range(200)))
    assert sum(isinstance(one, OrderRecord) for one in given) == 10
    reasons = {one.reason for one in given if isinstance(one, NotAllowedNow)}
    assert reasons == {"MAX_POSITION"}
    kept = await houses[0].orders(account)
    assert (len(kept), sum(order.state is OrderState.CREATED for order in kept)) == (200, 10)
    assert (await houses[0].money(account)).reserved == 100 * TEN_PERCENT
