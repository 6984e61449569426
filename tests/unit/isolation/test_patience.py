"""Patience counts what a worker uses, and, for one that sleeps, the clock."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from adapters.worker_process.patience import (
    Patience,
    TookTooLong,
    for_a_handler,
    for_a_start,
    processor_seconds,
    within,
)


@pytest.fixture
def child(request: pytest.FixtureRequest) -> Iterator[int]:
    """A process that does what the test says."""
    process = subprocess.Popen([sys.executable, "-S", "-c", request.param])
    yield process.pid
    process.kill()
    process.wait()


LOOPS, SLEEPS = "while True: pass", "import signal; signal.pause()"


@pytest.mark.parametrize("child", [LOOPS], indirect=True)
async def test_one_in_a_loop_is_given_up_by_what_it_uses(child: int) -> None:
    with pytest.raises(TookTooLong, match=r"used 0.3 s of processor time"):
        await within(Patience(60, 0.3), child, asyncio.Event().wait())
    assert 0.05 < (processor_seconds(child) or 0) < 5


@pytest.mark.parametrize("child", [SLEEPS], indirect=True)
async def test_one_that_sleeps_is_given_up_by_the_clock(child: int) -> None:
    with pytest.raises(TookTooLong, match=r"did not answer for 0.3 s"):
        await within(Patience(0.3, 5), child, asyncio.Event().wait())


@pytest.mark.parametrize("child", [LOOPS], indirect=True)
async def test_one_that_was_given_no_processor_is_not_given_up(child: int) -> None:
    """It has used up nothing: a busy machine is nobody's fault."""
    os.kill(child, signal.SIGSTOP)
    with pytest.raises(TookTooLong, match=r"did not answer for 0\.6 s"):
        await within(Patience(0.6, 0.25), child, asyncio.Event().wait())


async def test_an_answer_is_an_answer() -> None:
    assert await within(Patience(5, 1), os.getpid(), asyncio.sleep(0, "said")) == "said"
    assert await within(None, os.getpid(), asyncio.sleep(0, "said")) == "said"
    with pytest.raises(ValueError, match="of the worker"):
        await within(Patience(5, 1), os.getpid(), raises())


async def raises() -> None:
    raise ValueError("of the worker")


def test_a_start_has_more_patience_than_a_handler() -> None:
    assert for_a_handler(1.5) == Patience(silence=30.0, use=1.5)
    assert for_a_start(1.5) == Patience(silence=30.0, use=10.0)
    assert for_a_start(60.0) == Patience(silence=1200.0, use=60.0)


def test_of_a_process_that_is_gone_nothing_is_known() -> None:
    assert processor_seconds(2**22 + 1) is None
