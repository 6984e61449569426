"""The README does what it says: every command and every snippet in it, in order, by a reader."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")

# What the reader has done already when a test runs.
DONE = {"make run", "make test", "source .venv/bin/activate"}


@dataclass(frozen=True)
class Block:
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]

    @property
    def file_name(self) -> str:
        """`trend.py` of a block that begins with `# trend.py`."""
        first = re.match(r"# (\w+\.py)\n", self.text)
        return first[1] if first else ""


BLOCKS = [
    Block(*match)
    for match in re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
]


# The README's backtest, and the figures that it says the backtest prints.
BACKTEST = next(
    command for block in BLOCKS for command in block.commands if "backtest run sma-cross" in command
)
FIGURES = next(block for block in BLOCKS if "Equity at the end" in block.text)


@dataclass
class Reader:
    """Types what the README says, at a terminal in a clone; `folder` stands for the clone."""

    platform: object
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def type(self, command: str) -> str:
        """What the command prints; what it exports stays."""
        kept = self.folder / "environment"
        script = f"set -e\n{self.here(command)}\nenv -0 > {shlex.quote(str(kept))}"
        printed = self._run(["bash", "-c", script])
        pairs = (each.partition("=") for each in kept.read_text().split("\0") if each)
        self.environment = {name: value for name, _, value in pairs}
        return printed

    def run_python(self, text: str) -> str:
        return self._run(["python", "-c", self.here(text)])

    def here(self, text: str) -> str:
        """The README's address and token file, as they are in this test."""
        text = text.replace("127.0.0.1:8080", self.platform.grpc)
        return text.replace("~/.local/share/trademesh/token", str(self.platform.token_file))

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def reader(platform, tmp_path) -> Reader:
    (tmp_path / "adapters").symlink_to(ROOT / "adapters")
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TRADEMESH_ADDRESS": platform.grpc,
        "TRADEMESH_TOKEN_FILE": str(platform.token_file),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installation has its bytecode
    return Reader(platform, tmp_path, environment)


@pytest.mark.timeout(300)
def test_a_reader_who_types_everything_gets_what_it_says(reader, run_node):
    for block in BLOCKS:
        if block.language == "console":
            for command in block.commands:
                if command not in DONE:
                    reader.type(command)
        elif block.language == "python" and block.file_name:
            (reader.folder / block.file_name).write_text(block.text)
        elif block.language == "python":
            assert reader.run_python(block.text)
        elif block.language == "js":
            printed = run_node(reader.here(block.text), reader.environment)
            assert "STATE_CREATED" in printed or "orderId" in printed

    said = {" ".join(line.split()) for line in FIGURES.text.splitlines()}
    printed = reader.type(f"{BACKTEST} -o table").splitlines()
    assert said <= {" ".join(line.split()) for line in printed}

    orders = reader.type('trademesh order list --account "$ACCOUNT" -o name').split()
    assert len(orders) == 3, "the same order three ways"


def test_every_block_is_of_a_kind_that_is_run():
    assert {block.language for block in BLOCKS} == {"console", "python", "js", "text"}


def test_the_strategy_has_fewer_than_twenty_lines_and_the_notebook_ten():
    strategy, _, notebook = (block for block in BLOCKS if block.language == "python")
    assert len([line for line in strategy.text.splitlines() if line.strip()]) < 20
    assert len([line for line in notebook.text.splitlines() if line.strip()]) <= 10


def test_every_link_and_every_folder_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    folders = re.findall(r"^\| `(\w+/)` \|", README, re.MULTILINE)
    assert len(folders) > 5
    for path in links + folders:
        assert (ROOT / path).exists(), path


def test_every_make_target_it_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", README))
    assert named
    assert named <= targets | {"help"}
