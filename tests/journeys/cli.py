"""The installed `trademesh`, run as a person or a script runs it."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from apps.cli.main import run_command

TRADEMESH = Path(sys.executable).parent / "trademesh"


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Of a stream: an object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def hint(self) -> str:
        return self.err.rstrip().rpartition("\n")[2]


Cli = Callable[..., Result]


def environment(address: str, token_file: Path) -> dict[str, str]:
    """Of a command that speaks to this platform; an installation has its bytecode."""
    ours = {"TRADEMESH_ADDRESS": address, "TRADEMESH_TOKEN_FILE": str(token_file)}
    given = os.environ | ours
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    return given


def runner(address: str, token_file: Path) -> Cli:
    """`run("order", "list")` runs one command against this platform; nobody is at its stdin."""

    def run(*arguments: str, **more: str) -> Result:
        done = subprocess.run(
            [str(TRADEMESH), *arguments],
            env=environment(address, token_file) | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return run


def runner_here(address: str, token_file: Path) -> Cli:
    """As `runner`, in this process: the same code without the half second of a start."""
    ours = {"TRADEMESH_ADDRESS": address, "TRADEMESH_TOKEN_FILE": str(token_file)}

    def run(*arguments: str) -> Result:
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        nobody = patch("sys.stdin", io.StringIO())
        with nobody, patch.dict(os.environ, ours), redirect_stdout(out), redirect_stderr(err):
            code = run_command(arguments)
        out.flush()
        return Result(int(code), out.buffer.getvalue().decode(), err.getvalue())

    return run
