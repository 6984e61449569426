"""What a broker promises, by the one that can be asked without an account at a bank."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from adapters.paper.broker import PaperBroker
from domain.errors import NotAllowedNow
from domain.orders.doubt import Question
from domain.orders.identity import order_id_of
from domain.orders.records import AccountKey
from domain.orders.request import OrderType, Side, TimeInForce
from domain.values import MONEY_SCALE
from ports.broker import BrokerOrder, BrokerRejected, ReportKind, Terms
from tests.builders import AAPL, MONDAY_OPEN, a_bar, an_instrument

ACCOUNT = AccountKey("local", "acc_1")
TS = MONDAY_OPEN


def named(number: int) -> str:
    return order_id_of("local", "acc_1", str(number))


def an_order(
    number: int = 1, *, limit: int = 0, quantity: int = 10, **terms: object
) -> BrokerOrder:
    fields: dict = {
        "order_id": named(number),
        "instrument": an_instrument(AAPL),
        "side": Side.BUY,
        "quantity": quantity,
        "order_type": OrderType.LIMIT if limit else OrderType.MARKET,
        "limit_price": limit * 10**6,
        "stop_price": 0,
        "time_in_force": TimeInForce.GTC,
        "ts": TS,
    }
    return BrokerOrder(**fields | terms)


class Floor:
    """A broker that can be closed and opened again."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "paper.db"
        self.broker = PaperBroker(self._path)

    def before_and_after_a_restart(self) -> Iterator[PaperBroker]:
        yield self.broker
        yield self.restart()

    def restart(self) -> PaperBroker:
        self.broker.close()
        self.broker = PaperBroker(self._path)
        return self.broker


@pytest.fixture(params=["paper"])
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    floor = Floor(tmp_path)
    yield floor
    floor.broker.close()


async def kinds(broker: PaperBroker, account: AccountKey = ACCOUNT) -> list[ReportKind]:
    return [report.kind for report in await broker.reports(account, after=0)]


async def test_an_order_is_taken_once_however_often_it_comes(floor: Floor) -> None:
    acks = [await floor.broker.submit(ACCOUNT, an_order()) for _ in range(3)]
    acks.append(await floor.restart().submit(ACCOUNT, an_order()))
    assert len(set(acks)) == 1
    await floor.broker.advance(ACCOUNT, "m", a_bar())
    reports = await floor.broker.reports(ACCOUNT, after=0)
    assert [(one.kind, one.quantity) for one in reports] == [(ReportKind.FILLED, 10)]


async def test_orders_sent_at_the_same_time_are_each_taken_once(floor: Floor) -> None:
    sent = [an_order(number) for number in range(10)] * 3
    acks = await asyncio.gather(*(floor.broker.submit(ACCOUNT, order) for order in sent))
    assert len({ack.broker_order_id for ack in acks}) == 10


async def test_an_order_is_found_by_our_name_and_a_missing_one_firmly_is_not(floor: Floor) -> None:
    ack = await floor.broker.submit(ACCOUNT, an_order(limit=90))
    for broker in floor.before_and_after_a_restart():
        [found] = await broker.ask(ACCOUNT, named(1), Question.BY_ID)
        assert found is not None
        assert found.broker_order_id == ack.broker_order_id
        assert found.is_working
        assert found.terms == Terms(10, 90 * 10**6, 0)
        assert not await broker.ask(ACCOUNT, named(2), Question.BY_ID)
        assert not await broker.ask(AccountKey("local", "acc_2"), named(1), Question.BY_ID)


async def test_reports_are_numbered_and_can_be_read_again(floor: Floor) -> None:
    for number in (1, 2, 3):
        await floor.broker.submit(ACCOUNT, an_order(number))
    await floor.broker.advance(ACCOUNT, "m", a_bar())
    reports = await floor.broker.reports(ACCOUNT, after=0)
    assert [report.number for report in reports] == [1, 2, 3]
    assert len({report.fill_id for report in reports}) == 3
    again = floor.restart()
    assert await again.reports(ACCOUNT, after=0) == reports
    assert await again.reports(ACCOUNT, after=2) == reports[2:]
    assert await again.reports(ACCOUNT, after=0, limit=1) == reports[:1]


async def test_a_cancel_is_confirmed_by_a_report(floor: Floor) -> None:
    await floor.broker.submit(ACCOUNT, an_order(limit=90))
    await floor.broker.cancel(ACCOUNT, named(1), TS + 5)
    [report] = await floor.broker.reports(ACCOUNT, after=0)
    assert (report.kind, report.ts, report.order_id) == (ReportKind.CANCELED, TS + 5, named(1))
    [found] = await floor.restart().ask(ACCOUNT, named(1), Question.BY_ID)
    assert not found.is_working


@pytest.mark.parametrize("number", [1, 2])
async def test_a_cancel_or_replace_of_what_does_not_work_is_refused(
    floor: Floor, number: int
) -> None:
    await floor.broker.submit(ACCOUNT, an_order(1))
    await floor.broker.advance(ACCOUNT, "m", a_bar())
    reason = "ORDER_ENDED" if number == 1 else "ORDER_UNKNOWN"
    with pytest.raises(BrokerRejected, match=reason):
        await floor.broker.cancel(ACCOUNT, named(number), TS)
    with pytest.raises(BrokerRejected, match=reason):
        await floor.broker.replace(ACCOUNT, named(number), Terms(20, 0, 0), TS)
    assert await kinds(floor.broker) == [ReportKind.FILLED]


async def test_a_replace_changes_the_terms_once(floor: Floor) -> None:
    await floor.broker.submit(ACCOUNT, an_order(limit=90))
    wanted = Terms(7, 101 * 10**6, 0)
    await floor.broker.replace(ACCOUNT, named(1), wanted, TS)
    await floor.restart().replace(ACCOUNT, named(1), wanted, TS)
    [found] = await floor.broker.ask(ACCOUNT, named(1), Question.BY_ID)
    assert found is not None
    assert found.terms == wanted
    await floor.broker.advance(ACCOUNT, "m", a_bar())
    replaced, filled = await floor.broker.reports(ACCOUNT, after=0)
    assert (replaced.kind, replaced.quantity) == (ReportKind.REPLACED, 7)
    assert (filled.kind, filled.quantity, filled.price) == (ReportKind.FILLED, 7, 100 * 10**6)


async def test_a_bar_is_met_once_also_after_a_restart(floor: Floor) -> None:
    await floor.broker.submit(ACCOUNT, an_order(1, limit=99))
    await floor.broker.advance(ACCOUNT, "m", a_bar(100.0, minute=1))
    await floor.broker.submit(ACCOUNT, an_order(2))
    for broker in floor.before_and_after_a_restart():
        await broker.advance(ACCOUNT, "m", a_bar(90.0, minute=1))
        await broker.advance(ACCOUNT, "m", a_bar(90.0, minute=0))
        assert await kinds(broker) == []
    await floor.broker.advance(ACCOUNT, "other market", a_bar(100.0, minute=0))
    assert await kinds(floor.broker) == [ReportKind.FILLED]


async def test_what_rests_goes_on_after_a_restart(floor: Floor) -> None:
    """The day is remembered in which an order first could trade, and that a stop was touched."""
    day = an_order(1, limit=90, time_in_force=TimeInForce.DAY)
    stop = an_order(
        2,
        limit=101,
        order_type=OrderType.STOP_LIMIT,
        stop_price=105 * 10**6,
    )
    for order in (day, stop):
        await floor.broker.submit(ACCOUNT, order)
    await floor.broker.advance(ACCOUNT, "m", a_bar(106.0))
    assert await kinds(floor.broker) == []
    last_of_the_day = a_bar(101.0, minute=389)
    await floor.restart().advance(ACCOUNT, "m", last_of_the_day)
    reports = await floor.broker.reports(ACCOUNT, after=0)
    assert {(one.order_id, one.kind) for one in reports} == {
        (named(1), ReportKind.EXPIRED),
        (named(2), ReportKind.FILLED),
    }


async def test_the_older_order_comes_first_and_a_replaced_one_last(tmp_path: Path) -> None:
    broker = PaperBroker(tmp_path / "paper.db", volume_percent=10)
    for number in (1, 2, 3):
        await broker.submit(ACCOUNT, an_order(number, limit=101, quantity=50))
    await broker.replace(ACCOUNT, named(1), Terms(60, 101 * 10**6, 0), TS)
    broker.close()
    broker = PaperBroker(tmp_path / "paper.db", volume_percent=10)
    await broker.advance(ACCOUNT, "m", a_bar(volume=1200.0))
    reports = (await broker.reports(ACCOUNT, after=0))[1:]
    broker.close()
    assert [(one.order_id, one.quantity) for one in reports] == [
        (named(2), 50),
        (named(3), 50),
        (named(1), 20),
    ]


async def test_accounts_do_not_meet(floor: Floor) -> None:
    other = AccountKey("local", "acc_2")
    await floor.broker.submit(ACCOUNT, an_order())
    await floor.broker.advance(other, "m", a_bar())
    assert await kinds(floor.broker) == []
    await floor.broker.submit(other, an_order())
    await floor.broker.advance(other, "m", a_bar(minute=1))
    assert await kinds(floor.broker, other) == [ReportKind.FILLED]


async def test_arrivals_say_who_has_reports(floor: Floor) -> None:
    async def hear() -> AccountKey:
        async with aclosing(floor.broker.arrivals()) as arrivals:
            async for account in arrivals:
                return account
        raise AssertionError

    hearing = asyncio.ensure_future(hear())
    await floor.broker.submit(ACCOUNT, an_order())
    assert not hearing.done()
    await floor.broker.advance(ACCOUNT, "m", a_bar())
    assert await hearing == ACCOUNT


async def test_a_book_of_newer_code_is_refused(tmp_path: Path) -> None:
    broker = PaperBroker(tmp_path / "paper.db")
    with broker._database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA user_version = 99")
    broker.close()
    with pytest.raises(NotAllowedNow) as refusal:
        PaperBroker(tmp_path / "paper.db")
    assert refusal.value.reason == "SCHEMA_TOO_NEW"


async def test_a_statement_has_what_works_what_is_held_and_what_was_executed(floor: Floor) -> None:
    await floor.broker.pay_in(ACCOUNT, "1", 5_000 * MONEY_SCALE)
    await floor.broker.pay_in(ACCOUNT, "1", 5_000 * MONEY_SCALE)
    await floor.broker.submit(ACCOUNT, an_order(1))
    await floor.broker.submit(ACCOUNT, an_order(2, limit=90, quantity=7))
    await floor.broker.advance(ACCOUNT, "m", a_bar(minute=1))
    for broker in floor.before_and_after_a_restart():
        told = await broker.statement(ACCOUNT, since=0)
        assert told.report_count == 1
        assert told.positions == {AAPL: 10}
        assert told.cash == (5_000 - 10 * 100) * MONEY_SCALE
        [executed] = told.executions
        assert (executed.order_id, executed.side, executed.quantity) == (named(1), Side.BUY, 10)
        [working] = told.orders
        assert (working.order_id, working.terms.quantity) == (named(2), 7)
        assert not (await broker.statement(ACCOUNT, since=executed.ts + 1)).executions


async def test_cash_is_not_stated_before_anything_was_paid_in(floor: Floor) -> None:
    await floor.broker.submit(ACCOUNT, an_order(1))
    await floor.broker.advance(ACCOUNT, "m", a_bar())
    assert (await floor.broker.statement(ACCOUNT, since=0)).cash is None


async def test_a_book_that_kept_no_balances_is_brought_up(floor: Floor) -> None:
    await floor.broker.submit(ACCOUNT, an_order(1))
    await floor.broker.advance(ACCOUNT, "m", a_bar())
    await floor.broker.pay_in(ACCOUNT, "1", 5_000 * MONEY_SCALE)
    before = await floor.broker.statement(ACCOUNT, since=0)
    with floor.broker._database.engine.connect() as connection:
        for table in ("accounts", "deposits", "positions", "executions"):
            connection.exec_driver_sql(f"DROP TABLE paper_{table}")
        connection.exec_driver_sql("PRAGMA user_version = 1")
    again = floor.restart()
    assert (await again.statement(ACCOUNT, since=0)).cash is None
    await again.pay_in(ACCOUNT, "1", 5_000 * MONEY_SCALE)
    assert await again.statement(ACCOUNT, since=0) == before
