"""What a test needs from outside. What is missing is skipped by name; conftest.py says when not."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def peer(name: str) -> str:
    """The interpreter of the environment that holds the peer, as `make oracles` builds it."""
    python = ROOT / ".venvs" / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"needs {name}; try: make .venvs/{name}/.ready")
    return str(python)
