"""Stops that trail, at a broker that moves none: we move them, and never away from the market."""

from decimal import Decimal
from pathlib import Path

from msgspec import structs

from domain.orders.book import AccountBook
from domain.orders.doubt import Capabilities
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.state import OrderState
from domain.orders.wanted import TrailingTerms
from tests.builders import AAPL, a_bar
from tests.unit.orders.house import House, a_house
from tests.unit.orders.unreliable import Fault, UnreliableBroker


class PlainBroker(UnreliableBroker):
    """Knows stops, and none that trail."""

    async def capabilities(self, account: AccountKey) -> Capabilities:
        return structs.replace(await super().capabilities(account), trailing_stops=False)


async def a_stop(house: House) -> tuple[AccountKey, PlainBroker, OrderRecord]:
    """A stop a dollar and a half below the market, which is at 100."""
    broker = PlainBroker(house.paper)
    house.connect(broker)
    await house.furnish()
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar(100.0, minute=0))
    terms = TrailingTerms(
        AAPL,
        Side.SELL,
        Decimal(10),
        OrderType.TRAILING_STOP,
        time_in_force=TimeInForce.GTC,
        trail_amount=Decimal("1.50"),
    )
    order = await house.place(account, terms)
    return account, broker, order


async def stop_at_the_broker(house: House, account: AccountKey) -> Decimal:
    found = await house.paper.statement(account, since=0)
    (order,) = found.orders
    assert order.order_type == OrderType.STOP
    return Decimal(order.terms.stop_price) / 10**6


async def test_it_is_a_plain_stop_there_that_we_bring_closer(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        account, _, order = await a_stop(house)
        assert await stop_at_the_broker(house, account) == Decimal("98.5")
        await house.show(account, a_bar(100.0, 101.0, 99.5, 100.5, minute=1))
        assert await stop_at_the_broker(house, account) == Decimal("99.5")
        assert (await house.order(account, order.order_id)).stop_price == Decimal("99.5")


async def test_it_is_never_moved_away(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        account, broker, _ = await a_stop(house)
        await house.show(account, a_bar(100.0, 101.0, 99.5, 100.5, minute=1))
        await house.show(account, a_bar(100.2, 100.4, 99.8, 100.0, minute=2))
        assert await stop_at_the_broker(house, account) == Decimal("99.5")
        assert broker.calls.count("replace") == 1


async def test_a_move_that_is_refused_is_asked_for_again_with_the_next_bar(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        account, broker, _ = await a_stop(house)
        broker.fail("replace", Fault.REFUSED)
        await house.show(account, a_bar(100.0, 101.0, 99.5, 100.5, minute=1))
        assert await stop_at_the_broker(house, account) == Decimal("98.5")
        await house.show(account, a_bar(100.2, 100.4, 99.8, 100.0, minute=2))
        assert await stop_at_the_broker(house, account) == Decimal("99.5")


async def test_the_best_price_seen_outlives_the_process(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        account, broker, order = await a_stop(house)
        broker.fail("replace", Fault.REFUSED)
        await house.show(account, a_bar(100.0, 101.0, 99.5, 100.5, minute=1))
    async with a_house(tmp_path) as house:
        house.connect(PlainBroker(house.paper))
        await house.open_market(account)
        await house.show(account, a_bar(100.2, 100.4, 99.8, 100.0, minute=2))
        assert await stop_at_the_broker(house, account) == Decimal("99.5")

        def best(book: AccountBook) -> int:
            return book.order(order.order_id).high_water

        kept = await house.accounts.change(account.tenant, account.account_id, best)
        assert kept.value == 101_000000


async def test_it_sells_where_it_stands(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        account, _, order = await a_stop(house)
        await house.show(account, a_bar(100.0, 101.0, 99.5, 100.5, minute=1))
        await house.show(account, a_bar(100.0, 100.0, 99.0, minute=2))
        now = await house.order(account, order.order_id)
        assert (now.state, now.average_fill_price) == (OrderState.FILLED, Decimal("99.5"))
