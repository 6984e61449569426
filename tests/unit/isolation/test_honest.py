"""Walls and patience are for those who misbehave: honest work goes on, in runs and backtests."""

import os
from pathlib import Path

import pytest

from adapters.worker_process.walls.wall import USER_ID
from domain.backtests.record import BacktestState
from domain.strategies.run import RunState
from domain.strategies.wanted import Wanted
from tests.houses import TENANT, MemoryDesk, a_house, a_request, furnish, keep, some_days
from tests.misbehaviour import Timed
from tests.strategy_sources import on_bar

SLOW = """
import time; time.sleep(1)
import numpy; numpy.linalg.svd(numpy.ones((200, 200)))
for n in range(5_000): ctx.log('x' * 50)
for n in range(900): ctx.buy(self.instrument_id, 1, limit=1)
"""


async def test_who_is_slow_and_says_and_decides_much_goes_on(tmp_path: Path) -> None:
    desk = MemoryDesk()
    desk.add("acc_1")
    async with a_house(tmp_path, desk, processes=Timed(0.8)) as house:
        await furnish(house, some_days(8))
        await keep(house, "slow", on_bar(SLOW))
        wanted = Wanted("slow", "", "AAPL", "1d", {})
        run = await house.start_run(wanted, "acc_1", 0, request=a_request())
        await house.host.wait(run.run_id)
        run = await house.runs.get(TENANT, run.run_id)
    assert (run.state, run.error_message) == (RunState.FINISHED, "")


ENCLOSED = """
import os, pathlib, socket
escaped = []
for name, attempt in {
    "fork": lambda: os.fork() or os._exit(0),
    "socket": socket.socket,
    "secret": pathlib.Path(SECRET).read_bytes,
    "outside": pathlib.Path(OUTSIDE).touch,
    "program": lambda: os.execv("/bin/true", ["true"]),
}.items():
    try:
        attempt()
        escaped.append(name)
    except OSError:
        pass
assert not escaped, escaped
assert os.getuid() in USERS, os.getuid()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the walls are Linux's")
async def test_a_backtest_is_behind_the_same_walls(tmp_path: Path) -> None:
    """The bars of it are read behind them, and its results written."""
    secret = tmp_path / "secret"
    secret.write_text("the key")
    outside = tmp_path / "backtests" / "outside"
    users = (USER_ID,) if os.geteuid() == 0 else (os.geteuid(),)
    body = ENCLOSED.replace("SECRET", repr(str(secret)))
    body = body.replace("OUTSIDE", repr(str(outside))).replace("USERS", repr(users))
    async with a_house(tmp_path) as house:
        await furnish(house, some_days(20))
        await keep(house, "looks", on_bar(body))
        wanted = Wanted("looks", "", "AAPL", "1d", {})
        made = await house.create_backtest(wanted, None, request=a_request())
        await house.run_backtests.wait(made.backtest_id)
        done = await house.backtests.get(TENANT, made.backtest_id)
        assert (done.state, done.error_message) == (BacktestState.SUCCEEDED, "")
        points = await house.results.equity(made.backtest_id, after=0, limit=100)
        assert len(points) == 20
    assert not outside.exists()
