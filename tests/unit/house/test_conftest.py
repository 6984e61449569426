"""A missing server or program may not pass unseen: skipped by name here, a failure in CI."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEST = """
import pytest

def test_needs_something():
    pytest.skip("{reason}")
"""


def run(folder: Path, reason: str, **environment: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "tests/conftest.py", folder)
    (folder / "test_needs.py").write_text(TEST.format(reason=reason))
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rsf", "-p", "no:cacheprovider", f"--rootdir={folder}"],
        cwd=folder, env=kept | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_laptop_skips_what_is_missing_by_name(tmp_path: Path) -> None:
    outcome = run(tmp_path, "needs Redis")
    assert outcome.returncode == 0, outcome.stdout
    assert "needs Redis" in outcome.stdout


@pytest.mark.parametrize(("reason", "code"), [("needs Redis", 1), ("needs TimescaleDB", 0)])
def test_ci_fails_where_something_is_missing(tmp_path: Path, reason: str, code: int) -> None:
    outcome = run(tmp_path, reason, CI="true")
    assert outcome.returncode == code, outcome.stdout
    assert reason in outcome.stdout
