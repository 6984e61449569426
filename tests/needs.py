"""What a test needs from outside: missing, it is skipped by name; with CI=true that fails."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent


def peer(name: str) -> str:
    """The interpreter of the environment that holds the peer, as `make oracles` builds it."""
    python = ROOT / ".venvs" / name / "bin" / "python"
    if not python.exists():
        missing(f"the peer {name}", remedy=f"make .venvs/{name}/.ready")
    return str(python)


def missing(what: str, remedy: str) -> NoReturn:
    """Give up on this test for want of `what`."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"needs {what}; try: {remedy}")
    pytest.skip(f"needs {what}; try: {remedy}")
