"""Every command that help or a page shows is one that the command line takes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.tree import ALL

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
GROUPS = {name.rpartition(" ")[0] for name in ALL} | {name.split()[0] for name in ALL}


def in_help() -> Iterator[str]:
    """The examples, each a line of its command's help."""
    for command in ALL.values():
        example = (command.help or "").partition("Example:")[2] + (command.epilog or "")
        yield from re.findall(r"^\s*(trademesh .*)$", example, re.MULTILINE)


def on_pages() -> Iterator[str]:
    """What readers are told to type."""
    for page in PAGES:
        yield from re.findall(r"^\$ (trademesh .*)$", page.read_text("utf-8"), re.MULTILINE)


def parts(line: str) -> Iterator[str]:
    """The commands of a line, those inside $(…) too, without what the shell does with them."""
    for inner in re.findall(r"\$\((trademesh [^)]*)\)", line):
        yield from parts(inner)
    yield re.sub(r"\$\([^)]*\)", "substituted", line)


TYPED = sorted({part for line in (*in_help(), *on_pages()) for part in parts(line)})


def words_of(line: str) -> list[str]:
    """What the shell hands to the command: up to a pipe, a redirection or the next command."""
    return shlex.split(re.split(r" (?:\||>|&&?|;)(?: |$)", line)[0])[1:]


def name_of(words: list[str]) -> str:
    """The longest beginning that is a command, or a noun with a default of its own."""
    beginnings = [" ".join(words[:n]) for n in (3, 2, 1)]
    return next((one for one in beginnings if one in ALL or one in GROUPS), "")


@pytest.mark.parametrize("line", TYPED)
def test_what_is_shown_is_taken(line: str) -> None:
    words = words_of(line)
    name = name_of(words)
    assert name
    if name in ALL:
        context = ALL[name].make_context(name, words[len(name.split()) :])
        assert context.command is ALL[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_mentions_exists(page: Path) -> None:
    for mentioned in re.findall(r"`trademesh ([a-z][^`]*)`", page.read_text("utf-8")):
        words = re.findall(r"[a-z-]+", mentioned.partition(" --")[0])
        assert name_of(words), mentioned


def test_there_are_many_of_them_and_a_wrong_one_is_found() -> None:
    assert len(TYPED) > len(ALL)
    wrong = words_of("trademesh backtest run sma-cross -i AAPL --instruments")
    with pytest.raises(Exception, match="No such option"):
        ALL["backtest run"].make_context("backtest run", wrong[2:])
