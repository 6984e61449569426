"""The locks install the same everywhere: every file hashed, no host and no path of any machine."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LOCKS = sorted((ROOT / "requirements").rglob("*.lock"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

each_lock = pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)


def pins(lock: Path) -> set[tuple[str, str]]:
    """Each locked package with its version."""
    return set(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", lock.read_text(), re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=\[ ]", name)[0].lower().replace("_", "-") for name in requirements}


@each_lock
def test_a_lock_names_no_host_and_no_path(lock: Path) -> None:
    named = re.findall(r"https?:|file:|--\w+-url|--find-links|(?<![\w.])/\w+", lock.read_text())
    assert named == []


@each_lock
def test_every_locked_package_is_hashed(lock: Path) -> None:
    entries = re.split(r"\n(?=[\w.-]+(?:\[[\w,-]+\])?==)", lock.read_text())[1:]

    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@each_lock
def test_every_python_gets_the_same_version(lock: Path) -> None:
    locked = [name for name, _ in pins(lock)]
    assert sorted(locked) == sorted(set(locked))


def test_what_we_run_is_what_we_test() -> None:
    assert pins(ROOT / "requirements/run.lock") <= pins(ROOT / "requirements/dev.lock")


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("run", PROJECT["project"]["dependencies"]),
        ("dev", PROJECT["dependency-groups"]["dev"]),
        ("build", PROJECT["build-system"]["requires"] + PROJECT["dependency-groups"]["build"]),
        ("installer", PROJECT["dependency-groups"]["uv"]),
        ("peers/backtesting", PROJECT["dependency-groups"]["peer-backtesting"]),
        ("peers/backtrader", PROJECT["dependency-groups"]["peer-backtrader"]),
        ("peers/nautilus", PROJECT["dependency-groups"]["peer-nautilus"]),
    ],
)
def test_a_lock_holds_what_the_project_asks_for(lock: str, wanted: list[str]) -> None:
    locked = {name for name, _ in pins(ROOT / f"requirements/{lock}.lock")}
    assert names(wanted) - locked == set()


def test_the_generator_is_as_old_as_the_runtime() -> None:
    """Generated code refuses a grpcio older than the one it was made with."""
    versions = dict(pins(ROOT / "requirements/dev.lock"))
    assert versions["grpcio-tools"] == versions["grpcio"]
