"""Limits that somebody set, through the use cases, on the real store and the paper broker."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.sql.ownership import SqlOwnership
from adapters.sql.risk_store import SqlRiskStore
from apps.orders.risk.read_risk import ReadRisk
from apps.orders.risk.release_risk_trip import ReleaseRiskTrip
from apps.orders.risk.set_risk_limits import SetRiskLimits, WantedLimits
from domain.backtests import BacktestSpec, run_backtest
from domain.errors import Conflict, DomainError, InvalidRequest, NotAllowedNow, NotFound
from domain.instruments import NANOSECONDS, Instruments
from domain.orders.book import AccountBook
from domain.orders.events import OrderDenied
from domain.orders.halts import Halt
from domain.orders.records import AccountKey
from domain.orders.request import Side
from domain.orders.risk.kept import LimitsRecord, TripRecord
from domain.orders.risk.limits import NO_LIMITS, Limits, Scope
from domain.orders.state import OrderState
from domain.orders.wanted import NewTerms
from domain.values import MONEY_SCALE
from tests.builders import AAPL, a_bar, a_walk, a_wish, an_instrument
from tests.unit.orders.house import TENANT, House, ManualClock, a_request, terms
from tests.unit.orders.test_desk import Restless, facts, traded_on_paper, wish
from tests.unit.orders.unreliable import Fault, UnreliableBroker

D = Decimal


class RiskHouse(House):
    """One process with limits."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ManualClock())
        self.risk = SqlRiskStore(self.database, self.clock)
        ownership = SqlOwnership(self.database)
        self.set_limits = SetRiskLimits(self.risk, ownership, self.instruments)
        self.release = ReleaseRiskTrip(self.risk)
        self.read_risk = ReadRisk(self.risk, self.accounts, self.places)

    async def limit(self, limits: Limits, account: AccountKey | None = None) -> LimitsRecord:
        account_id = account.account_id if account else ""
        return await self.set_limits(WantedLimits(account_id, "", "", limits), a_request())

    async def refusal(self, account: AccountKey, quantity: object, **wanted: object) -> str:
        """Why a client's order is denied; empty when it is not."""
        try:
            await self.place(account, terms(quantity=quantity, **wanted))
        except NotAllowedNow as refused:
            return refused.reason
        return ""

    async def trips(self) -> list[TripRecord]:
        page, _ = await self.read_risk.trips(TENANT, "", standing_only=True, size=10, token="")
        return list(page)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[RiskHouse]:
    house = RiskHouse(tmp_path)
    await house.furnish()
    yield house
    house.crash()


async def test_a_clients_order_is_held_to_what_somebody_set(house: RiskHouse) -> None:
    account, other = await house.account(), await house.account()
    await house.limit(Limits(max_order_quantity=D(10)), account)
    assert await house.refusal(account, 11) == "MAX_ORDER_QUANTITY"
    assert await house.refusal(account, 10) == ""
    assert await house.refusal(other, 11) == ""
    denied, taken = await house.orders(account)
    assert (denied.state, denied.reason) == (OrderState.DENIED, "MAX_ORDER_QUANTITY")
    assert taken.state == OrderState.ACCEPTED


async def test_a_replacement_is_held_to_it_too(house: RiskHouse) -> None:
    account = await house.account()
    order = await house.place(account, terms(quantity=10, limit="99"))
    await house.limit(Limits(price_collar_percent=D(5)))
    with pytest.raises(NotAllowedNow) as refused:
        await house.replace_order(
            account, order.order_id, NewTerms(limit_price=D(106)), a_request()
        )
    assert refused.value.reason == "PRICE_COLLAR"
    replaced = await house.replace_order(
        account, order.order_id, NewTerms(limit_price=D(105)), a_request()
    )
    assert replaced.state == OrderState.PENDING_REPLACE


async def test_a_price_of_yesterday_is_stale_for_an_order_of_today(house: RiskHouse) -> None:
    account = await house.account()
    await house.limit(Limits(max_reference_age=3_600 * NANOSECONDS))
    last = (await house.place_order._last_prices(AAPL)).ts
    house.clock.ts = last + 3_600 * NANOSECONDS
    assert await house.refusal(account, 1) == ""
    house.clock.ts += 1
    assert await house.refusal(account, 2) == "STALE_REFERENCE_PRICE"


async def test_a_runaway_decision_of_a_run_leaves_its_first_orders_and_halts_the_rest(
    house: RiskHouse,
) -> None:
    account = await house.account()
    await house.limit(Limits(max_orders_per_decision=3))
    await house.open_market(account)
    await house.show(account, a_bar())
    await wish(house, account, *(a_wish(quantity=1, request=number) for number in range(1, 41)))
    reasons = [order.reason for order in await house.orders(account)]
    assert reasons == [""] * 3 + ["RUNAWAY_DECISION"] * 37
    await wish(house, account, a_wish(quantity=1, request=41))
    assert (await house.orders(account))[-1].reason == "RUNAWAY_DECISION"
    (trip,) = await house.trips()
    assert (trip.trip.reason, trip.trip.run_id) == ("RUNAWAY_DECISION", "run_1")


async def test_an_order_that_was_taken_before_a_trip_is_not_sent_after_it(
    house: RiskHouse,
) -> None:
    account = await house.account()
    await house.limit(Limits(max_daily_loss=D(100)))
    taken = await house.place_order(account, terms(quantity=1), a_request())

    def trip(book: AccountBook) -> None:
        assert book.account.gate is not None
        book.account.gate._trip("DAILY_LOSS", book.now, "", "for the test")

    await house.accounts.change(TENANT, account.account_id, trip)
    await house.dispatch(account, taken.order_id)
    order = await house.order(account, taken.order_id)
    assert (order.state, order.reason) == (OrderState.DENIED, "DAILY_LOSS")
    assert "OrderSubmitted" not in await house.events(account)


async def test_a_broker_that_rejects_too_much_trips_the_gate(house: RiskHouse) -> None:
    broker = UnreliableBroker(house.paper)
    house.connect(broker)
    account = await house.account()
    await house.limit(Limits(max_reject_percent=D(40)))
    for number in range(1, 11):
        if number % 2:
            broker.fail("submit", Fault.REFUSED)
        assert await house.refusal(account, number) == ""
    assert await house.refusal(account, 11) == "REJECT_RATIO"
    assert [trip.trip.reason for trip in await house.trips()] == ["REJECT_RATIO"]


async def test_losses_survive_a_restart(house: RiskHouse, tmp_path: Path) -> None:
    account = await house.account()
    await house.limit(Limits(max_daily_loss_percent=D(1)))
    await house.open_market(account)
    await house.show(account, a_bar())
    await wish(house, account, a_wish(quantity=100, request=1))
    await house.show(account, a_bar(minute=1))
    house.crash()
    again = RiskHouse(tmp_path)
    try:
        await again.open_market(account)
        await again.show(account, a_bar(minute=2, open=89.0, high=89.5, low=88.5, close=89.0))
        (trip,) = await again.trips()
        assert trip.trip.reason == "DAILY_LOSS"
        status, standing = await again.read_risk.status(account)
        assert status.halts == (Halt("DAILY_LOSS"),)
        assert status.losses is not None
        assert (status.losses.daily_loss, status.losses.day_equity) == (D(1_100), D(100_000))
        assert list(standing) == [trip]
    finally:
        again.crash()


@pytest.mark.parametrize("seed", [1, 2])
async def test_paper_trading_under_limits_makes_the_very_events_of_the_backtest(
    house: RiskHouse, seed: int
) -> None:
    limits = Limits(
        max_order_quantity=D(50),
        max_gross_exposure=D(12_000),
        max_orders_per_minute=2,
        max_orders_per_decision=2,
        price_collar_percent=D("0.05"),
        max_daily_loss=D(15),
        no_self_cross=True,
    )
    account = await house.account()
    await house.limit(limits, account)
    await traded_on_paper(house, account, Restless(seed))
    spec = BacktestSpec(
        Restless(seed), Instruments([an_instrument(AAPL)]), 100_000 * MONEY_SCALE, risk=limits
    )
    tested = run_backtest(spec, {AAPL: [a_walk(120, seed=3)]})
    on_paper = [entry.event for entry in await house.log(account)]
    assert facts(on_paper) == facts(list(tested.events()))
    assert len({event.reason for event in on_paper if isinstance(event, OrderDenied)}) >= 3


# setting


async def test_an_etag_must_still_hold(house: RiskHouse) -> None:
    first = await house.limit(Limits(max_order_quantity=D(1)))
    wanted = WantedLimits("", "", "", NO_LIMITS, str(first.version))
    assert (await house.set_limits(wanted, a_request())).version == 2
    with pytest.raises(Conflict) as refused:
        await house.set_limits(wanted, a_request())
    assert (refused.value.reason, refused.value.facts["etag"]) == ("ETAG_MISMATCH", "2")
    new = WantedLimits("", "", "AAPL", NO_LIMITS, "0")
    assert (await house.set_limits(new, a_request())).scope == Scope(instrument_id=AAPL)


@pytest.mark.parametrize(
    ("wanted", "error", "reason", "field"),
    [
        (WantedLimits("acc_none", "", "", NO_LIMITS), NotFound, "ACCOUNT_NOT_FOUND", None),
        (WantedLimits("", "none", "", NO_LIMITS), NotFound, "STRATEGY_NOT_FOUND", None),
        (WantedLimits("", "", "NONE", NO_LIMITS), NotFound, "INSTRUMENT_NOT_FOUND", None),
        (
            WantedLimits("", "", "", Limits(max_drawdown=D(0))),
            InvalidRequest,
            "NOT_POSITIVE",
            "risk_limits.limits.max_drawdown",
        ),
        (
            WantedLimits("", "", "AAPL", Limits(max_drawdown=D(5))),
            InvalidRequest,
            "NOT_OF_AN_INSTRUMENT",
            "risk_limits.limits.max_drawdown",
        ),
    ],
)
async def test_what_cannot_be_set_is_refused_by_name_and_nothing_is_kept(
    house: RiskHouse,
    wanted: WantedLimits,
    error: type[DomainError],
    reason: str,
    field: str | None,
) -> None:
    with pytest.raises(error) as refused:
        await house.set_limits(wanted, a_request())
    assert refused.value.reason == reason
    if isinstance(refused.value, InvalidRequest):
        assert list(refused.value.violations) == [field]
    assert await house.risk.changes(TENANT, before=0, limit=10) == []


async def test_fifty_who_set_the_same_limits_at_once_with_one_etag_are_one(
    house: RiskHouse,
) -> None:
    async def one(number: int) -> str:
        wanted = WantedLimits("", "", "", Limits(max_order_quantity=D(number)), "0")
        try:
            return str((await house.set_limits(wanted, a_request())).version)
        except Conflict as refused:
            return refused.reason

    became = await asyncio.gather(*(one(number) for number in range(1, 51)))
    assert sorted(became) == ["1"] + ["ETAG_MISMATCH"] * 49


async def test_checking_only_sets_and_releases_nothing(house: RiskHouse) -> None:
    account = await house.account()
    wanted = WantedLimits(account.account_id, "", "", Limits(max_orders_per_decision=1))
    assert (await house.set_limits(wanted, a_request(), validate_only=True)).version == 1
    page, _ = await house.read_risk.page(TENANT, "", 10, "")
    assert page == []
    await house.set_limits(wanted, a_request())
    await house.open_market(account)
    await house.show(account, a_bar())
    await wish(house, account, a_wish(request=1), a_wish(Side.BUY, 5, request=2))
    (trip,) = await house.trips()
    would = await house.release(trip.trip_id, "looked at", a_request(), validate_only=True)
    assert not would.is_standing
    assert await house.trips() == [trip]
    with pytest.raises(InvalidRequest):
        await house.release(trip.trip_id, " ", a_request())
    await house.release(trip.trip_id, "looked at", a_request())
    assert await house.trips() == []


async def test_lists_come_in_pages_bound_to_their_query(house: RiskHouse) -> None:
    account = await house.account()
    for instrument in ("", "AAPL", "MSFT"):
        wanted = WantedLimits(account.account_id, "", instrument, Limits(restricted=True))
        await house.set_limits(wanted, a_request())
    first, token = await house.read_risk.page(TENANT, "", 2, "")
    rest, end = await house.read_risk.page(TENANT, "", 2, token)
    assert [one.scope.instrument_id for one in (*first, *rest)] == ["", AAPL, "MSFT.XNAS"]
    assert end == ""
    with pytest.raises(InvalidRequest):
        await house.read_risk.page(TENANT, account.account_id, 2, token)
    changes, token = await house.read_risk.changes(TENANT, 2, "")
    older, end = await house.read_risk.changes(TENANT, 2, token)
    assert len({one.number for one in (*changes, *older)}) == 3
    assert end == ""
