"""Imports in worker processes: what a test of the house does in a thread, as it really is."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from adapters.worker_process.jobs import JobProcesses
from adapters.worker_process.process import Trade, Worker
from apps.market_data.imports.import_terms import WantedImport
from domain.market_data.imports import Import, ImportState
from ports.import_worker import ImportBroke, ImportWorker, ReadingOutcome, ReadingProgress
from tests.unit.market_data.house import APPLE, House, a_house, a_request

WANTED = WantedImport("AAPL.XNAS", "1d")
HEADER = "date,open,high,low,close,volume\n"
FILE = HEADER + "2014-01-02,10,12,9,11,500\n2014-01-03,11,13,10,12,600\n"


def processes(calendars: Path, *, timeout: float = 60) -> ImportWorker:
    return JobProcesses(
        "apps.containers.import_worker",
        Trade("import", ImportBroke),
        ReadingProgress,
        ReadingOutcome,
        timeout=timeout,
        arguments=[str(calendars)],
    )


@pytest.fixture
def pids(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[int]:
    """The processes that were started."""
    started: asyncio.Queue[int] = asyncio.Queue()
    spawn = Worker.spawn.__func__  # type: ignore[attr-defined]

    async def told(*arguments: object, **named: object) -> Worker[object]:
        worker: Worker[object] = await spawn(Worker, *arguments, **named)
        started.put_nowait(worker.pid)
        return worker

    monkeypatch.setattr(Worker, "spawn", told)
    return started


async def a_held_import(house: House, pids: "asyncio.Queue[int]") -> tuple[Import, int]:
    """One whose worker stands still before it has said anything."""
    await house.instruments.save(APPLE)
    one = await house.create_import(WANTED, FILE.encode(), request=a_request("declare"))
    pid = await pids.get()
    os.kill(pid, signal.SIGSTOP)
    return one, pid


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_an_import_is_read_in_a_process_of_its_own(
    tmp_path: Path, pids: "asyncio.Queue[int]"
) -> None:
    text = FILE + "2014-01-03,11,13,10,12,600\n2014-01-08,11,13,10,12,600\n"
    async with a_house(tmp_path, worker=processes(tmp_path / "calendars")) as house:
        one = await house.import_csv(text, WantedImport("KO.XNYS", "1d"))
        assert (one.state, one.bar_count) == (ImportState.SUCCEEDED, 3), one.error_message
        assert one.quality is not None
        assert one.quality.calendar == "XNYS"
        found = await house.imports.findings("local", one.import_id, after="", limit=9)
        assert [(finding.kind, finding.count) for _, finding in found] == [
            ("duplicate", 1),
            ("gap", 2),
        ]
        assert is_gone(await pids.get())
        assert list((tmp_path / "imports").iterdir()) == []


async def test_a_killed_worker_fails_its_import_with_a_reason(
    tmp_path: Path, pids: "asyncio.Queue[int]"
) -> None:
    async with a_house(tmp_path, worker=processes(tmp_path)) as house:
        one, pid = await a_held_import(house, pids)
        os.kill(pid, signal.SIGKILL)
        ended = await house.ended(one.import_id)
        assert (ended.state, ended.error_reason) == (ImportState.FAILED, "IMPORT_PROCESS_ENDED")
        assert "signal 9" in ended.error_message
        assert await house.bars.series() == []


async def test_a_worker_that_says_nothing_is_given_up(
    tmp_path: Path, pids: "asyncio.Queue[int]"
) -> None:
    async with a_house(tmp_path, worker=processes(tmp_path, timeout=0.1)) as house:
        one, pid = await a_held_import(house, pids)
        assert (await house.ended(one.import_id)).error_reason == "IMPORT_TIMED_OUT"
        assert is_gone(pid)


async def test_to_cancel_ends_the_worker_and_keeps_nothing(
    tmp_path: Path, pids: "asyncio.Queue[int]"
) -> None:
    async with a_house(tmp_path, worker=processes(tmp_path)) as house:
        one, pid = await a_held_import(house, pids)
        canceled = await house.cancel_import(one.import_id, request=a_request("cancel"))
        assert canceled.state is ImportState.CANCELED
        assert is_gone(pid)
        assert await house.imports.get("local", one.import_id) == canceled
        assert await house.cancel_import(one.import_id, request=a_request("cancel")) == canceled
        assert await house.bars.series() == []
        assert list((tmp_path / "imports").iterdir()) == []


async def test_an_import_whose_house_went_is_read_at_the_next_start(
    tmp_path: Path, pids: "asyncio.Queue[int]"
) -> None:
    async with a_house(tmp_path, worker=processes(tmp_path)) as house:
        one, pid = await a_held_import(house, pids)
    assert is_gone(pid)
    async with a_house(tmp_path, worker=processes(tmp_path)) as house:
        assert (await house.ended(one.import_id)).bar_count == 2
