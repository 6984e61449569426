"""An author's code does not get out of its process, as root's nor as a plain user's."""

import json
import os
import signal
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.worker_process.process import Bounds
from adapters.worker_process.processes import WorkerProcesses
from adapters.worker_process.walls.wall import USER_ID
from domain.errors import InvalidRequest
from tests import escapes
from tests.plain_user import as_plain_user
from tests.strategy_sources import HEAD

ROOT = Path(__file__).resolve().parents[3]
LINUX = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the walls are Linux's")
WHO = HEAD + "class Who(Strategy):\n    pass\nimport os\nWho.__doc__ = "


@LINUX
async def test_no_attempt_to_escape_succeeds(tmp_path: Path) -> None:
    came = await escapes.made(tmp_path, WorkerProcesses(10))
    assert came.keys() >= escapes.ATTEMPTS.keys()
    assert {name: how for name, how in came.items() if how} == {}


@LINUX
def test_no_attempt_to_escape_succeeds_where_the_platform_is_a_plain_user() -> None:
    told = as_plain_user(
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.escapes import main; main()",
    )
    came = json.loads(told.splitlines()[-1])
    assert came.keys() >= escapes.ATTEMPTS.keys()
    assert {name: how for name, how in came.items() if how} == {}
    standing = next(line for line in told.splitlines() if "walls_missing" in line)
    for wall in ("privileges", "seccomp"):
        assert wall in standing.partition("standing=")[2]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_started_as_root_a_strategy_is_nobody() -> None:
    source = WHO + "repr((os.getresuid(), os.getresgid(), os.getgroups()))"
    inspected = await WorkerProcesses(10, Bounds(user=61_000)).inspect(source, "")
    assert inspected.summary == "((61000, 61000, 61000), (61000, 61000, 61000), [])"
    inspected = await WorkerProcesses(10).inspect(source, "")
    assert inspected.summary.startswith(f"(({USER_ID}, ")


@LINUX
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the machine code is that processor's")
async def test_calls_by_the_numbers_of_another_architecture_end_the_process() -> None:
    """`int 0x80` would reach the calls of 32 bits, whose numbers mean something else."""
    source = """
import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes([0xB8, 2, 0, 0, 0, 0xCD, 0x80, 0xC3]))  # mov eax, fork; int 0x80; ret
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
"""
    with pytest.raises(InvalidRequest, match=f"signal {signal.SIGSYS:d}"):
        await WorkerProcesses(10).inspect(source, "")


async def test_each_worker_says_which_walls_stand() -> None:
    with capture_logs() as told:
        await WorkerProcesses(10).inspect(WHO + "'me'", "")
    [line] = [line for line in told if line["event"] in ("walls", "walls_missing")]
    named = {*line["standing"].split(", "), *line["missing"]}
    assert named >= {"limits", "user", "landlock", "seccomp", "tasks group"}
    assert all(line["missing"].values()), "why is not said"


WORKS = """
import asyncio, concurrent.futures, ctypes, decimal, json, logging, random, sqlite3, statistics
import tempfile, threading, time, zoneinfo
import duckdb, numpy
numpy.linalg.svd(numpy.random.default_rng(1).normal(size=(60, 60)))
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    assert sum(pool.map(len, ["a"] * 100)) == 100
async def waits():
    await asyncio.sleep(0.001)
    return await asyncio.to_thread(lambda: 7)
assert asyncio.run(waits()) == 7
total = duckdb.connect().execute("SELECT sum(range) FROM range(100000)").fetchall()
assert total == [(4999950000,)]
assert sqlite3.connect(":memory:").execute("SELECT 1").fetchone() == (1,)
assert zoneinfo.ZoneInfo("America/New_York")
time.sleep(0.001)
logging.warning("a warning")
random.random()
"""


async def test_honest_code_meets_no_wall() -> None:
    await WorkerProcesses(10).inspect(WORKS + WHO + "'me'", "")
