"""What every store of runs promises."""

import msgspec
import pytest

from adapters.sql.database import Database
from adapters.sql.event_bus import SqlEventBus
from adapters.sql.run_store import SqlRunStore
from domain.errors import NotAllowedNow, NotFound
from domain.market_data.bar import Bar
from domain.orders.closing import Closed
from domain.orders.events import CapitalDeposited
from domain.strategies.commands import Asked, Flatten, Pause, Resume
from domain.strategies.run import Replay, Run, RunState
from ports.event_bus import EventBus
from ports.order_desk import AccountEntry
from ports.request_log import RequestIdReused, RequestKey
from ports.run_store import RunInput, RunStore
from tests.houses import Ticking, a_request

BAR = Bar("AAPL.XNAS", 20, 10, 1.0, 2.0, 0.5, 1.5, 10.0)


def a_run(run_id: str = "run_1", account_id: str = "acc_1", tenant: str = "local") -> Run:
    return Run(
        tenant, run_id, "sma", "sha256:1", account_id, "AAPL.XNAS", "1d", {}, Replay(), 10, 1
    )


@pytest.fixture
def stores(database: Database) -> tuple[RunStore, EventBus]:
    return SqlRunStore(database, Ticking()), SqlEventBus(database)


@pytest.fixture
def runs(stores: tuple[RunStore, EventBus]) -> RunStore:
    return stores[0]


async def test_a_run_comes_back_as_it_was_kept(runs: RunStore) -> None:
    assert await runs.start(a_run()) == a_run()
    assert await runs.get("local", "run_1") == a_run()


async def test_a_run_of_another_tenant_is_not_there(runs: RunStore) -> None:
    await runs.start(a_run())
    with pytest.raises(NotFound, match="no run run_1"):
        await runs.get("other", "run_1")
    with pytest.raises(NotFound):
        await runs.change("other", "run_1", Run.stopping)
    with pytest.raises(NotFound):
        await runs.record("other", "run_1", RunInput(1, 1, 0), tell=True)
    assert await runs.inputs("other", "run_1", after=0, limit=10) == []
    assert await runs.page("other", active_only=False, after="", limit=10) == []


async def test_an_account_has_one_run_that_has_not_ended(runs: RunStore) -> None:
    await runs.start(a_run())
    with pytest.raises(NotAllowedNow) as refused:
        await runs.start(a_run("run_2"))
    assert refused.value.reason == "ACCOUNT_BUSY"
    await runs.start(a_run("run_3", tenant="other"))
    await runs.change("local", "run_1", lambda run: run.ended(RunState.FINISHED, 5))
    assert (await runs.start(a_run("run_2"))).run_id == "run_2"


async def test_one_request_starts_one_run(runs: RunStore) -> None:
    request = a_request()
    assert await runs.answered(request) is None
    await runs.start(a_run(), request=request)
    await runs.change("local", "run_1", Run.running)
    assert await runs.start(a_run("run_2", "acc_2"), request=request) == a_run()
    assert await runs.answered(request) == a_run()
    other = RequestKey("local", "me", "Method", request.request_id, b"another body")
    with pytest.raises(RequestIdReused):
        await runs.start(a_run("run_2", "acc_2"), request=other)
    with pytest.raises(RequestIdReused):
        await runs.answered(other)


async def test_a_change_that_raises_changes_nothing(runs: RunStore) -> None:
    await runs.start(a_run())
    ended = await runs.change("local", "run_1", lambda run: run.ended(RunState.STOPPED, 5))
    with pytest.raises(NotAllowedNow) as refused:
        await runs.change("local", "run_1", Run.stopping, request=a_request())
    assert refused.value.reason == "RUN_ENDED"
    assert await runs.get("local", "run_1") == ended


async def test_pages_are_newest_first(runs: RunStore) -> None:
    for number in range(5):
        await runs.start(a_run(f"run_{number}", f"acc_{number}"))
    await runs.change("local", "run_3", lambda run: run.ended(RunState.FAILED, 5, "WHY", "why"))
    page = await runs.page("local", active_only=False, after="", limit=3)
    assert [run.run_id for run in page] == ["run_4", "run_3", "run_2"]
    page = await runs.page("local", active_only=False, after="run_2", limit=3)
    assert [run.run_id for run in page] == ["run_1", "run_0"]
    page = await runs.page("local", active_only=True, after="", limit=3)
    assert [run.run_id for run in page] == ["run_4", "run_2", "run_1"]
    assert [run.run_id for run in await runs.active()] == ["run_0", "run_1", "run_2", "run_4"]


async def test_inputs_come_back_in_order_and_bars_are_progress(runs: RunStore) -> None:
    await runs.start(a_run())
    entries = (AccountEntry(1, "", CapitalDeposited(1, 5)),)
    inputs = [RunInput(1, 10, 1, entries), RunInput(2, 20, 1, (), BAR), RunInput(3, 21, 1, (), BAR)]
    for told in inputs:
        run = await runs.record("local", "run_1", told, tell=False)
    assert (run.bar_count, run.market_ts) == (2, BAR.ts)
    assert await runs.get("local", "run_1") == run
    assert await runs.inputs("local", "run_1", after=0, limit=10) == inputs
    assert await runs.inputs("local", "run_1", after=1, limit=1) == inputs[1:2]


async def test_recording_tells_when_somebody_asked_it_to_stop(runs: RunStore) -> None:
    await runs.start(a_run())
    await runs.change("local", "run_1", Run.stopping)
    run = await runs.record("local", "run_1", RunInput(1, 20, 1, (), BAR), tell=True)
    assert run.state is RunState.STOPPING


async def test_changes_are_told_on_the_bus(stores: tuple[RunStore, EventBus]) -> None:
    runs, bus = stores
    await runs.start(a_run())
    await runs.change("local", "run_1", Run.running)
    await runs.change("local", "run_1", Run.running)
    await runs.record("local", "run_1", RunInput(1, 20, 1, (), BAR), tell=False)
    last = await runs.record("local", "run_1", RunInput(2, 21, 1, (), BAR), tell=True)
    told = await bus.read("runs", "run_1", after=0)
    assert [(one.tenant, one.kind) for one in told] == [("local", "run")] * 3
    decoded = [msgspec.msgpack.decode(one.payload, type=Run) for one in told]
    assert [one.state for one in decoded[:2]] == [RunState.STARTING, RunState.RUNNING]
    assert decoded[2] == last


async def test_commands_wait_in_order_until_the_run_has_heard_them(runs: RunStore) -> None:
    await runs.start(a_run())
    paused = await runs.ask("local", "run_1", Run.pausing, Pause())
    resumed = await runs.ask("local", "run_1", Run.resuming, Resume())
    assert (paused.run.state, paused.number) == (RunState.PAUSED, 1)
    assert (resumed.run.state, resumed.number) == (RunState.RUNNING, 2)
    assert await runs.unheard("local", "run_1") == [Asked(1, Pause()), Asked(2, Resume())]
    told = RunInput(1, 20, 1, asked=Asked(1, Pause()))
    now = await runs.record("local", "run_1", told, tell=False)
    assert (now.heard_count, now.bar_count, now.has_commands) == (1, 0, True)
    assert await runs.unheard("local", "run_1") == [Asked(2, Resume())]
    assert await runs.inputs("local", "run_1", after=0, limit=10) == [told]


async def test_one_request_asks_once_and_a_refusal_asks_nothing(runs: RunStore) -> None:
    await runs.start(a_run())
    request = a_request()
    first = await runs.ask("local", "run_1", Run.pausing, Pause(), request=request)
    assert await runs.ask("local", "run_1", Run.pausing, Pause(), request=request) == first
    with pytest.raises(NotAllowedNow) as refused:
        await runs.ask("local", "run_1", Run.pausing, Pause())
    assert refused.value.reason == "RUN_PAUSED_ALREADY"
    assert await runs.unheard("local", "run_1") == [Asked(1, Pause())]
    other = RequestKey("local", "me", "Method", request.request_id, b"another body")
    with pytest.raises(RequestIdReused):
        await runs.ask("local", "run_1", Run.resuming, Resume(), request=other)
    with pytest.raises(NotFound):
        await runs.ask("other", "run_1", Run.pausing, Pause())


async def test_what_came_of_a_command_is_kept_once_and_told(
    stores: tuple[RunStore, EventBus],
) -> None:
    runs, bus = stores
    await runs.start(a_run())
    await runs.ask("local", "run_1", Run.flattening, Flatten())
    assert await runs.outcome("local", "run_1", 1) is None
    before = await bus.last_seq()
    await runs.carried_out("local", "run_1", 1, Closed((), ()))
    assert await runs.outcome("local", "run_1", 1) == Closed((), ())
    assert len(await bus.read("runs", "run_1", after=before)) == 1
    with pytest.raises(NotFound):
        await runs.outcome("other", "run_1", 1)


async def test_a_rehearsal_keeps_nothing(stores: tuple[RunStore, EventBus]) -> None:
    runs, bus = stores
    assert await runs.start(a_run(), rehearse=True) == a_run()
    with pytest.raises(NotFound):
        await runs.get("local", "run_1")
    await runs.start(a_run())
    with pytest.raises(NotAllowedNow) as busy:
        await runs.start(a_run("run_2"), rehearse=True)
    assert busy.value.reason == "ACCOUNT_BUSY"
    before, request = await bus.last_seq(), a_request()
    changed = await runs.change("local", "run_1", Run.stopping, request=request, rehearse=True)
    asked = await runs.ask("local", "run_1", Run.pausing, Pause(), request=request, rehearse=True)
    assert (changed.state, asked.run.state) == (RunState.STOPPING, RunState.PAUSED)
    assert await runs.get("local", "run_1") == a_run()
    assert await runs.unheard("local", "run_1") == []
    assert await runs.answered(request) is None
    assert await bus.last_seq() == before


async def test_the_log_counts_its_lines_and_keeps_those_of_an_input_once(
    stores: tuple[RunStore, EventBus],
) -> None:
    runs, bus = stores
    await runs.start(a_run())
    await runs.log("local", "run_1", 3, [(20, "one"), (21, "two")])
    await runs.log("local", "run_1", 3, [(20, "one"), (21, "two")])
    await runs.ask("local", "run_1", Run.pausing, Pause())
    lines = await runs.logs("local", "run_1", after=1, limit=10)
    assert [(line.number, line.ts, line.writer, line.text) for line in lines] == [
        (2, 20, "strategy", "one"),
        (3, 21, "strategy", "two"),
        (4, 0, "host", "paused"),
    ]
    assert await runs.logs("local", "run_1", after=1, limit=2) == lines[:2]
    assert len(await bus.read("run_logs", "run_1", after=0)) == 3
    with pytest.raises(NotFound):
        await runs.logs("other", "run_1", after=0, limit=10)
