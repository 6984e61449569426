"""What an author's code prints fills neither the log nor the platform, and never makes it wait."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from adapters.worker_process import words
from adapters.worker_process.child.pipes import BYTES_A_SECOND, Voice
from adapters.worker_process.words import LINES_PER_SECOND, MAX_LINE, Words


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A reading and a writing end, which does not wait."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    os.set_blocking(reading, False)
    yield reading, writing
    os.close(reading)
    os.close(writing)


def test_what_nobody_reads_is_taken_and_lost(pipe: tuple[int, int]) -> None:
    voice = Voice(pipe[1])
    for _ in range(100):
        assert voice.write(b"x" * 100_000) == 100_000
    assert 0 < len(os.read(pipe[0], 10**7)) <= 2**17, "no more than a pipe holds"


def test_so_many_bytes_a_second_are_said(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("adapters.worker_process.child.pipes.monotonic", lambda: now)
    voice, said = Voice(pipe[1]), 0
    for _ in range(BYTES_A_SECOND // 1000 * 10):
        voice.write(b"x" * 1000)
        said += len(os.read(pipe[0], 1000)) if said < BYTES_A_SECOND else 0
    assert BYTES_A_SECOND <= said < BYTES_A_SECOND + 1000
    with pytest.raises(BlockingIOError):
        os.read(pipe[0], 1)
    now = 101.0
    voice.write(b"again")
    assert os.read(pipe[0], 10) == b"again"


async def heard(chunks: list[bytes], name: str = "run") -> list[str]:
    """What reaches the log of what was printed."""
    stream = asyncio.StreamReader()
    for chunk in chunks:
        stream.feed_data(chunk)
    stream.feed_eof()
    with capture_logs() as told:
        await Words(name).listen(stream)
    return [line["text"] for line in told]


async def test_so_many_lines_a_second_reach_the_log() -> None:
    lines = await heard([b"hello\n" * 10_000])
    assert len(lines) == LINES_PER_SECOND
    assert set(lines) == {"hello"}


async def test_a_line_without_an_end_is_cut() -> None:
    [line] = await heard([b"x" * 60_000] * 10)
    assert line == "x" * MAX_LINE


async def test_what_is_no_text_is_told_as_far_as_it_is() -> None:
    assert await heard([b"caf\xc3\xa9 \xff\n"]) == ["café �"]


async def test_in_all_so_much_is_kept_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MOST_KEPT", 1_000)
    lines = await heard([b"x" * 99 + b"\n"] * 50)
    assert len(lines) == 11
    assert "as much as is kept" in lines[-1]


async def test_a_flood_is_read_at_a_pace_that_the_platform_bears(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(words, "READ_PER_SECOND", 200_000)
    waits: list[float] = []

    async def waited(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(words.asyncio, "sleep", waited)
    await heard([b"x" * 60_000] * 20)
    assert 4 <= len(waits) <= 6
    assert all(0 < wait <= 1 for wait in waits)
