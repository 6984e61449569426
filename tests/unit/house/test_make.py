"""`make run` passes signals and failures on, and leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
STAND_IN = """#!{python}
import signal, sys
wanted = {{signal.SIGTERM, signal.SIGINT}}
signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
print("up", *sys.argv[1:], flush=True)
print("drained after", signal.sigwait(wanted).name, flush=True)
sys.exit({code})
"""


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts `make run` in a house that is installed, with a stand-in for the platform."""
    for path in ["Makefile", "pyproject.toml", "requirements/run.lock", "requirements/build.lock"]:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    program = tmp_path / ".venv/bin/trademesh"
    program.parent.mkdir(parents=True)

    def start(code: int = 0) -> subprocess.Popen[str]:
        program.write_text(STAND_IN.format(python=sys.executable, code=code))
        program.chmod(0o755)
        (tmp_path / ".venv/.run").touch()
        make = subprocess.Popen(
            ["make", "run", "ARGS=--headless"],
            cwd=tmp_path,
            env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert make.stdout
        assert make.stdout.readline() == "up up --headless\n"
        return make

    return start


def child_of(make: subprocess.Popen[str]) -> int:
    children = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = (line.split() for line in children.stdout.splitlines())
    return next(int(pid) for pid, parent in pairs if int(parent) == make.pid)


def assert_nothing_is_left(make: subprocess.Popen[str]) -> None:
    with pytest.raises(ProcessLookupError):
        os.killpg(make.pid, 0)


def test_stopping_the_platform_ends_make_well(
    make_run: Callable[..., subprocess.Popen[str]],
) -> None:
    make = make_run()
    os.kill(child_of(make), signal.SIGTERM)

    output, _ = make.communicate(timeout=20)
    assert output == "drained after SIGTERM\n"
    assert make.returncode == 0
    assert_nothing_is_left(make)


def test_killing_make_drains_the_platform_first(
    make_run: Callable[..., subprocess.Popen[str]],
) -> None:
    make = make_run()
    make.terminate()

    output, _ = make.communicate(timeout=20)
    assert output == "drained after SIGTERM\n"
    assert_nothing_is_left(make)


def test_ctrl_c_drains_the_platform(make_run: Callable[..., subprocess.Popen[str]]) -> None:
    make = make_run()
    os.killpg(make.pid, signal.SIGINT)

    output, _ = make.communicate(timeout=20)
    assert output == "drained after SIGINT\n"
    assert_nothing_is_left(make)


def test_a_platform_that_fails_fails_make(make_run: Callable[..., subprocess.Popen[str]]) -> None:
    make = make_run(code=3)
    os.kill(child_of(make), signal.SIGTERM)

    make.communicate(timeout=20)
    assert make.returncode != 0
