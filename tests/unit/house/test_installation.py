"""Installing says what is wrong, asks where pip asks, and ships all that a run needs."""

import os
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from apps.cli import __version__

ROOT = Path(__file__).resolve().parents[3]


def test_help_lists_the_commands() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    commands = {line.split()[1] for line in shown.splitlines()}
    assert commands >= {"run", "test", "test-fast", "verify", "oracles", "bench", "lint", "lock"}


def test_a_python_that_is_too_old_is_refused_with_a_way_out(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")  # what `sys.exit(version < (3, 11))` gives
    old.chmod(0o755)

    found = subprocess.run(
        ["sh", ROOT / "requirements/python.sh"],
        env=os.environ | {"PYTHON": str(old)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert found.returncode == 1
    assert "No Python 3.11 or newer" in found.stderr
    assert "\ntry: " in found.stderr


def test_the_python_that_is_named_is_taken() -> None:
    found = subprocess.run(
        ["sh", ROOT / "requirements/python.sh"],
        env=os.environ | {"PYTHON": sys.executable}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == sys.executable


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({"PIP_INDEX_URL": "https://mirror.example/simple"}, "https://mirror.example/simple"),
        ({"UV_DEFAULT_INDEX": "https://own.example/simple"}, "https://own.example/simple"),
    ],
)
def test_uv_asks_the_index_that_the_machine_is_set_up_for(
    tmp_path: Path, environment: dict[str, str], asked: str
) -> None:
    uv = tmp_path / "uv"
    uv.write_text('#!/bin/sh\necho "$UV_DEFAULT_INDEX $*"\n')
    uv.chmod(0o755)
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PYTHON": sys.executable}

    said = subprocess.run(
        ["sh", ROOT / "requirements/uv.sh", "pip", "list"],
        env=os.environ | path | environment, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert said.stdout == f"{asked} pip list\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in the wheel that we would ship."""
    folder = tmp_path_factory.mktemp("wheel")
    hatchling = Path(sys.executable).with_name("hatchling")
    subprocess.run(
        [hatchling, "build", "-t", "wheel", "-d", folder], cwd=ROOT, capture_output=True, check=True
    )
    (built,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_the_wheel_holds_what_a_run_needs(wheel: set[str]) -> None:
    assert wheel >= {
        "adapters/sample_data/NOTICE",
        "adapters/sample_data/bars/AAPL.XNAS.parquet",
        "adapters/sample_data/corporate_actions.csv",
        "adapters/sample_data/instruments.toml",
        "adapters/sql/migrations/env.py",
        "adapters/sql/migrations/versions/0001_events_and_requests.py",
        "gateway/descriptors.pb",
        "trademesh/orders/v1/order_service_pb2_grpc.py",
        "trademesh/py.typed",
        "trademesh-0.1.0.dist-info/licenses/LICENSE",
        "trademesh-0.1.0.dist-info/licenses/protos/third_party/NOTICE",
    }
    assert any(name.startswith("apps/strategies/examples/") for name in wheel)


def test_the_wheel_holds_nothing_else(wheel: set[str]) -> None:
    ours = {"adapters", "apps", "domain", "gateway", "ports", "trademesh"}
    assert {name.split("/")[0] for name in wheel} == ours | {"trademesh-0.1.0.dist-info"}
    assert not any("__pycache__" in name for name in wheel)


def test_the_command_line_knows_the_version_that_is_installed() -> None:
    assert __version__ == metadata.version("trademesh")


def test_every_package_of_the_checkout_is_a_package() -> None:
    """A folder without `__init__.py` imports by luck and is missed by the import contracts."""
    bare = {
        path.parent.relative_to(ROOT).as_posix()
        for top in ("domain", "ports", "adapters", "apps", "gateway")
        for path in (ROOT / top).rglob("*.py")
        if not (path.parent / "__init__.py").exists()
    }
    assert {path for path in bare if "migrations" not in path and "examples" not in path} == set()


def test_every_script_is_plain_shell() -> None:
    scripts = [*ROOT.glob("requirements/*.sh"), ROOT / ".ci/run"]
    for script in scripts:
        subprocess.run(["sh", "-n", script], check=True)
        assert os.access(script, os.X_OK), script
