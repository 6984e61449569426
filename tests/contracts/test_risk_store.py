"""What a store of risk limits promises, to itself and to the accounts that it binds."""

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import update

from adapters.sql.account_store import SqlAccountStore
from adapters.sql.database import Database
from adapters.sql.event_bus import SqlEventBus
from adapters.sql.risk_store import SqlRiskStore
from adapters.sql.run_store import SqlRunStore
from adapters.sql.tables.risk import risk_limits, risk_states
from domain.errors import Conflict, NotAllowedNow, NotFound
from domain.orders.book import AccountBook
from domain.orders.identity import order_id_of, run_decision
from domain.orders.records import AccountKey, AccountTerms
from domain.orders.request import Side
from domain.orders.risk import RiskLimits
from domain.orders.risk.kept import LimitsRecord
from domain.orders.risk.limits import NO_LIMITS, Limits, Scope
from domain.orders.risk.watched import DAY
from domain.strategies.run import Replay, Run
from domain.values import MONEY_SCALE
from ports.request_log import RequestIdReused
from tests.builders import AAPL, MONDAY_OPEN, MSFT, a_wish, an_instrument
from tests.unit.orders.house import TENANT, ManualClock, a_request

TS = MONDAY_OPEN
OTHER = "other"
DOLLAR = 1_000_000
D = Decimal


class Kept:
    """The stores of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock()
        self.risk = SqlRiskStore(database, self.clock)
        self.accounts = SqlAccountStore(database, self.clock)
        self.runs = SqlRunStore(database, self.clock)
        self.bus = SqlEventBus(database)
        self._wishes = 0

    async def account(self, name: str = "acc_1", tenant: str = TENANT) -> AccountKey:
        """One with 100,000 in it, in which two shares at 100 are known."""

        def decide(book: AccountBook) -> None:
            book.account.deposit(TS, 100_000 * MONEY_SCALE)
            for instrument_id in (AAPL, MSFT):
                book.know(an_instrument(instrument_id))
                book.account.mark(instrument_id, 100.0)

        terms = AccountTerms(name, "test", "paper", "USD", RiskLimits(), TS)
        await self.accounts.create(tenant, terms, decide)
        return AccountKey(tenant, name)

    async def limit(self, limits: Limits, tenant: str = TENANT, **scope: str) -> LimitsRecord:
        return await self.risk.set_limits(
            Scope(**scope), limits, by="me", check=lambda _: None, tenant=tenant
        )

    async def place(
        self,
        account: AccountKey,
        quantity: int = 10,
        side: Side = Side.BUY,
        run_id: str = "run_x",
        nth: int = 1,
    ) -> str:
        """What became of a wish at 100: the reason of its denial, or nothing."""
        self._wishes += 1
        number = self._wishes

        def decide(book: AccountBook) -> str:
            book.nth = nth
            wish = a_wish(side, quantity, AAPL, limit=100 * DOLLAR, request=number)
            order, _ = book.place(TS, wish, run_decision(run_id, number), run_id=run_id)
            return order.reason

        name = order_id_of(account.tenant, account.account_id, run_decision(run_id, number))
        change = await self.accounts.change(
            account.tenant, account.account_id, decide, orders=[name]
        )
        return change.value

    async def hold(self, account: AccountKey, quantity: int) -> None:
        """A position at 100, whatever the limits."""

        def decide(book: AccountBook) -> None:
            gate, book.account.gate = book.account.gate, None
            position = book.account.position(AAPL)
            value = quantity * 100 * DOLLAR * position.money_factor
            book.account.ledger.cash -= value
            book.account.ledger.positions += position.take(quantity, value)
            book.account.gate = gate

        await self.accounts.change(account.tenant, account.account_id, decide)

    async def price(self, account: AccountKey, price: float, ts: int = TS) -> None:
        def decide(book: AccountBook) -> None:
            book.now = ts
            book.mark(AAPL, price, ts)

        await self.accounts.change(account.tenant, account.account_id, decide)

    async def trips(self, tenant: str = TENANT, *, standing_only: bool = True) -> list[str]:
        found = await self.risk.trips(
            tenant, account_id="", standing_only=standing_only, before=0, limit=100
        )
        return [trip.trip.reason for _, trip in found]


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)


async def test_two_hundred_orders_of_one_percent_against_ten_percent_admit_exactly_ten(
    kept: Kept,
) -> None:
    account = await kept.account()
    await kept.limit(Limits(max_gross_exposure_percent=D(10)), account_id="acc_1")
    became = await asyncio.gather(*(kept.place(account) for _ in range(200)))
    assert became.count("") == 10
    assert became.count("MAX_GROSS_EXPOSURE") == 190
    assert (await kept.accounts.get(TENANT, "acc_1")).reserved == 10_000


async def test_accounts_never_count_past_each_other_in_a_rate_of_the_tenant(kept: Kept) -> None:
    accounts = [await kept.account(f"acc_{number}") for number in range(5)]
    await kept.limit(Limits(max_orders_per_minute=7))
    other = await kept.account("acc_other", OTHER)
    became = await asyncio.gather(*(kept.place(one) for one in accounts * 6))
    assert became.count("") == 7
    assert set(became) == {"", "ORDER_RATE_EXCEEDED"}
    assert await kept.place(other) == ""


async def test_a_rate_of_a_strategy_counts_its_runs_in_every_account(kept: Kept) -> None:
    for number, strategy in ((1, "wild"), (2, "wild"), (3, "calm")):
        account = await kept.account(f"acc_{number}")
        await kept.runs.start(
            Run(
                TENANT, f"run_{number}", strategy, "v1", account.account_id, AAPL, "1d", {},
                Replay(), 1, TS,
            )
        )  # fmt: skip

        def drive(book: AccountBook, run_id: str = f"run_{number}") -> None:
            book.market.run_id = run_id

        await kept.accounts.change(TENANT, account.account_id, drive)
    await kept.limit(Limits(max_orders_per_second=2), strategy_id="wild")
    became = {
        number: [
            await kept.place(AccountKey(TENANT, f"acc_{number}"), run_id=f"run_{number}")
            for _ in range(3)
        ]
        for number in (1, 2, 3)
    }
    # Each replay has a clock of its own: what two of them do is not done in one second.
    assert became == {
        1: ["", "", "ORDER_RATE_EXCEEDED"], 2: ["", "", "ORDER_RATE_EXCEEDED"], 3: ["", "", ""],
    }  # fmt: skip


async def test_limits_are_set_as_a_whole_and_every_change_is_kept(kept: Kept) -> None:
    assert (await kept.risk.limits(TENANT, Scope())).version == 0
    first = await kept.limit(Limits(max_order_quantity=D(5), restricted=True))
    second = await kept.limit(Limits(max_order_quantity=D("7.5")))
    assert await kept.risk.limits(TENANT, Scope()) == second
    assert (first.version, second.version) == (1, 2)
    changes = await kept.risk.changes(TENANT, before=0, limit=10)
    assert [(one.before, one.after, one.by) for one in changes] == [
        (first.limits, second.limits, "me"),
        (NO_LIMITS, first.limits, "me"),
    ]
    older = await kept.risk.changes(TENANT, before=changes[0].number, limit=10)
    assert list(older) == list(changes[1:])


async def test_whoever_looks_before_setting_may_keep_it_as_it_is(kept: Kept) -> None:
    await kept.limit(Limits(max_order_quantity=D(5)))

    def refuse(record: LimitsRecord) -> None:
        raise Conflict(f"version {record.version}", reason="ETAG_MISMATCH")

    with pytest.raises(Conflict, match="version 1"):
        await kept.risk.set_limits(Scope(), NO_LIMITS, by="me", check=refuse, tenant=TENANT)
    assert (await kept.risk.limits(TENANT, Scope())).limits == Limits(max_order_quantity=D(5))


async def test_a_repeated_request_sets_nothing_again_and_a_rehearsal_nothing_at_all(
    kept: Kept,
) -> None:
    async def set_to(quantity: int, rehearse: bool = False) -> LimitsRecord:
        return await kept.risk.set_limits(
            Scope(),
            Limits(max_order_quantity=D(quantity)),
            by="me",
            check=lambda _: None,
            tenant=TENANT,
            request=a_request(f"quantity {quantity}"),
            rehearse=rehearse,
        )

    assert (await set_to(1, rehearse=True)).version == 1
    assert (await kept.risk.limits(TENANT, Scope())).version == 0
    first = await set_to(1)
    assert await set_to(1) == first
    assert len(await kept.risk.changes(TENANT, before=0, limit=10)) == 1


async def test_scopes_are_listed_in_order_and_a_tenant_sees_its_own(kept: Kept) -> None:
    some = Limits(max_order_quantity=D(1))
    await kept.limit(some)
    await kept.limit(some, account_id="acc_1")
    await kept.limit(some, account_id="acc_1", instrument_id=AAPL)
    await kept.limit(some, account_id="acc_2", strategy_id="cross")
    await kept.limit(some, tenant=OTHER, account_id="acc_3")
    await kept.limit(NO_LIMITS, account_id="acc_9")
    first = await kept.risk.page(TENANT, account_id="", after=None, limit=2)
    rest = await kept.risk.page(TENANT, account_id="", after=first[-1].scope, limit=9)
    assert [one.scope for one in (*first, *rest)] == [
        Scope(), Scope("acc_1"), Scope("acc_1", "", AAPL), Scope("acc_2", "cross"),
    ]  # fmt: skip
    fitting = await kept.risk.page(TENANT, account_id="acc_1", after=None, limit=9)
    assert [one.scope.account_id for one in fitting] == ["", "acc_1", "acc_1"]


async def test_losses_are_remembered_and_a_trip_is_latched_until_it_is_released(
    kept: Kept,
) -> None:
    account = await kept.account()
    await kept.limit(Limits(max_drawdown=D(1_000)), account_id="acc_1")
    await kept.hold(account, 100)
    await kept.price(account, 110.0)
    await kept.price(account, 101.0, TS + DAY)
    assert await kept.place(account) == ""
    await kept.price(account, 100.0, TS + 2 * DAY)
    assert await kept.trips() == ["DRAWDOWN"]
    await kept.price(account, 120.0, TS + 2 * DAY)
    assert await kept.place(account) == "DRAWDOWN"
    assert await kept.place(account, 100, Side.SELL) == ""
    await kept.limit(NO_LIMITS, account_id="acc_1")
    assert await kept.place(account) == "DRAWDOWN"
    ((_, trip),) = await kept.risk.trips(
        TENANT, account_id="acc_1", standing_only=True, before=0, limit=10
    )
    with pytest.raises(NotFound):
        await kept.risk.release(OTHER, trip.trip_id, by="you", reason="well")
    released = await kept.risk.release(TENANT, trip.trip_id, by="you", reason="all is well")
    assert (released.released_by, released.release_reason) == ("you", "all is well")
    assert await kept.place(account) == ""
    assert await kept.trips() == []
    assert await kept.trips(standing_only=False) == ["DRAWDOWN"]
    with pytest.raises(NotAllowedNow):
        await kept.risk.release(TENANT, trip.trip_id, by="you", reason="again")


async def test_a_released_drawdown_counts_from_where_the_account_stands(kept: Kept) -> None:
    account = await kept.account()
    await kept.limit(Limits(max_drawdown=D(1_000)))
    await kept.hold(account, 100)
    await kept.price(account, 100.0)
    await kept.price(account, 90.0)
    ((_, trip),) = await kept.risk.trips(
        TENANT, account_id="", standing_only=True, before=0, limit=10
    )
    await kept.risk.release(TENANT, trip.trip_id, by="you", reason="on we go")
    await kept.price(account, 81.0)
    assert await kept.place(account) == ""
    await kept.price(account, 79.0)
    assert await kept.place(account) == "DRAWDOWN"


async def test_a_repeated_release_gives_its_first_answer(kept: Kept) -> None:
    account = await kept.account()
    await kept.limit(Limits(max_orders_per_decision=1))
    await kept.place(account, nth=2)
    ((_, trip),) = await kept.risk.trips(
        TENANT, account_id="", standing_only=True, before=0, limit=10
    )
    assert (trip.trip.reason, trip.trip.run_id) == ("RUNAWAY_DECISION", "run_x")
    key = a_request("release")
    released = await kept.risk.release(TENANT, trip.trip_id, by="me", reason="r", request=key)
    assert (
        await kept.risk.release(TENANT, trip.trip_id, by="me", reason="r", request=key) == released
    )
    with pytest.raises(RequestIdReused):
        await kept.risk.release(
            TENANT, trip.trip_id, by="me", reason="s", request=a_request("release", body="s")
        )


@pytest.mark.parametrize("table", ["limits", "state"])
async def test_what_cannot_be_read_refuses_new_risk_and_nothing_else(
    kept: Kept, table: str
) -> None:
    account = await kept.account()
    await kept.limit(Limits(max_daily_loss=D(1_000)))
    await kept.hold(account, 100)
    await kept.price(account, 100.0)
    broken = (
        update(risk_limits).values(limits=b"\xc1")
        if table == "limits"
        else update(risk_states).values(state=b"\xc1")
    )
    await kept.database.write(TENANT, lambda connection: connection.execute(broken))
    assert await kept.place(account) == "RISK_UNREADABLE"
    assert await kept.place(account, 50, Side.SELL) == ""


async def test_every_change_is_told(kept: Kept) -> None:
    account = await kept.account()
    await kept.limit(Limits(max_orders_per_decision=1))
    await kept.place(account, nth=2)
    ((_, trip),) = await kept.risk.trips(
        TENANT, account_id="", standing_only=True, before=0, limit=10
    )
    await kept.risk.release(TENANT, trip.trip_id, by="me", reason="r")
    told = await kept.bus.read("risk", TENANT, after=0)
    assert [(event.tenant, event.kind) for event in told] == [
        (TENANT, "limits"), (TENANT, "trip"), (TENANT, "trip"),
    ]  # fmt: skip
