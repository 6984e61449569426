"""What a client may ask of a run at work: to pause, to go on, to be flat, to have other values."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from apps.orders import flattening
from apps.strategies import flatten_run
from domain.errors import DomainError, InvalidRequest, NotAllowedNow, NotFound, Unavailable
from domain.orders.book import AccountBook
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.request import OrderRequest, Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.orders.wanted import NewAccount
from domain.strategies.run import Run, RunState
from domain.strategies.wanted import Wanted
from ports.account_store import OrderQuery
from ports.request_log import RequestIdReused, RequestKey
from tests.builders import MSFT, an_instrument
from tests.houses import AAPL, TENANT, House, MemoryDesk, a_house, a_request, furnish, keep
from tests.houses import some_days as days
from tests.in_process import InProcess, Interrupted
from tests.integration.runs.conftest import OrdersIn
from tests.strategy_sources import HEAD

ADDS = (
    HEAD
    + '''
@dataclass
class Adds(Strategy):
    """Buys at each bar, but sells 5 at each fourth; has a limit far away at the first."""
    instrument_id: str
    size: int = 10
    lucky: int = 7

    def __post_init__(self) -> None:
        if self.lucky == 13:
            raise ValueError("13 is not lucky")

    def on_start(self, ctx: Context) -> None:
        self.count = 0
        ctx.log(f"starts with {self.size}")

    def on_order(self, order, ctx: Context) -> None:
        if order.reason:
            ctx.log(f"{order.state.name} {order.reason}")

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        self.count += 1
        if self.count == 1:
            ctx.buy(self.instrument_id, 1, limit=1, time_in_force="GTC")
        if self.count % 4 == 0:
            ctx.sell(self.instrument_id, 5)
        else:
            ctx.buy(self.instrument_id, self.size)
'''
)
KEEPS = (
    ADDS
    + """
    def on_parameters(self, ctx: Context) -> None:
        ctx.log(f"{self.count} bars, now with {self.size}")
"""
)
Happens = dict[int, Callable[[], Awaitable[object]]]


class Desk:
    """A house with the real orders service, and a client who acts during chosen bars."""

    def __init__(self, house: House, orders: OrdersIn, happens: Happens) -> None:
        self.house = house
        self.orders = orders.now
        self.happens = happens

    async def start(self, limits: RiskLimits | None = None, source: str = ADDS) -> Run:
        await keep(self.house, "adds", source)
        new = NewAccount("test", Decimal(100_000), limits=limits or RiskLimits())
        account = await self.orders.create_account(TENANT, new, a_request())
        wanted = Wanted("adds", "", "AAPL", "1d", {})
        return await self.house.start_run(wanted, account.terms.account_id, 0, request=a_request())

    async def ended(self, run: Run) -> Run:
        await self.house.host.wait(run.run_id)
        return await self.house.runs.get(TENANT, run.run_id)

    async def placed(self, run: Run) -> list[OrderRecord]:
        """Oldest first."""
        found = await self.orders.accounts.orders(
            TENANT, run.account_id, OrderQuery(), before=0, limit=10_000
        )
        return list(reversed(found))

    async def held(self, run: Run) -> Decimal:
        found = await self.orders.accounts.position(TENANT, run.account_id, AAPL.instrument_id)
        assert found is not None
        return found.quantity


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    orders, happens = OrdersIn(tmp_path), Happens()
    async with a_house(tmp_path, orders, processes=Interrupted(happens)) as house:
        await furnish(house, days(12))
        yield Desk(house, orders, happens)
    orders.close()


async def test_a_paused_run_hears_every_bar_and_may_only_reduce(desk: Desk) -> None:
    run = await desk.start()
    desk.happens[5] = lambda: desk.house.pause_run.pause(run.run_id, request=a_request())
    run = await desk.ended(run)
    assert (run.state, run.bar_count) == (RunState.FINISHED, 12)
    placed = await desk.placed(run)
    decided = [(one.side, one.state, one.reason) for one in placed]
    denied = (Side.BUY, OrderState.DENIED, "RUN_PAUSED")
    sold = (Side.SELL, OrderState.FILLED, "")
    assert decided[6:12] == [denied, denied, sold, denied, denied, denied]
    assert {one.reason for one in placed[:6]} == {""}
    assert placed[0].state is OrderState.CANCELED, "its working orders stayed to the end"
    assert await desk.held(run) == 4 * 10 - 5 - 5


async def test_resumed_it_trades_as_before(desk: Desk) -> None:
    run = await desk.start()
    pause = desk.house.pause_run
    desk.happens[2] = lambda: pause.pause(run.run_id, request=a_request())
    desk.happens[5] = lambda: pause.resume(run.run_id, request=a_request())
    run = await desk.ended(run)
    denied = [one.request for one in await desk.placed(run) if one.reason == "RUN_PAUSED"]
    assert denied == [4, 6], "the third and fifth bar; the fourth reduces"


async def test_a_sale_that_would_go_through_flat_is_denied_too(desk: Desk) -> None:
    run = await desk.start()
    account_id = run.account_id

    async def sell_short() -> None:
        wish = OrderRequest(1_000, AAPL.instrument_id, Side.SELL, 11)
        await desk.house.desk.place(TENANT, account_id, run.run_id, 1, [wish], may_only_reduce=True)

    desk.happens[2] = sell_short
    await desk.ended(run)
    [order] = [one for one in await desk.placed(run) if one.request == 1_000]
    assert order.reason == "RUN_PAUSED"


async def test_being_paused_survives_a_restart(tmp_path: Path) -> None:
    orders, happens = OrdersIn(tmp_path), Happens()
    async with a_house(tmp_path, orders, processes=Interrupted(happens)) as house:
        await furnish(house, days(12))
        desk = Desk(house, orders, happens)
        run = await desk.start()

        async def pause_and_leave() -> None:
            asked = await house.pause_run.pause(run.run_id, request=a_request())
            assert asked.state is RunState.PAUSED
            house.host._at_work[run.run_id][1].leave()

        happens[3] = pause_and_leave
        await desk.ended(run)
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        desk = Desk(house, orders, happens)
        assert (await house.runs.get(TENANT, run.run_id)).state is RunState.PAUSED
        await house.host.resume()
        run = await desk.ended(run)
        assert run.state is RunState.FINISHED
        reasons = [one.reason for one in await desk.placed(run)]
    assert reasons.count("RUN_PAUSED") == 6
    orders.close()


async def test_pausing_and_resuming_are_refused_where_there_is_nothing_to_do(desk: Desk) -> None:
    run = await desk.start()
    pause, found = desk.house.pause_run, []

    async def try_everything() -> None:
        found.append(await reason_of(pause.resume, run, validate_only=True))
        found.append(await reason_of(pause.resume, run))
        before = await desk.house.runs.get(TENANT, run.run_id)
        told = await pause.pause(run.run_id, request=a_request(name="p"), validate_only=True)
        assert told.state is RunState.PAUSED
        assert await desk.house.runs.get(TENANT, run.run_id) == before
        await pause.pause(run.run_id, request=a_request(name="p"))
        found.append(await reason_of(pause.pause, run, validate_only=True))
        found.append(await reason_of(pause.pause, run))
        told = await pause.resume(run.run_id, request=a_request(), validate_only=True)
        assert told.state is RunState.RUNNING

    desk.happens[3] = try_everything
    run = await desk.ended(run)
    found += [
        await reason_of(verb, run) for verb in (pause.pause, pause.resume, desk.house.flatten_run)
    ]
    assert found == ["RUN_NOT_PAUSED"] * 2 + ["RUN_PAUSED_ALREADY"] * 2 + ["RUN_ENDED"] * 3
    with pytest.raises(NotFound) as unknown:
        await pause.pause("run_none", request=a_request())
    assert unknown.value.reason == "RUN_NOT_FOUND"


async def test_the_same_request_pauses_once(desk: Desk) -> None:
    run = await desk.start()
    pause, answers = desk.house.pause_run, []

    async def pause_resume_and_pause_again() -> None:
        answers.append(await pause.pause(run.run_id, request=a_request(name="one")))
        await pause.resume(run.run_id, request=a_request())
        answers.append(await pause.pause(run.run_id, request=a_request(name="one")))
        with pytest.raises(RequestIdReused):
            await pause.pause(run.run_id, request=a_request(body=b"other", name="one"))

    desk.happens[3] = pause_resume_and_pause_again
    run = await desk.ended(run)
    assert answers[0] == answers[1]
    assert not [one for one in await desk.placed(run) if one.reason]


async def flattened_at(desk: Desk, run: Run, bar: int, request: RequestKey) -> "asyncio.Task":
    """A client who flattens during that bar, and waits for the answer."""
    begun: asyncio.Future[asyncio.Task] = asyncio.get_running_loop().create_future()

    async def flatten() -> None:
        if not begun.done():
            begun.set_result(asyncio.create_task(_flatten()))
            async for _ in desk.house.bus.follow("runs", run.run_id, after=0):
                if (await desk.house.runs.get(TENANT, run.run_id)).has_commands:
                    return

    async def _flatten():
        return await desk.house.flatten_run(run.run_id, request=request)

    desk.happens[bar] = flatten
    return await begun


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


async def test_new_parameters_start_the_strategy_anew(desk: Desk) -> None:
    run = await desk.start()
    told = []

    async def change() -> None:
        told.append(await desk.house.set_parameters(run.run_id, {"size": "3"}, request=a_request()))

    desk.happens[2] = change
    ended = await desk.ended(run)
    assert told[0].parameters == ended.parameters == {"instrument_id": "AAPL.XNAS", "size": "3"}
    bought = [one.quantity for one in await desk.placed(run) if one.side > 0]
    assert bought[:6] == [1, 10, 10, 1, 3, 3], "the far limit of its first bar comes again"


async def test_a_strategy_may_keep_what_it_has_learnt(desk: Desk) -> None:
    run = await desk.start(source=KEEPS)
    desk.happens[2] = lambda: desk.house.set_parameters(
        run.run_id, {"size": "3"}, request=a_request()
    )
    await desk.ended(run)
    bought = [one.quantity for one in await desk.placed(run) if one.side > 0]
    assert bought[:5] == [1, 10, 10, 3, 3]


@pytest.mark.parametrize(
    ("values", "reason", "field"),
    [
        ({}, "MISSING_FIELD", "parameters"),
        ({"seize": "3"}, "UNKNOWN_PARAMETER", "parameters.seize"),
        ({"size": "many"}, "INVALID_PARAMETER", "parameters.size"),
        ({"instrument_id": "MSFT.XNAS"}, "INVALID_PARAMETER", "parameters.instrument_id"),
        ({"lucky": "13"}, "INVALID_PARAMETER", "parameters"),
    ],
)
async def test_parameters_that_cannot_be_are_refused_and_the_run_goes_on(
    desk: Desk, values: dict[str, str], reason: str, field: str
) -> None:
    run = await desk.start()
    refusals: list[InvalidRequest] = []

    async def change() -> None:
        for validate_only in (True, False):
            with pytest.raises(InvalidRequest) as refusal:
                await desk.house.set_parameters(
                    run.run_id, values, request=a_request(), validate_only=validate_only
                )
            refusals.append(refusal.value)

    desk.happens[2] = change
    ended = await desk.ended(run)
    assert [(one.reason, list(one.violations)) for one in refusals] == [(reason, [field])] * 2
    assert (ended.state, ended.asked_count) == (RunState.FINISHED, 0)
    assert await reason_of(desk.house.set_parameters, run, {"size": "3"}) == "RUN_ENDED"


async def test_parameters_rehearsed_are_not_set(desk: Desk) -> None:
    run = await desk.start()
    told = []

    async def rehearse() -> None:
        told.append(
            await desk.house.set_parameters(
                run.run_id, {"size": "3"}, request=a_request(name="s"), validate_only=True
            )
        )

    desk.happens[2] = rehearse
    ended = await desk.ended(run)
    assert told[0].parameters["size"] == "3"
    assert "size" not in ended.parameters


async def test_a_start_and_a_stop_can_be_rehearsed(desk: Desk) -> None:
    run = await desk.start()
    found = []

    async def rehearse() -> None:
        wanted = Wanted("adds", "", "AAPL", "1d", {})
        start, account_id = desk.house.start_run, run.account_id
        busy = start(wanted, account_id, 0, request=a_request(), validate_only=True)
        with pytest.raises(NotAllowedNow) as refusal:
            await busy
        found.append(refusal.value.reason)
        stopped = await desk.house.stop_run(run.run_id, request=a_request(), validate_only=True)
        found.append(stopped.state)

    desk.happens[2] = rehearse
    run = await desk.ended(run)
    assert found == ["ACCOUNT_BUSY", RunState.STOPPING]
    assert run.state is RunState.FINISHED
    wanted = Wanted("adds", "", "AAPL", "1d", {})
    told = await desk.house.start_run(
        wanted, run.account_id, 0, request=a_request(), validate_only=True
    )
    assert (told.run_id, told.state, told.total_bar_count) == ("", RunState.STARTING, 12)
    assert await desk.house.runs.active() == []
    stop = desk.house.stop_run(run.run_id, request=a_request(), validate_only=True)
    with pytest.raises(NotAllowedNow, match="has ended"):
        await stop


class Unwilling(MemoryDesk):
    """A desk that is unavailable for the first so many attempts to close an account."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self.refusals = refusals

    async def close(self, tenant: str, account_id: str, run_id: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("the disk is full", reason="STORE_UNAVAILABLE")
        await super().close(tenant, account_id, run_id)


async def test_a_failure_is_kept_as_soon_as_the_store_is_back(tmp_path: Path) -> None:
    desk = Unwilling(refusals=5)
    desk.add("acc_1")
    async with a_house(tmp_path, desk, processes=InProcess()) as house:
        await furnish(house, days(12))
        await keep(house, "fails", ADDS.replace("self.count += 1", "self.count += 1 / 0"))
        wanted = Wanted("fails", "", "AAPL", "1d", {})
        run = await house.start_run(wanted, "acc_1", 0, request=a_request())
        await house.host.wait(run.run_id)
        run = await house.runs.get(TENANT, run.run_id)
    assert (run.state, run.error_reason) == (RunState.FAILED, "STRATEGY_RAISED")
    assert (desk.refusals, desk.accounts["acc_1"].run_id) == (0, "")


async def reason_of(verb, run: Run, *arguments: object, **named: object) -> str:
    with pytest.raises(DomainError) as refusal:
        await verb(run.run_id, *arguments, request=a_request(), **named)
    return refusal.value.reason
