"""The start is quick because nothing heavy is imported before it is needed."""

import json
import os
import resource
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from apps.cli import __version__
from apps.cli.main import NOUNS, TOOLS

ROOT = Path(__file__).parents[3]
HEAVY = (
    "grpc",
    "google.protobuf",
    "sqlalchemy",
    "numpy",
    "pandas",
    "exchange_calendars",
    "duckdb",
    "rich",
    "textual",
    "multiprocessing",
)


def python(code: str, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    if cache:
        environment["PYTHONPYCACHEPREFIX"] = str(cache)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )


@pytest.mark.parametrize("arguments", [[], ["--help"], ["version"], ["backtest", "--help"]])
def test_no_heavy_module_is_imported_at_the_start(arguments):
    code = (
        "import sys, json, io, contextlib\n"
        "from apps.cli.main import run_command\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):"
        f" run_command({arguments})\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = set(json.loads(python(code).stdout))

    assert "apps.cli.main" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_no_command_module_is_heavy():
    code = "import sys, json\n" + "".join(
        f"import apps.cli.commands.{noun}\n" for noun in (*NOUNS, *TOOLS)
    )
    loaded = set(json.loads(python(code + "print(json.dumps(sorted(sys.modules)))").stdout))

    assert loaded.isdisjoint(HEAVY)


def test_a_call_brings_no_server_with_it(house, monkeypatch):
    """grpc and protobuf are needed for it, the rest of the house is not."""
    house.answers("orders.AccountService/ListAccounts", {})
    monkeypatch.setenv("TRADEMESH_ADDRESS", house.address)
    monkeypatch.setenv("TRADEMESH_TOKEN", "a-token")
    code = (
        "import sys\n"
        "from apps.cli.main import run_command\n"
        "run_command(['account', 'list', '-o', 'json'])\n"
        "print(*sys.modules)"
    )
    loaded = set(python(code).stdout.split())

    assert "grpc" in loaded
    assert loaded.isdisjoint(set(HEAVY) - {"grpc", "google.protobuf"})


@pytest.mark.parametrize("argument", ["--help", "version"])
def test_the_start_takes_less_than_300_ms(argument, tmp_path):
    code = f"from apps.cli.main import main; main([{argument!r}])"
    python(code, tmp_path)  # writes the bytecode, as an installation has it
    best = min(_seconds(code, tmp_path) for _ in range(5))

    assert best < 0.3


def _seconds(code: str, cache: Path) -> float:
    """Of processor time, which a busy machine changes little."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert python(code, cache).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_version_is_the_packages():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert __version__ == project["version"]


def test_version_prints_it(cli):
    assert json.loads(cli("version").out) == {"version": __version__}
    assert cli("version", "-o", "name").out == f"{__version__}\n"
