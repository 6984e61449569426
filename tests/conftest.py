"""What holds for every test: the folder a test lies in is its kind."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
MARKERS = {"integration": "integration", "verify": "verify", "oracles": "oracle"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(HERE).parts[0] if item.path.is_relative_to(HERE) else ""
        if folder in MARKERS:
            item.add_marker(MARKERS[folder])
