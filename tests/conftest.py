"""What holds for every test: its folder is its kind, and in CI nothing may be missing."""

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

HERE = Path(__file__).parent
MARKERS = {"integration": "integration", "verify": "verify", "oracles": "oracle"}
NOT_IN_EVERY_CI = "TimescaleDB"  # no package of the locks brings it

# Ctrl-C is Ctrl-C, also where we were started in the background of a shell that ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples on every machine, however slow. `--hypothesis-profile explore` looks for new.
settings.register_profile(
    "house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", settings.get_profile("house"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


@pytest.fixture(autouse=True)
def _usual_umask() -> Generator[None, None, None]:
    """A platform in this process sets its own, and what comes after it must not inherit that."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(HERE).parts[0] if item.path.is_relative_to(HERE) else ""
        if folder in MARKERS:
            item.add_marker(MARKERS[folder])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A laptop skips, by name, what it has not got; with CI=true the same is a failure."""
    report = yield
    if (
        report.skipped
        and not hasattr(report, "wasxfail")
        and os.environ.get("CI") == "true"
        and NOT_IN_EVERY_CI not in report.longreprtext
    ):
        report.outcome = "failed"
    return report
