"""Runs on a desk in memory, in real processes."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from domain.backtests.engine import BacktestSpec, run_backtest
from domain.errors import NotAllowedNow, Unavailable
from domain.instruments import Instruments
from domain.market_data.bar import Bar
from domain.market_data.columns import BarColumns
from domain.orders.events import (
    CapitalDeposited,
    Event,
    OrderCanceled,
    OrderFilled,
    OrderPendingCancel,
)
from domain.strategies.parameters import make_strategy
from domain.strategies.run import Run, RunState
from domain.strategies.wanted import Wanted
from tests.houses import (
    AAPL,
    CASH,
    TENANT,
    House,
    MemoryDesk,
    a_house,
    a_request,
    furnish,
    keep,
    some_days,
)
from tests.in_process import InProcess
from tests.strategy_sources import HOLDS, LIBRARY, MIXED, loaded, on_bar

BREAKS = {
    "1 / 0": ("STRATEGY_RAISED", "ZeroDivisionError: division by zero (line 17: 1 / 0)"),
    "import sys; sys.exit(3)": ("STRATEGY_RAISED", "SystemExit: 3 (line 17"),
    "ctx.buy(self.instrument_id, 1.5)": ("STRATEGY_RAISED", "give a Decimal or an int"),
    "ctx.buy('NOPE', 1)": ("STRATEGY_RAISED", "no instrument NOPE"),
    "def f(): f()\nf()": ("STRATEGY_RAISED", "RecursionError"),
    "raise ValueError('x' * 10_000_000)": ("STRATEGY_RAISED", "x (line 17: raise ValueError("),
    "raise ValueError(chr(0xDC80))": ("STRATEGY_RAISED", "ValueError: \\udc80 (line 17"),
    "class Mute(Exception):\n  def __str__(self): return 1 / 0\nraise Mute()": (
        "STRATEGY_RAISED",
        "(line 19: raise Mute())",
    ),
    "import os; os._exit(3)": ("STRATEGY_PROCESS_ENDED", "ended with code 3"),
    "import os; os.kill(os.getpid(), 9)": ("STRATEGY_PROCESS_ENDED", "ended by signal 9"),
    "self.hoard = bytearray(3 * 1024**3)": ("STRATEGY_OUT_OF_MEMORY", "MemoryError"),
    "while True: pass": ("STRATEGY_TIMED_OUT", "used 1 s of processor time"),
    "for _ in range(1_001): ctx.buy(self.instrument_id, 1)": (
        "STRATEGY_FLOODED",
        "1001 orders after one bar; 1000 at most",
    ),
    "for _ in range(100_000): ctx.buy(self.instrument_id, 1)": (
        "STRATEGY_FLOODED",
        "more wishes or log lines after one bar than can be told",
    ),
    "import os\nfor fd in range(3, 20):\n  try: os.write(fd, b'x' * 8)\n  except OSError: pass": (
        "STRATEGY_PROCESS_ENDED",
        "a frame of 2021161080 bytes",
    ),
    "import sys; sys.stderr.write('last words'); sys.stderr.flush(); import os; os._exit(1)": (
        "STRATEGY_PROCESS_ENDED",
        "its last words: last words",
    ),
}


@pytest.mark.parametrize("strategy_id", [*LIBRARY, "mixed"])
async def test_a_run_makes_the_decisions_orders_and_fills_of_the_backtest(
    house: House, desk: MemoryDesk, strategy_id: str
) -> None:
    source = LIBRARY.get(strategy_id, MIXED)
    await keep(house, f"my-{strategy_id}", source)
    run = await ended(house, await start(house, f"my-{strategy_id}"))
    assert (run.state, run.error_message, run.bar_count) == (RunState.FINISHED, "", 300)
    expected = backtested(source, some_days())
    assert any(isinstance(event, OrderFilled) for event in expected)
    assert decisions(desk)[: len(expected)] == expected
    rest = decisions(desk)[len(expected) :]
    assert not desk.accounts["acc_1"].core.orders, "the end of a run cancels what still works"
    assert {type(event) for event in rest} <= {OrderPendingCancel, OrderCanceled}


@pytest.mark.parametrize("body", BREAKS)
async def test_a_strategy_that_breaks_hurts_its_run_only(
    tmp_path: Path, desk: MemoryDesk, body: str
) -> None:
    reason, words = BREAKS[body]
    async with a_house(tmp_path, desk, patience=1.0) as house:
        await furnish(house, some_days(40))
        await keep(house, "breaks", on_bar(body))
        await keep(house, "holds", HOLDS)
        bad, good = await start(house, "breaks"), await start(house, "holds", "acc_2")
        bad, good = await ended(house, bad), await ended(house, good)
    assert (bad.state, bad.error_reason) == (RunState.FAILED, reason)
    assert words in bad.error_message
    assert bad.bar_count == 5
    core = desk.accounts["acc_1"].core
    assert core.order_count == 1
    assert not core.orders, "its working order was canceled"
    assert desk.accounts["acc_1"].run_id == "", "the account is free again"
    assert good.state is RunState.FINISHED
    assert desk.accounts["acc_2"].core.position(AAPL.instrument_id).quantity == 100


async def test_what_a_strategy_prints_is_log_and_never_a_frame(house: House) -> None:
    body = "print('hello ' * 3)\nctx.log('noted')\nfor _ in range(5000): print('x' * 100)"
    await keep(house, "prints", on_bar(body))
    with capture_logs() as told:
        run = await ended(house, await start(house, "prints"))
    assert run.state is RunState.FINISHED
    lines = [line["text"] for line in told if line["event"] == "line"]
    assert "hello hello hello " in lines
    assert "noted" in lines
    assert len(lines) < 1000, "a flood is cut"


async def test_no_setting_of_ours_reaches_the_strategy(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEMESH_TOKEN", "secret")
    body = "import os\nassert not [n for n in os.environ if 'TOKEN' in n], 'token seen'"
    await keep(house, "looks", on_bar(body))
    run = await ended(house, await start(house, "looks"))
    assert (run.state, run.error_message) == (RunState.FINISHED, "")


async def test_an_authors_import_never_meets_a_folder_of_the_same_name(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "__init__.py").write_text("raise RuntimeError('the wrong one')")
    monkeypatch.chdir(tmp_path)
    await keep(house, "holds", HOLDS)
    run = await ended(house, await start(house, "holds"))
    assert run.state is RunState.FINISHED


async def test_stopping_finishes_cancels_and_keeps_the_position(
    house: House, desk: MemoryDesk
) -> None:
    await house.push(
        "holds", on_bar("ctx.buy(self.instrument_id, 7)", at=1), "", request=a_request()
    )
    run = await start(house, "holds", bps=40)
    await until(house, run, lambda now: now.bar_count >= 4)
    asked = await house.stop_run(run.run_id, request=a_request())
    assert asked.state is RunState.STOPPING
    run = await ended(house, run)
    assert run.state is RunState.STOPPED
    assert run.bar_count < 300
    core = desk.accounts["acc_1"].core
    assert not core.orders
    assert core.position(AAPL.instrument_id).quantity == 7


async def test_a_run_stopped_at_once_is_stopped_and_not_failed(house: House) -> None:
    await keep(house, "holds", HOLDS)
    run = await start(house, "holds", bps=0.01)
    await house.stop_run(run.run_id, request=a_request())
    run = await ended(house, run)
    assert (run.state, run.error_message) == (RunState.STOPPED, "")
    with pytest.raises(NotAllowedNow) as refused:
        await house.stop_run(run.run_id, request=a_request())
    assert refused.value.reason == "RUN_ENDED"


async def test_a_run_asked_to_stop_while_nobody_was_there_stops_at_the_next_start(
    tmp_path: Path, desk: MemoryDesk
) -> None:
    async with a_house(tmp_path, desk) as house:
        await furnish(house)
        await keep(house, "holds", HOLDS)
        run = await start(house, "holds", bps=10)
        await until(house, run, lambda now: now.bar_count >= 2)
        await house.host.drain(5)
        await house.stop_run(run.run_id, request=a_request())
    async with a_house(tmp_path, desk, ids_from=100) as house:
        await house.host.resume()
        run = await ended(house, run)
    assert run.state is RunState.STOPPED
    assert desk.accounts["acc_1"].run_id == ""


async def test_a_drained_run_stays_and_goes_on_where_it_was(
    tmp_path: Path, desk: MemoryDesk
) -> None:
    days = some_days(60)
    async with a_house(tmp_path, desk) as house:
        await furnish(house, days)
        await keep(house, "mixed", MIXED)
        run = await start(house, "mixed", bps=60)
        await until(house, run, lambda now: now.bar_count >= 10)
        await house.host.drain(5)
        stays = await house.runs.get(TENANT, run.run_id)
        assert stays.state is RunState.RUNNING
        assert 10 <= stays.bar_count < 60
    async with a_house(tmp_path, desk, ids_from=100) as house:
        await house.host.resume()
        run = await ended(house, run)
    assert (run.state, run.bar_count) == (RunState.FINISHED, 60)
    expected = backtested(MIXED, days)
    assert decisions(desk)[: len(expected)] == expected


class Shaky(MemoryDesk):
    """A desk that fails one call in eight, before or after it has done its work."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0
        self._chance = random.Random(7)

    async def advance(self, tenant: str, account_id: str, bar: Bar) -> None:
        self._shake()
        await super().advance(tenant, account_id, bar)
        self._shake()

    async def place(
        self,
        tenant: str,
        account_id: str,
        run_id: str,
        ts: int,
        wishes: Sequence[object],
        *,
        may_only_reduce: bool = False,
    ) -> None:
        for wish in wishes:
            self._shake()
            await super().place(
                tenant, account_id, run_id, ts, [wish], may_only_reduce=may_only_reduce
            )
        self._shake()

    def _shake(self) -> None:
        if self._chance.random() < 1 / 8:
            self.failures += 1
            raise Unavailable("the disk is full", reason="STORE_UNAVAILABLE")


async def test_what_is_unavailable_for_a_while_changes_nothing(tmp_path: Path) -> None:
    shaky, days = Shaky(), some_days(60)
    shaky.add("acc_1")
    async with a_house(tmp_path, shaky, processes=InProcess()) as house:
        await furnish(house, days)
        await keep(house, "mixed", MIXED)
        run = await ended(house, await start(house, "mixed"))
    assert (run.state, run.bar_count) == (RunState.FINISHED, 60)
    assert shaky.failures > 10
    expected = backtested(MIXED, days)
    assert decisions(shaky)[: len(expected)] == expected


async def test_an_account_takes_one_replay_at_a_time(house: House) -> None:
    await keep(house, "holds", HOLDS)
    run = await start(house, "holds", bps=5)
    with pytest.raises(Exception, match="another run replays in account acc_1") as refused:
        await start(house, "holds")
    assert refused.value.reason == "ACCOUNT_BUSY"
    await house.stop_run(run.run_id, request=a_request())
    await ended(house, run)
    again = await start(house, "holds")
    assert (await ended(house, again)).state is RunState.FINISHED


async def test_the_last_state_of_a_run_is_always_told(house: House) -> None:
    await keep(house, "holds", HOLDS)
    run = await ended(house, await start(house, "holds"))
    told = await house.bus.read("runs", run.run_id, after=0)
    assert 3 <= len(told) < 300, "progress is told now and then, not for each bar"
    states = [msgspec.msgpack.decode(event.payload, type=Run) for event in told]
    assert states[0].state is RunState.STARTING
    assert states[-1] == run


async def start(house: House, strategy_id: str, account_id: str = "acc_1", bps: float = 0) -> Run:
    wanted = Wanted(strategy_id, "", "AAPL", "1d", {})
    return await house.start_run(wanted, account_id, bps, request=a_request())


async def ended(house: House, run: Run) -> Run:
    await house.host.wait(run.run_id)
    return await house.runs.get(TENANT, run.run_id)


async def until(house: House, run: Run, reached) -> Run:
    async for _ in house.bus.follow("runs", run.run_id, after=0):
        now = await house.runs.get(TENANT, run.run_id)
        if reached(now):
            return now
    raise AssertionError


def backtested(source: str, days: BarColumns) -> Sequence[Event]:
    strategy = make_strategy(loaded(source), {}, [AAPL.instrument_id])
    spec = BacktestSpec(strategy, Instruments([AAPL]), CASH)
    return list(without_money(run_backtest(spec, {AAPL.instrument_id: [days]}).events()))


def decisions(desk: MemoryDesk) -> Sequence[Event]:
    return list(without_money(desk.accounts["acc_1"].events))


def without_money(events) -> Iterator[Event]:
    return (event for event in events if not isinstance(event, CapitalDeposited))
