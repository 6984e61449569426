"""Pages of the documentation, and a reader who types everything they say."""

import fcntl
import json
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]

# What the reader has done already when a test runs; nobody says what these print.
DONE = {
    "make run",
    "make test",
    "source .venv/bin/activate",
    "git clone $REPOSITORY trademesh",
    "make -C trademesh run",
}

_ROWS, _COLUMNS = 50, 120
_SECONDS = 240

# Runs snippet after snippet, as a notebook does: a page's later ones know the names of earlier.
_NOTEBOOK = """
import contextlib, io, json, sys, traceback
names = {"__name__": "__main__"}
for line in sys.stdin:
    printed, error = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(json.loads(line), "<page>", "exec"), names)
        except BaseException:
            error = traceback.format_exc()
    print(json.dumps([printed.getvalue(), error]), flush=True)
"""


@dataclass(frozen=True)
class Block:
    """A block of code on a page."""

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


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page, from top to bottom."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [Block(*match) for match in found]


def missing(expected: str, printed: str) -> str:
    """The first line of `expected` that `printed` does not have, in order; "" if it has all.

    Spaces count as one, and … stands for anything.
    """
    lines = iter(" ".join(line.split()) for line in printed.splitlines())
    for line in expected.splitlines():
        pattern = ".*".join(re.escape(part) for part in " ".join(line.split()).split("…"))
        if pattern and not any(re.fullmatch(pattern, one) for one in lines):
            return line
    return ""


@dataclass
class Reader:
    """Types what a page says, at a terminal in a clone; `folder` stands for the clone."""

    platform: object
    folder: Path
    run_node: Callable[..., str]
    environment: dict[str, str] = field(default_factory=dict)
    printed: str | None = None
    notebook: "subprocess.Popen[str] | None" = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.notebook is not None:
            self.notebook.communicate()  # its input has ended, so it does

    def read(self, block: Block) -> None:
        """Do what a block says, or hold what was printed last against it."""
        if block.language == "console":
            for command in block.commands:
                self.printed = None if command in DONE else self.type(command)
        elif block.language == "python" and block.file_name:
            (self.folder / block.file_name).write_text(block.text)
        elif block.language == "python":
            self.printed = self.run_python(block.text)
        elif block.language == "js":
            self.printed = self.run_node(self.here(block.text), self.environment)
        elif block.language == "text" and self.printed is not None:
            lacking = missing(self.here(block.text), self.printed)
            assert not lacking, f"not printed: {lacking}\n--- but ---\n{self.printed}"

    def type(self, command: str) -> str:
        """What the command prints at a terminal; what it exports stays."""
        kept = self.folder / "environment"
        script = f"set -e\n{self.here(command)}\nenv -0 > {shlex.quote(str(kept))}"
        printed = self._at_terminal(["bash", "-c", script])
        pairs = (each.partition("=") for each in kept.read_text().split("\0") if each)
        self.environment = {name: value for name, _, value in pairs}
        return printed

    def run_python(self, text: str) -> str:
        """What a snippet prints."""
        if self.notebook is None:
            self.notebook = subprocess.Popen(
                [sys.executable, "-c", _NOTEBOOK],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self.notebook.stdin
        assert self.notebook.stdout
        self.notebook.stdin.write(json.dumps(self.here(text)) + "\n")
        self.notebook.stdin.flush()
        printed, error = json.loads(self.notebook.stdout.readline())
        assert not error, f"{text}\n{error}"
        return printed

    def here(self, text: str) -> str:
        """The pages' address and token file, as they are in this test."""
        text = text.replace("127.0.0.1:8080", self.platform.grpc)
        return text.replace("~/.local/share/trademesh/token", str(self.platform.token_file))

    def _at_terminal(self, command: list[str]) -> str:
        """Only the output is a terminal: nobody sits there to answer a question."""
        ours, theirs = a_terminal()
        with TemporaryFile() as talk:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=theirs,
                stderr=talk,
            )
            os.close(theirs)
            printed = "".join(f"{line}\n" for line in lines_of(ours))
            code = process.wait(_SECONDS)
            talk.seek(0)
            assert code == 0, f"{command[-1]}\n{printed}\n{talk.read().decode()}"
        return printed


def a_terminal() -> tuple[int, int]:
    """Our end of a terminal and that of the programs in it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    return ours, theirs


def lines_of(terminal: int) -> Iterator[str]:
    """What is printed, until the other end is closed."""
    with open(terminal, "rb", buffering=0) as source:
        rest = b""
        while True:
            try:
                piece = source.read(65_536)
            except OSError:  # how Linux says that the other end is closed
                piece = b""
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line.decode().rstrip("\r") for line in lines)
            if not piece:
                break
        if rest:
            yield rest.decode()
