"""docs/first-hour.md, typed again: its very commands on a machine that has nothing of ours yet."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.journeys.pages import Block, blocks_of, missing

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "first-hour.md"
BLOCKS = blocks_of(PAGE)
COMMANDS = [command for block in BLOCKS for command in block.commands]
MOST_SECONDS = 300
DRAIN_SECONDS = 30
IS_UP = "trademesh is up on"


class Newcomer:
    """Types one command after the other; what does not end is left in a terminal of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self.environment = environment
        self._begun = time.monotonic()
        self.platform: subprocess.Popen[str] | None = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def type(self, command: str) -> str:
        """What it prints, on both outputs, up to its end or to where the platform is up."""
        minutes, seconds = divmod(int(self.seconds), 60)
        print(f"\n{minutes}:{seconds:02} $ {command}")
        process = subprocess.Popen(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert process.stdout
        printed = []
        for line in process.stdout:
            print(line, end="")
            printed.append(line)
            if IS_UP in line:
                self.platform = process
                return "".join(printed)
        assert process.wait() == 0, "".join(printed)
        return "".join(printed)

    def leave(self) -> None:
        """Ctrl-C in the other terminal."""
        if self.platform is not None:
            os.killpg(self.platform.pid, signal.SIGINT)
            self.platform.communicate(timeout=DRAIN_SECONDS)


@pytest.fixture
def newcomer(tmp_path: Path, clean_environment: dict[str, str]):
    newcomer = Newcomer(tmp_path, clean_environment | {"REPOSITORY": str(ROOT)})
    yield newcomer
    newcomer.leave()


def test_from_clone_to_a_backtest_of_ones_own_in_four_commands_and_five_minutes(
    newcomer: Newcomer,
) -> None:
    printed = ""
    for block in BLOCKS:
        if block.language == "console":
            for command in block.commands:
                printed = newcomer.type(as_table(command))
        elif block.language == "text":
            lacking = missing(here(block, newcomer), printed)
            assert not lacking, f"not printed: {lacking}\n--- but ---\n{printed}"
    assert newcomer.seconds < MOST_SECONDS
    print(f"\n{newcomer.seconds:.0f} seconds for {len(COMMANDS)} commands")


def test_they_are_fewer_than_five_and_the_page_says_when_each_was_typed() -> None:
    assert len(COMMANDS) < 5
    times = re.findall(r"\*\*(\d+):(\d\d)\*\*", PAGE.read_text("utf-8"))
    seconds = [60 * int(minutes) + int(rest) for minutes, rest in times]
    assert len(seconds) == len(COMMANDS) + 1, "one for each, and one for the end"
    assert seconds == sorted(seconds)
    assert seconds[-1] < MOST_SECONDS


def as_table(command: str) -> str:
    """As a terminal would have it: here the output is a pipe."""
    return f"{command} -o table" if "bin/trademesh" in command else command


def here(block: Block, newcomer: Newcomer) -> str:
    """Its address and its folder, as they are in this test."""
    own = newcomer.environment
    text = block.text.replace("127.0.0.1:8080", f"127.0.0.1:{own['TRADEMESH_PORT']}")
    return text.replace("~/.local/share/trademesh", own["TRADEMESH_DATA_DIR"])
