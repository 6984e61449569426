"""docs/first-hour.md, typed again: its very commands on a machine that has nothing of ours yet."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.pages import Block, a_terminal, blocks_of, lines_of, missing

pytestmark = pytest.mark.alone

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
        self._left_open: tuple[subprocess.Popen[bytes], Iterator[str]] | None = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def type(self, command: str) -> str:
        """What it prints at a terminal, up to its end or to where the platform is up."""
        minutes, seconds = divmod(int(self.seconds), 60)
        print(f"\n{minutes}:{seconds:02} $ {command}")
        ours, theirs = a_terminal()
        process = subprocess.Popen(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        printed = []
        screen = lines_of(ours)
        for line in screen:
            print(line)
            printed.append(line)
            if IS_UP in line:
                self._left_open = process, screen
                return "\n".join(printed)
        assert process.wait() == 0, "\n".join(printed)
        return "\n".join(printed)

    def leave(self) -> None:
        """Ctrl-C in the other terminal."""
        if self._left_open is not None:
            process, screen = self._left_open
            os.killpg(process.pid, signal.SIGINT)
            print("\n".join(screen))
            process.wait(DRAIN_SECONDS)


@pytest.fixture
def newcomer(tmp_path: Path, clean_environment: dict[str, str]) -> Iterator[Newcomer]:
    plain = {"REPOSITORY": str(ROOT), "TERM": "dumb", "NO_COLOR": "1"}
    newcomer = Newcomer(tmp_path, clean_environment | plain)
    yield newcomer
    newcomer.leave()


def test_from_clone_to_a_backtest_of_ones_own_in_four_commands_and_five_minutes(
    newcomer: Newcomer,
) -> None:
    printed = ""
    for block in BLOCKS:
        if block.language == "console":
            for command in block.commands:
                printed = newcomer.type(command)
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


def here(block: Block, newcomer: Newcomer) -> str:
    """Its address and its folder, as they are in this test."""
    own = newcomer.environment
    text = block.text.replace("127.0.0.1:8080", f"127.0.0.1:{own['TRADEMESH_PORT']}")
    return text.replace("~/.local/share/trademesh", own["TRADEMESH_DATA_DIR"])
