import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.gateway.standin import StandIn, running


@pytest.fixture(scope="session")
def house() -> Iterator[StandIn]:
    """One small house for all tests that only look at what it answers."""
    # A short path: the name of a unix socket has at most about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="tm-") as folder, running(Path(folder)) as house:
        yield house
