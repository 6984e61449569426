"""The documentation does what it says: every command and snippet of every page, by a reader."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.pages import DONE, ROOT, Reader, blocks_of, missing

README = ROOT / "README.md"
# The pages about the API have a test of their own (test_api_docs.py), for they need more tools.
PAGES = [
    page
    for page in (README, *sorted((ROOT / "docs").glob("*.md")))
    if not page.name.startswith("api")
]
WITH_BLOCKS = [page for page in PAGES if blocks_of(page)]
TYPED = [
    pytest.param(page, marks=() if page == README else pytest.mark.verify) for page in WITH_BLOCKS
]
LANGUAGES = {"console", "python", "js", "text"}


@pytest.fixture
def reader(platform, run_node, tmp_path) -> Iterator[Reader]:
    (tmp_path / "adapters").symlink_to(ROOT / "adapters")
    (tmp_path / "docs").mkdir()
    (tmp_path / "trademesh").mkdir()
    (tmp_path / "trademesh" / ".venv").symlink_to(sys.prefix)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TRADEMESH_ADDRESS": platform.grpc,
        "TRADEMESH_TOKEN_FILE": str(platform.token_file),
        "NO_COLOR": "1",
        "TERM": "dumb",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installation has its bytecode
    with Reader(platform, tmp_path, run_node, environment) as reader:
        yield reader


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", TYPED, ids=lambda page: page.stem)
def test_a_reader_who_types_everything_gets_what_it_says(page, reader):
    for block in blocks_of(page):
        reader.read(block)
    if page == README:
        orders = reader.type('trademesh order list --account "$ACCOUNT" -o name').split()
        assert len(orders) == 3, "the same order three ways"
    for figure in sorted((reader.folder / "docs").iterdir()):
        same = (ROOT / "docs" / figure.name).read_bytes() == figure.read_bytes()
        assert same, f"docs/{figure.name} is not what {page.name} makes"


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.stem)
def test_every_block_is_of_a_kind_that_is_run(page):
    assert {block.language for block in blocks_of(page)} <= LANGUAGES
    for block in blocks_of(page):
        if block.language == "console":
            assert all(line.startswith("$ ") for line in block.text.splitlines())


def test_what_is_said_of_the_output_can_be_wrong():
    printed = "Return   +45.14%\nRound trips   60\n"
    assert missing("Return  +45.14%\nRound … 60", printed) == ""
    assert missing("Return  +45.15%", printed) == "Return  +45.15%"
    assert missing("Round trips 60\nReturn +45.14%", printed) == "Return +45.14%"
    assert missing("Round trips", printed) == "Round trips"


def test_the_strategy_has_fewer_than_twenty_lines_and_the_notebook_ten():
    strategy, _, notebook = (block for block in blocks_of(README) if block.language == "python")
    assert len([line for line in strategy.text.splitlines() if line.strip()]) < 20
    assert len([line for line in notebook.text.splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page):
    text = page.read_text("utf-8")
    for link in re.findall(r'\]\(([^)#\s]+)|src(?:set)?="([^"]+)"', text):
        target = "".join(link)
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_make_target_it_names_exists(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", page.read_text("utf-8")))
    assert named <= targets | {"help"}


def test_the_readme_leads_to_every_page_and_every_folder():
    text = README.read_text("utf-8")
    folders = re.findall(r"^\| `(\w+/)` \|", text, re.MULTILINE)
    assert len(folders) > 5
    assert all((ROOT / folder).is_dir() for folder in folders)
    assert all(f"docs/{page.name}" in text for page in PAGES if page != README)


def test_what_the_reader_has_done_already_is_on_a_page():
    typed = {
        command for page in WITH_BLOCKS for block in blocks_of(page) for command in block.commands
    }
    assert typed >= DONE
