"""Envoy as a child: it starts when it can, comes back when it dies, and never outlives us."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import structs

from adapters.envoy.orphan import end_orphan, is_envoy
from adapters.envoy.process import RESTARTS, EnvoyProcess
from domain.errors import NotAllowedNow, Unavailable
from gateway.render import render
from tests.unit.gateway.standin import StandIn

START_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
from adapters.envoy.process import EnvoyProcess
from gateway.render import render
from tests.unit.gateway.standin import StandIn

async def main():
    house = StandIn(Path(sys.argv[1]))
    envoy = EnvoyProcess(render(house.edge), house.place)
    await envoy.start()
    print(envoy.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.fixture
async def alone() -> AsyncIterator[tuple[StandIn, EnvoyProcess]]:
    """An Envoy with nothing behind it, not started yet."""
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        house = StandIn(Path(folder))
        envoy = EnvoyProcess(render(house.edge), house.place)
        yield house, envoy
        await envoy.stop()


async def test_it_takes_calls_after_start_and_none_after_stop(alone) -> None:
    house, envoy = alone
    await envoy.start()
    assert house.call("GET", "/healthz", token=None).status == 200
    assert is_envoy(envoy.pid, house.place.config)
    await envoy.stop()
    assert not house.place.pid_file.exists()
    assert not house.admin_socket.exists()
    with pytest.raises(ConnectionRefusedError):
        house.call("GET", "/healthz", token=None)
    await envoy.stop()  # a second time does nothing


async def test_a_port_in_use_is_named(alone) -> None:
    house, envoy = alone
    with socket.socket() as other:
        other.bind(("127.0.0.1", house.port))
        other.listen()
        with pytest.raises(NotAllowedNow) as refused:
            await envoy.start()
    assert refused.value.reason == "PORT_IN_USE"
    assert refused.value.facts == {"port": str(house.port)}
    assert str(house.port) in refused.value.message
    assert envoy.pid is None


async def test_an_address_that_is_not_ours_is_refused(alone) -> None:
    house, _ = alone
    place = structs.replace(house.place, host="192.0.2.1")
    with pytest.raises(NotAllowedNow) as refused:
        await EnvoyProcess({}, place).start()
    assert refused.value.reason == "PORT_NOT_ALLOWED"


async def test_two_cannot_share_a_port(alone) -> None:
    house, envoy = alone
    await envoy.start()
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        second = StandIn(Path(folder))
        edge = structs.replace(second.edge, port=house.port)
        place = structs.replace(second.place, port=house.port)
        with pytest.raises(NotAllowedNow, match="in use"):
            await EnvoyProcess(render(edge), place).start()


async def test_a_configuration_that_envoy_refuses_never_starts(alone) -> None:
    house, _ = alone
    with pytest.raises(Unavailable) as refused:
        await EnvoyProcess({"static_resources": {"listeners": 7}}, house.place).start()
    assert refused.value.reason == "EDGE_CONFIG_INVALID"


async def test_it_comes_back_when_it_dies(alone) -> None:
    house, envoy = alone
    await envoy.start()
    first = envoy.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: envoy.pid not in (None, first) and answers(house))


async def test_it_is_given_up_when_it_dies_too_often(alone) -> None:
    house, envoy = alone
    await envoy.start()
    for _ in range(RESTARTS):
        dying = envoy.pid
        os.kill(dying, signal.SIGKILL)
        await until(lambda dying=dying: envoy.pid not in (None, dying) and answers(house))
    os.kill(envoy.pid, signal.SIGKILL)
    async with asyncio.timeout(10):
        await envoy.given_up()


async def test_one_that_dies_while_it_starts_is_started_once_more(alone) -> None:
    house, envoy = alone
    await envoy.start()
    for _ in range(2):
        dying = envoy.pid
        os.kill(dying, signal.SIGKILL)
        await until(lambda dying=dying: envoy.pid not in (None, dying))  # not ready yet, perhaps
    await until(lambda: answers(house))


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child of its parent's death"
)
def test_it_dies_with_the_process_that_started_it() -> None:
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        parent = subprocess.run(
            [sys.executable, "-c", START_AND_DIE, folder],
            capture_output=True,
            text=True,
            check=False,
        )
        assert parent.returncode == -signal.SIGKILL, parent.stderr
        asyncio.run(until(lambda: not is_alive(int(parent.stdout))))


async def test_one_that_was_left_behind_is_ended_by_the_next_start(alone) -> None:
    house, envoy = alone
    await envoy.start()
    left_behind = envoy.pid
    envoy._keeper.cancel()  # nobody looks after it any more, as if we had been killed
    second = EnvoyProcess(render(house.edge), house.place)
    await second.start()
    assert second.pid != left_behind
    assert not is_envoy(left_behind, house.place.config)
    await second.stop()


def test_a_stranger_with_the_same_process_id_is_left_alone(tmp_path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        pid_file = tmp_path / "envoy.pid"
        pid_file.write_text(str(stranger.pid))
        assert not end_orphan(pid_file, tmp_path / "envoy.json")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("content", ["", "not a number", "999999999"])
def test_a_damaged_pid_file_is_no_trouble(tmp_path, content: str) -> None:
    pid_file = tmp_path / "envoy.pid"
    pid_file.write_text(content)
    assert not end_orphan(pid_file, tmp_path / "envoy.json")


def answers(house: StandIn) -> bool:
    try:
        return house.call("GET", "/healthz", token=None).status == 200
    except OSError:
        return False


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


async def until(condition, seconds: float = 15.0) -> None:
    """Another process does it in its own time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
