"""What a store of reconciliations promises, and what an account store keeps of breaks."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import structs

from adapters.sql.account_store import SqlAccountStore
from adapters.sql.database import Database
from adapters.sql.event_bus import SqlEventBus
from adapters.sql.reconciliation_store import SqlReconciliationStore
from domain.errors import NotAllowedNow, NotFound
from domain.orders.book import AccountBook
from domain.orders.events import (
    BooksAdjusted,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderSubmitted,
)
from domain.orders.identity import order_id_of, run_decision
from domain.orders.ledger import Ledger
from domain.orders.reconciliation.breaks import (
    Adjust,
    Break,
    BreakKind,
    BreakState,
    Figures,
    Finding,
)
from domain.orders.reconciliation.follow import follow, settled
from domain.orders.reconciliation.record import Outcome, Reconciliation, Trigger
from domain.orders.records import AccountTerms
from domain.orders.request import Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.values import MONEY_SCALE
from ports.broker import ExecutionReport, ReportKind
from ports.request_log import RequestIdReused
from tests.builders import AAPL, MONDAY_OPEN, a_wish, an_instrument
from tests.databases import DATABASES, a_database_on
from tests.unit.orders.house import TENANT, ManualClock, a_request

TS = MONDAY_OPEN
ME = "acc_1"
FINDING = Finding(
    "cash", BreakKind.CASH_DRIFT, "off by one", Figures("1", "2", "2"), Adjust("", 0, -1)
)
ORDER = order_id_of(TENANT, ME, run_decision("run_1", 1))


class Kept:
    """The stores of one database, with an account that bought 4 shares at 100."""

    def __init__(self, database: Database) -> None:
        clock = ManualClock()
        self.accounts = SqlAccountStore(database, clock)
        self.store = SqlReconciliationStore(database, clock)
        self.bus = SqlEventBus(database)

    async def furnish(self) -> None:
        terms = AccountTerms(ME, "test", "paper", "USD", RiskLimits(), TS)

        def opened(book: AccountBook) -> None:
            book.account.deposit(TS, 100_000 * MONEY_SCALE)
            book.know(an_instrument(AAPL))
            book.account.mark(AAPL, 100.0)

        def bought(book: AccountBook) -> None:
            order, _ = book.place(
                TS, a_wish(Side.BUY, 10, request=1), run_decision("run_1", 1), run_id="run_1"
            )
            book.account.submitted(OrderSubmitted(TS, order.order_id))
            book.account.accepted(OrderAccepted(TS, order.order_id))
            book.fill(OrderFilled(TS, order.order_id, 100 * 10**6, 4, 5), "F1")

        await self.accounts.create(TENANT, terms, opened)
        await self.accounts.change(TENANT, ME, bought, fills=["F1"])

    async def books(self, after: int = 0, **asked: object):
        return await self.store.books(TENANT, ME, after=after, **asked)

    async def found(self, *findings: Finding, name: str = "brk_1") -> list[Break]:
        def decide(book: AccountBook) -> list[Break]:
            return follow(book, findings, lambda: name)

        return (await self.accounts.change(TENANT, ME, decide)).value

    async def breaks(self, *, open_only: bool = False) -> list[Break]:
        found = await self.store.breaks(TENANT, ME, open_only=open_only, before=0, limit=99)
        return [one for _, one in found]

    async def place(self) -> OrderState:
        def decide(book: AccountBook) -> OrderState:
            wish = a_wish(Side.BUY, 1, request=2)
            order, _ = book.place(TS, wish, run_decision("run_1", 2), run_id="run_1")
            return order.state if not order.reason else order.reason

        return (await self.accounts.change(TENANT, ME, decide, rehearse=True)).value


@pytest.fixture(params=DATABASES)
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    async with a_database_on(request.param, tmp_path) as database:
        kept = Kept(database)
        await kept.furnish()
        yield kept


async def test_the_books_are_those_of_one_moment(kept: Kept) -> None:
    books = await kept.books(orders=["nobody"], fills={"F1": "", "F2": ""}, all_fills=True)
    spent = 400 * MONEY_SCALE
    assert books.ledger == books.entries
    assert books.ledger == Ledger(
        100_000 * MONEY_SCALE - spent - 5, spent, 5, 100_000 * MONEY_SCALE, 0
    )
    assert books.holdings == {AAPL: (4, spent, 0)}
    assert books.booked == {"F1"}
    assert [fill.fill_id for fill in books.fills or ()] == ["F1"]
    assert {name: one.state for name, one in books.orders.items()} == {
        ORDER: OrderState.PARTIALLY_FILLED
    }
    assert [version for version, _ in books.log] == list(range(1, books.version + 1))


async def test_the_log_and_the_entries_go_on_behind_a_version(kept: Kept) -> None:
    whole = await kept.books()
    rest = await kept.books(after=whole.version - 1)
    assert rest.log == whole.log[-1:]
    assert (rest.entries.capital, rest.entries.fees) == (0, 5)
    assert rest.fills is None


async def test_the_log_comes_in_pages_with_the_entries_of_each(kept: Kept) -> None:
    whole, log, entries, after = await kept.books(), [], Ledger(), 0
    while (page := await kept.books(after, most=2)).log:
        log += page.log
        entries.cash += page.entries.cash
        after = page.log[-1][0]
    assert tuple(log) == whole.log
    assert entries.cash == whole.entries.cash


async def test_the_order_of_a_fill_that_is_not_booked_is_named(kept: Kept) -> None:
    def ended(book: AccountBook) -> None:
        book.account.canceled(OrderCanceled(TS, book.order(ORDER).order_id))

    await kept.accounts.change(TENANT, ME, ended)
    asked = {"F1": ORDER, "F9": "nobody"}
    assert not (await kept.books(fills=asked)).orders
    books = await kept.books(fills=asked | {"F2": ORDER})
    assert books.booked == {"F1"}
    assert books.orders[ORDER].is_over


async def test_an_open_break_forbids_new_risk_until_it_is_settled(kept: Kept) -> None:
    [one] = await kept.found(FINDING)
    assert await kept.place() == "RECONCILIATION_BREAK"
    assert await kept.breaks(open_only=True) == [one]
    assert await kept.store.get_break(TENANT, ME, "brk_1") == one

    def fixed(book: AccountBook) -> None:
        book.settle(BooksAdjusted(TS, "", 0, 0, -1), "brk_1")
        book.reckoning.note(settled(book.reckoning.breaks["brk_1"], TS, by="me"))

    await kept.accounts.change(TENANT, ME, fixed)
    assert await kept.place() == OrderState.CREATED
    assert await kept.breaks(open_only=True) == []
    assert (await kept.store.get_break(TENANT, ME, "brk_1")).state is BreakState.FIXED
    [entry, *_] = await kept.accounts.ledger(TENANT, ME, before=0, limit=9)
    assert entry.break_id == "brk_1"
    assert (await kept.books()).entries.imbalance == 0


async def test_a_change_that_raises_keeps_no_break(kept: Kept) -> None:
    def decide(book: AccountBook) -> None:
        follow(book, [FINDING], lambda: "brk_1")
        raise NotAllowedNow("no", reason="NO")

    with pytest.raises(NotAllowedNow):
        await kept.accounts.change(TENANT, ME, decide)
    assert await kept.breaks() == []


async def test_of_a_break_that_is_only_seen_again_nobody_is_told(kept: Kept) -> None:
    await kept.found(FINDING)
    await kept.found(FINDING)
    assert len(await kept.bus.read("breaks", ME, after=0)) == 1
    await kept.found(structs.replace(FINDING, figures=Figures("0", "2", "2")))
    assert len(await kept.bus.read("breaks", ME, after=0)) == 2
    assert len(await kept.breaks()) == 1


async def test_a_report_about_an_unknown_order_is_kept(kept: Kept) -> None:
    stray = ExecutionReport(7, "by-hand", TS, ReportKind.FILLED, fill_id="F9", quantity=1, price=1)

    def decide(book: AccountBook) -> None:
        book.reckoning.strays.append(stray)

    await kept.accounts.change(TENANT, ME, decide)
    assert (await kept.books()).strays == (stray,)


def a_reconciliation(name: str = "rec_1", **fields: object) -> Reconciliation:
    usual = {"trigger": Trigger.SCHEDULE, "outcome": Outcome.CLEAN, "start_ts": TS, "end_ts": TS}
    return Reconciliation(name, TENANT, ME, **usual | fields)


async def test_what_finds_the_same_again_is_carried_on(kept: Kept) -> None:
    await kept.store.keep(a_reconciliation("rec_1"))
    again = await kept.store.keep(a_reconciliation("rec_2", start_ts=TS + 1, end_ts=TS + 2))
    assert (again.reconciliation_id, again.look_count) == ("rec_1", 2)
    assert (again.start_ts, again.end_ts) == (TS, TS + 2)
    await kept.store.keep(a_reconciliation("rec_3", outcome=Outcome.BREAKS, break_ids=("brk_1",)))
    page = await kept.store.page(TENANT, ME, before=0, limit=9)
    assert [one.reconciliation_id for _, one in page] == ["rec_3", "rec_1"]
    first = await kept.store.page(TENANT, ME, before=page[0][0], limit=9)
    assert [one for _, one in first] == [again]
    assert await kept.store.get(TENANT, ME, "rec_1") == again


async def test_a_request_is_answered_once(kept: Kept) -> None:
    made = a_reconciliation("rec_1", trigger=Trigger.CALL)
    key = a_request("look")
    assert await kept.store.answered(key) is None
    assert await kept.store.keep(made, request=key) == made
    other = a_reconciliation("rec_2", trigger=Trigger.CALL)
    assert await kept.store.keep(other, request=key) == made
    assert await kept.store.answered(key) == made
    with pytest.raises(RequestIdReused):
        await kept.store.answered(a_request("look", "another body"))


async def test_another_tenant_finds_nothing(kept: Kept) -> None:
    await kept.found(FINDING)
    await kept.store.keep(a_reconciliation())
    for asked in (
        kept.store.get("other", ME, "rec_1"),
        kept.store.get_break("other", ME, "brk_1"),
        kept.store.page("other", ME, before=0, limit=9),
        kept.store.breaks("other", ME, open_only=False, before=0, limit=9),
        kept.store.fill("other", ME, "F1"),
    ):
        with pytest.raises(NotFound) as refusal:
            await asked
        assert refusal.value.reason == "ACCOUNT_NOT_FOUND"
    with pytest.raises(NotFound):
        await kept.store.get(TENANT, ME, "rec_9")
    with pytest.raises(NotFound):
        await kept.store.get_break(TENANT, ME, "brk_9")
