"""The import contracts bite: each is broken by what it forbids, in a house of empty rooms."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
NAMES = {contract["id"]: contract["name"] for contract in CONTRACTS}
ROOMS = [
    "domain", "ports", "gateway", "adapters/wire", "adapters/sql", "adapters/paper",
    "adapters/envoy", "apps/orders", "apps/strategies", "apps/market_data", "apps/backtests",
    "apps/containers", "apps/cli", "apps/exports", "apps/brokers", "apps/reports",
    "apps/retention",
]  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for room in ROOMS:
        for package in (tmp_path / room, (tmp_path / room).parent):
            package.mkdir(parents=True, exist_ok=True)
            (package / "__init__.py").touch()
    for module in ("database", "order_store"):
        (tmp_path / f"adapters/sql/{module}.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken(house: Path) -> list[str]:
    """The ids of the contracts that the imports of this house break."""
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=house,
        env=os.environ | {"NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts:" in run.stdout, run.stdout + run.stderr
    found = [id_ for id_, name in NAMES.items() if f"{name} BROKEN" in run.stdout]
    assert (run.returncode != 0) == bool(found), run.stdout
    return found


def test_allowed_imports_break_nothing(house: Path) -> None:
    (house / "adapters/paper/broker.py").write_text(
        "import adapters.wire, adapters.sql.database, ports\n"
    )
    (house / "apps/orders/servicer.py").write_text("import grpc, adapters.wire, domain\n")
    (house / "apps/containers/adapters.py").write_text("import adapters.paper, gateway\n")
    assert broken(house) == []


@pytest.mark.parametrize(
    ("file", "statement", "contracts"),
    [
        ("ports/order_store.py", "import adapters", "layers containers"),
        ("domain/clock.py", "import ports", "layers"),
        ("gateway/render.py", "import adapters.sql", "layers containers"),
        ("domain/clock.py", "import asyncio", "pure"),
        ("ports/clock.py", "from google.protobuf import timestamp_pb2", "pure"),
        ("domain/orders.py", "from trademesh.orders.v1 import order_pb2", "pure"),
        ("apps/orders/place_order.py", "import grpc", "use-cases"),
        ("apps/backtests/servicer.py", "import dependency_injector", "use-cases"),
        ("adapters/paper/broker.py", "import adapters.envoy", "adapters"),
        ("adapters/paper/broker.py", "import adapters.sql.order_store", "adapters"),
        ("apps/orders/place_order.py", "import apps.strategies", "apps"),
        ("apps/cli/main.py", "import adapters.sql", "containers"),
    ],
)
def test_a_forbidden_import_breaks_its_contracts(
    house: Path, file: str, statement: str, contracts: str
) -> None:
    (house / file).write_text(f"{statement}\n")
    assert broken(house) == contracts.split()


def test_no_noun_is_left_out_of_the_contracts() -> None:
    packages = {f"apps.{path.parent.name}" for path in ROOT.glob("apps/*/__init__.py")}
    nouns = packages - {
        f"apps.{name}" for name in ("cli", "containers", "interceptors", "platform")
    }
    by_id = {contract["id"]: contract for contract in CONTRACTS}

    assert nouns == set(by_id["use-cases"]["source_modules"])
    assert nouns == set(by_id["apps"]["modules"])
