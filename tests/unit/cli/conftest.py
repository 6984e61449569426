"""Every test of the command line has a platform of its own, and runs commands against it."""

from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from apps.cli.main import run_command
from tests.unit.cli.house import House, Refusal

Json = dict[str, Any]


@pytest.fixture
def house() -> Iterator[House]:
    """A platform at `house.address`."""
    house = House()
    server = grpc.server(futures.ThreadPoolExecutor(8), handlers=(house,))
    house.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield house
    house.close()
    server.stop(None).wait(5)


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def hint(self) -> str:
        """The last line on stderr."""
        return self.err.rstrip().rpartition("\n")[2]


@pytest.fixture
def cli(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Result]:
    """Runs one command against the platform of this test."""
    for name in ("TRADEMESH_TOKEN_FILE", "TRADEMESH_PORT", "TRADEMESH_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRADEMESH_ADDRESS", house.address)
    monkeypatch.setenv("TRADEMESH_TOKEN", "a-token")

    def run(*arguments: str) -> Result:
        code = run_command(arguments)
        captured = capsys.readouterr()
        return Result(int(code), captured.out, captured.err)

    return run


@pytest.fixture
def refusal() -> type[Refusal]:
    return Refusal


@pytest.fixture
def backtest() -> Json:
    """A backtest that succeeded, as the platform sends it."""
    return {
        "backtest_id": "bt_1",
        "strategy_id": "sma-cross",
        "version_id": "sha256:1",
        "instrument_id": "AAPL.XNAS",
        "timeframe": "1d",
        "start_time": "2000-03-01T00:00:00Z",
        "end_time": "2013-03-01T00:00:00Z",
        "parameters": {"fast": "10"},
        "cash": "100000",
        "state": "STATE_SUCCEEDED",
        "progress": {"bar_count": "3270", "total_bar_count": "3270", "equity": "128400.25"},
        "statistics": {
            "final_equity": "128400.25",
            "order_count": "56",
            "total_return": 0.2840025,
            "max_drawdown": -0.125,
            "win_rate": 0.5,
            "periods_per_year": 252,
        },
        "result_hash": "sha256:2",
        "create_time": "2026-01-02T03:04:05Z",
    }


@pytest.fixture
def order() -> Json:
    """An order as it is kept before it is sent."""
    return {
        "order_id": "o1",
        "account_id": "acc_1",
        "number": "1",
        "instrument_id": "AAPL.XNAS",
        "side": "SIDE_BUY",
        "quantity": "10",
        "order_type": "ORDER_TYPE_LIMIT",
        "limit_price": "64.5",
        "time_in_force": "TIME_IN_FORCE_DAY",
        "state": "STATE_CREATED",
        "filled_quantity": "0",
        "create_time": "2026-01-02T03:04:05Z",
    }
