"""The whole platform, started as a stranger would start it, and clients of all three kinds."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.cli import Cli, runner, runner_here
from tests.journeys.clients import Grpc, Rest
from tests.journeys.node import Node
from tests.unit.gateway.standin import StandIn, running

READY_SECONDS = 120
STOP_SECONDS = 30
TRADEMESH = Path(sys.executable).parent / "trademesh"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The journeys of a file stay together; each worker has one platform for all of its files."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


class Platform:
    """A running `trademesh up --headless`; the names are those of its one line of JSON."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        port = free_port()
        self._log = (folder / "stderr.log").open("w+b")
        self.process = subprocess.Popen(
            [str(TRADEMESH), "up", "--headless", *arguments],
            env=os.environ | {"TRADEMESH_DATA_DIR": str(folder), "TRADEMESH_PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        ready = self._ready_line()
        self.rest: str = ready["rest"]
        self.grpc: str = ready["grpc"]
        self.token_file = Path(ready["token_file"])
        self.data_dir = Path(ready["data_dir"])
        self.demo_backtest: str = ready["demo_backtest"]
        self.demo_run: str = ready["demo_run"]

    @property
    def token(self) -> str:
        return self.token_file.read_text().strip()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self._log.close()

    def _ready_line(self) -> dict[str, str]:
        assert self.process.stdout is not None
        timer = _kill_after(self.process, READY_SECONDS)
        line = self.process.stdout.readline()
        timer.cancel()
        if not line:
            self.process.wait()
            self._log.seek(0)
            pytest.fail(f"the platform did not start:\n{self._log.read().decode()}")
        ready: dict[str, str] = json.loads(line)
        assert ready["ready"] is True
        return ready


def _kill_after(process: "subprocess.Popen[str]", seconds: float):
    from threading import Timer

    timer = Timer(seconds, process.kill)
    timer.start()
    return timer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """One platform for the session, with the demo's backtest and run in it."""
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        platform = Platform(Path(folder))
        yield platform
        assert platform.stop() == 0


@pytest.fixture(autouse=True)
def _at_liberty(rest: Rest) -> Iterator[None]:
    """A kill switch that a test has pressed is released behind it: others trade here too."""
    yield
    for one in rest.get("/v1/kill_switches", page_size=1000).json["kill_switches"]:
        path = f"/v1/kill_switches/{one['kill_switch_id']}"
        for verb in ("release", "release_global"):
            rest.post(f"{path}:{verb}", reason="the test is over")


@pytest.fixture(scope="session")
def installed(platform: Platform) -> Cli:
    """Runs one command of the installed `trademesh`, in a process of its own."""
    return runner(platform.grpc, platform.token_file)


@pytest.fixture(scope="session")
def cli(platform: Platform) -> Cli:
    """Runs one command in this process."""
    return runner_here(platform.grpc, platform.token_file)


@pytest.fixture(scope="session")
def rest(platform: Platform) -> Rest:
    return Rest(platform.rest, platform.token)


@pytest.fixture(scope="session")
def grpc_client(platform: Platform) -> Iterator[Grpc]:
    with Grpc(platform.grpc, platform.token) as client:
        yield client


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return Node(tmp_path_factory.mktemp("node"))


@pytest.fixture
def run_node(node: Node):
    """`run_node(text, environment)` runs JavaScript that imports generated code as `./gen/…`."""
    return node.run


@pytest.fixture(scope="session")
def standin() -> Iterator[StandIn]:
    """A small house whose servicers take their time: for what must be seen while it happens."""
    with tempfile.TemporaryDirectory(prefix="tm-") as folder, running(Path(folder)) as house:
        yield house
