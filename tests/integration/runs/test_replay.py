"""A recorded run, told again to a new process, decides the same: hash for hash."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from adapters.sql.tables.orders import account_events
from adapters.sql.tables.strategies import run_inputs
from apps.drain import Drain
from apps.strategies.replay_run import ReplayRun
from domain.orders.events import OrderCreated, event_to_bytes
from domain.strategies.replay_result import ReplayProgress, ReplayVerdict, RunReplay
from domain.strategies.run import Run, RunState
from domain.strategies.wanted import Wanted
from ports.lease import LeaseLost
from ports.strategy_process import StrategyProcesses
from tests.houses import TENANT, House, a_house, a_request, furnish, keep, some_days
from tests.in_process import InProcess, Interrupted
from tests.integration.runs.conftest import Orders, OrdersIn
from tests.strategy_sources import GROUPED, HEAD, LIBRARY, MIXED, TUNABLE, on_bar

EQUAL, DIFFERENT = ReplayVerdict.EQUAL, ReplayVerdict.DIFFERENT

DRAWS_LOTS = (
    HEAD
    + '''
import random

@dataclass
class DrawsLots(Strategy):
    """Asks a generator that nobody seeded."""
    instrument_id: str

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        ctx.buy(self.instrument_id, random.randint(1, 1000))
'''
)
CANCELS_BY_LOT = (
    HEAD
    + '''
import random

@dataclass
class CancelsByLot(Strategy):
    """Wishes for the same orders each time, and takes back what the lot says."""
    instrument_id: str

    def on_start(self, ctx: Context) -> None:
        self.resting = 0

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        if self.resting and random.random() < 0.5:
            ctx.cancel(self.resting)
        self.resting = ctx.buy(self.instrument_id, 1, limit=1, time_in_force="GTC")
'''
)


def replay_of(
    house: House, orders: Orders, processes: StrategyProcesses | None = None
) -> ReplayRun:
    return ReplayRun(
        house.runs,
        house.strategies,
        house.instruments,
        orders.accounts,
        processes or house.processes,
        Drain(),
    )


async def replayed(house: House, orders: Orders, run_id: str) -> RunReplay:
    return await outcome(replay_of(house, orders), run_id)


async def outcome(replay: ReplayRun, run_id: str) -> RunReplay:
    async with aclosing(replay(TENANT, run_id)) as told:
        messages = [message async for message in told]
    assert isinstance(messages[-1], RunReplay)
    assert all(isinstance(one, ReplayProgress) for one in messages[:-1])
    return messages[-1]


async def started(house: House, orders: Orders, source: str, **parameters: str) -> Run:
    await keep(house, "mine", source)
    wanted = Wanted("mine", "", "AAPL", "1d", parameters, None, None)
    return await house.start_run(wanted, await orders.add(), 0, request=a_request())


async def ended(house: House, orders: Orders, source: str, **parameters: str) -> Run:
    run = await started(house, orders, source, **parameters)
    await house.host.wait(run.run_id)
    return await house.runs.get(TENANT, run.run_id)


@pytest.mark.parametrize("name", ["sma-cross", "grouped", "mixed"])
async def test_a_run_is_decided_again_hash_for_hash(
    tmp_path: Path, orders: OrdersIn, name: str
) -> None:
    async with a_house(
        tmp_path, orders, processes=None if name == "mixed" else InProcess()
    ) as house:
        await furnish(house, some_days(120))
        run = await ended(house, orders.now, {**LIBRARY, "mixed": MIXED, "grouped": GROUPED}[name])
        result = await replayed(house, orders.now, run.run_id)
        assert (result.verdict, result.difference) == (EQUAL, None)
        assert result.recorded_hash == result.replayed_hash
        assert result.decision_count > 0
        assert result.bar_count == run.bar_count == 120
        assert result.market_ts == run.market_ts
        assert result.account.is_equal


async def test_a_run_with_commands_is_decided_again(tmp_path: Path, orders: OrdersIn) -> None:
    """It is paused, resumed, given other parameters and flattened while it thinks."""

    def ask(what: str, *more: object) -> Callable[[], Awaitable[object]]:
        async def asked() -> object:
            asking = {
                "pause": house.pause_run.pause,
                "resume": house.pause_run.resume,
                "set": house.set_parameters,
            }[what]
            return await asking(run.run_id, *more, request=a_request())

        return asked

    async def flatten() -> None:
        flattening.append(asyncio.create_task(house.flatten_run(run.run_id, request=a_request())))
        await asyncio.sleep(0)

    flattening: list[asyncio.Task[object]] = []
    happens = {
        10: ask("pause"),
        22: ask("resume"),
        30: ask("set", {"size": "3"}),
        41: flatten,
        55: ask("resume"),
    }
    async with a_house(tmp_path, orders, processes=Interrupted(happens)) as house:
        await furnish(house, some_days(80))
        run = await started(house, orders.now, TUNABLE)
        await house.host.wait(run.run_id)
        await asyncio.gather(*flattening)
        run = await house.runs.get(TENANT, run.run_id)
        assert (run.state, run.heard_count) == (RunState.FINISHED, 5)
        replay = replay_of(house, orders.now, InProcess())
        result = await outcome(replay, run.run_id)
        assert (result.verdict, result.difference) == (EQUAL, None)
        assert result.account.is_equal


async def test_a_run_at_work_is_replayed_up_to_its_last_input(
    tmp_path: Path, orders: OrdersIn
) -> None:
    found: list[RunReplay] = []

    async def look() -> None:
        found.append(await outcome(replay_of(house, orders.now, InProcess()), run.run_id))

    async with a_house(tmp_path, orders, processes=Interrupted({40: look})) as house:
        await furnish(house, some_days(60))
        run = await started(house, orders.now, MIXED)
        await house.host.wait(run.run_id)
    [result] = found
    assert (result.verdict, result.difference) == (EQUAL, None)
    assert result.bar_count == 40


async def test_the_second_run_of_an_account_is_replayed_on_top_of_the_first(
    tmp_path: Path, orders: OrdersIn
) -> None:
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, some_days(30))
        first = await ended(house, orders.now, MIXED)
        wanted = Wanted("mine", "", "AAPL", "1d", {}, None, None)
        run = await house.start_run(wanted, first.account_id, 0, request=a_request())
        await house.host.wait(run.run_id)
        for each in (first, run):
            result = await replayed(house, orders.now, each.run_id)
            assert (result.verdict, result.difference) == (EQUAL, None)
            assert result.account.is_equal


async def test_a_strategy_that_raised_raises_again(tmp_path: Path, orders: OrdersIn) -> None:
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, some_days(20))
        run = await ended(house, orders.now, on_bar("raise ValueError(object())", at=9))
        assert (run.state, run.error_reason) == (RunState.FAILED, "STRATEGY_RAISED")
        result = await replayed(house, orders.now, run.run_id)
        assert (result.verdict, result.difference) == (EQUAL, None)
        assert result.bar_count == 9


async def test_a_strategy_that_draws_lots_is_found_out(tmp_path: Path, orders: OrdersIn) -> None:
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, some_days(20))
        run = await ended(house, orders.now, DRAWS_LOTS)
        result = await replayed(house, orders.now, run.run_id)
        assert result.verdict is ReplayVerdict.NOT_DETERMINISTIC
        assert result.recorded_hash != result.replayed_hash
        assert result.difference is not None
        assert result.account.is_equal, "its books are in order all the same"


async def test_a_strategy_that_cancels_by_lot_is_found_out(
    tmp_path: Path, orders: OrdersIn
) -> None:
    """The account's log cannot tell its cancels from a client's; its wishes are kept."""
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, some_days(30))
        run = await ended(house, orders.now, CANCELS_BY_LOT)
        result = await replayed(house, orders.now, run.run_id)
        assert result.verdict is ReplayVerdict.NOT_DETERMINISTIC
        assert result.recorded_hash != result.replayed_hash


async def test_a_decision_that_was_recorded_otherwise_is_named(
    tmp_path: Path, orders: OrdersIn
) -> None:
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, some_days(40))
        run = await ended(house, orders.now, MIXED)
        changed = await with_another_quantity(house, run, at_order=12)
        result = await replayed(house, orders.now, run.run_id)
        assert result.verdict is DIFFERENT
        difference = result.difference
        assert difference is not None
        assert difference.recorded is not None
        assert difference.replayed is not None
        assert difference.recorded.events[0] == changed
        assert difference.replayed.events[0].quantity == changed.quantity - 1
        assert difference.place.ts == changed.ts
        assert 12 <= result.decision_count < 15, "nothing behind it is covered"
        assert result.recorded_hash != result.replayed_hash


async def with_another_quantity(house: House, run: Run, at_order: int) -> OrderCreated:
    """Changes what is recorded of an order: one more, in the run's inputs and in the log."""
    inputs = await house.runs.inputs(TENANT, run.run_id, after=0, limit=1000)
    for told in inputs:
        for place, entry in enumerate(told.entries):
            event = entry.event
            if isinstance(event, OrderCreated) and event.order_id == at_order:
                new = msgspec.structs.replace(event, quantity=event.quantity + 1)
                entries = list(told.entries)
                entries[place] = msgspec.structs.replace(entry, event=new)
                payload = msgspec.msgpack.encode(
                    msgspec.structs.replace(told, entries=tuple(entries))
                )

                def change(connection, told=told, payload=payload, entry=entry, new=new) -> None:
                    connection.execute(
                        update(run_inputs)
                        .where(run_inputs.c.run_id == run.run_id, run_inputs.c.seq == told.seq)
                        .values(payload=payload)
                    )
                    connection.execute(
                        update(account_events)
                        .where(
                            account_events.c.account_id == run.account_id,
                            account_events.c.version == entry.version,
                        )
                        .values(event=event_to_bytes(new))
                    )

                await house.database.write(TENANT, change)
                return new
    raise AssertionError("no such order")


async def test_a_run_without_inputs_is_equal(tmp_path: Path, orders: OrdersIn) -> None:
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, some_days(5))
        run = await ended(house, orders.now, on_bar("pass"))
        bare = msgspec.structs.replace(run, run_id="run_bare", state=RunState.STOPPED, bar_count=0)
        await house.runs.start(bare)
        result = await replayed(house, orders.now, "run_bare")
        assert (result.verdict, result.decision_count, result.bar_count) == (EQUAL, 0, 0)


async def test_a_process_that_does_not_trade_replays_without_the_account(
    tmp_path: Path, orders: OrdersIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the holder of the lease sees an account as a change does."""
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, some_days(10))
        run = await ended(house, orders.now, MIXED)

        async def refuse(*_: object, **__: object) -> None:
            raise LeaseLost("another process holds it")

        monkeypatch.setattr(orders.now.accounts, "change", refuse)
        result = await replayed(house, orders.now, run.run_id)
        assert (result.verdict, result.account) == (EQUAL, None)
