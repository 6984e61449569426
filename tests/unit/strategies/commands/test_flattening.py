"""A client wants a run to hold nothing."""

import asyncio
from decimal import Decimal

import pytest

from apps.orders import flattening
from apps.strategies import flatten_run
from domain.errors import NotAllowedNow, Unavailable
from domain.orders.book import AccountBook
from domain.orders.records import AccountKey
from domain.orders.request import OrderRequest, Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.strategies.run import RunState
from tests.builders import MSFT, an_instrument
from tests.houses import AAPL, TENANT, a_request
from tests.unit.strategies.commands.desk import Desk, flattened_at


async def test_flattened_it_holds_nothing_and_stays_paused(desk: Desk) -> None:
    run = await desk.start()
    answering = await flattened_at(desk, run, 3, a_request(name="flat"))
    told, closed = await answering
    assert told.state is RunState.PAUSED
    [order] = closed.orders
    # Two bars' purchases have traded; the third's is canceled, the limit of the first bar too.
    assert (order.side, order.quantity, order.run_id) == (Side.SELL, 20, run.run_id)
    assert [one.request for one in closed.canceled] == [4, 1]
    ended = await desk.ended(run)
    assert ended.state is RunState.FINISHED
    assert await desk.held(run) == 0
    later = [one for one in await desk.placed(run) if one.number > order.number]
    assert {one.reason for one in later} == {"RUN_PAUSED"}
    again = await desk.house.flatten_run(run.run_id, request=a_request(name="flat"))
    assert again == (told, closed)


async def test_what_the_client_holds_beside_the_run_stays(desk: Desk) -> None:
    run = await desk.start()

    async def client_buys(number: int) -> None:
        wish = OrderRequest(number, AAPL.instrument_id, Side.BUY, 100)
        await desk.house.desk.place(TENANT, run.account_id, "", 1, [wish])

    desk.happens[1] = lambda: client_buys(0)
    _, closed = await (await flattened_at(desk, run, 3, a_request()))
    assert closed.orders[0].quantity == 20
    await desk.ended(run)
    assert await desk.held(run) == 100 - 5 - 5, "what the account holds it may go on to reduce"


async def test_what_the_client_trades_in_another_instrument_leaves_the_run_as_it_is(
    desk: Desk,
) -> None:
    await desk.house.instruments.save(an_instrument(MSFT))
    run = await desk.start()

    def decide(book: AccountBook) -> None:
        book.know(an_instrument(MSFT))
        book.mark(MSFT, 10.0, book.now)
        book.place(book.now, OrderRequest(0, MSFT, Side.BUY, 100), "api|beside")

    async def client_buys() -> None:
        change = await desk.orders.accounts.change(TENANT, run.account_id, decide)
        for order_id in change.to_send:
            await desk.orders.dispatch(AccountKey(TENANT, run.account_id), order_id)

    desk.happens[1] = client_buys
    run = await desk.ended(run)
    assert (run.state, run.error_message, run.bar_count) == (RunState.FINISHED, "", 12)
    [beside] = [one for one in await desk.placed(run) if one.instrument_id == MSFT]
    assert (beside.state, beside.run_id) == (OrderState.ACCEPTED, "")


async def test_limits_of_the_account_make_it_several_orders(desk: Desk) -> None:
    limits = RiskLimits(max_order_quantity=Decimal(12))
    run = await desk.start(limits)
    _, closed = await (await flattened_at(desk, run, 4, a_request()))
    assert [one.quantity for one in closed.orders] == [12, 12, 6]
    await desk.ended(run)
    assert await desk.held(run) == 0


async def test_a_rehearsed_flattening_tells_what_it_would_do_and_does_nothing(desk: Desk) -> None:
    run = await desk.start()
    told = []

    async def rehearse() -> None:
        before = await desk.orders.accounts.snapshot(TENANT, run.account_id)
        told.append(
            await desk.house.flatten_run(run.run_id, request=a_request(), validate_only=True)
        )
        assert await desk.orders.accounts.snapshot(TENANT, run.account_id) == before

    desk.happens[3] = rehearse
    ended = await desk.ended(run)
    [(would_be, closed)] = told
    assert (would_be.state, ended.asked_count) == (RunState.PAUSED, 0)
    assert [one.quantity for one in closed.orders] == [20]
    assert [one.request for one in closed.canceled] == [1]
    assert not [one for one in await desk.placed(run) if one.reason]


async def test_a_run_that_holds_nothing_is_flat_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flattening, "PIECES", 3)
    run = await desk.start()
    _, closed = await (await flattened_at(desk, run, 1, a_request()))
    assert closed.orders == ()
    _, again = await (await flattened_at(desk, run, 2, a_request()))
    assert (again.orders, again.canceled) == ((), ())
    await desk.ended(run)


async def test_a_run_that_ends_before_it_comes_to_it_says_so(desk: Desk) -> None:
    run = await desk.start()

    async def fail() -> None:
        raise NotAllowedNow("the strategy fell", reason="STRATEGY_RAISED")

    answering = asyncio.Event()

    async def flatten_and_fail() -> None:
        task = asyncio.create_task(desk.house.flatten_run(run.run_id, request=a_request()))
        tasks.append(task)
        async for _ in desk.house.bus.follow("runs", run.run_id, after=0):
            if (await desk.house.runs.get(TENANT, run.run_id)).has_commands:
                break
        answering.set()
        await fail()

    tasks: list[asyncio.Task] = []
    desk.happens[2] = flatten_and_fail
    ended = await desk.ended(run)
    assert ended.state is RunState.FAILED
    with pytest.raises(NotAllowedNow) as refusal:
        await tasks[0]
    assert refusal.value.reason == "RUN_ENDED"


async def test_a_run_that_is_busy_says_so_and_the_same_request_has_its_answer_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await desk.start()
    refused: list[str] = []

    async def ask_without_patience() -> None:
        with monkeypatch.context() as hurried:
            hurried.setattr(flatten_run, "PATIENCE", 0)
            with pytest.raises(Unavailable) as busy:
                await desk.house.flatten_run(run.run_id, request=a_request(name="flat"))
        refused.append(busy.value.reason)

    desk.happens[3] = ask_without_patience
    ended = await desk.ended(run)
    assert (refused, ended.asked_count) == (["RUN_BUSY"], 1)
    told, closed = await desk.house.flatten_run(run.run_id, request=a_request(name="flat"))
    assert told.state is RunState.PAUSED
    assert [one.quantity for one in closed.orders] == [20]
    assert await desk.held(run) == 0
