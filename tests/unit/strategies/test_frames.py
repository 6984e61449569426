"""Frames: a side that talks nonsense is found out, not believed."""

import asyncio
import io
import struct

import pytest

from adapters.worker_process.frames import (
    MAX_FRAME,
    BadFrame,
    FrameReader,
    FrameTooLarge,
    PipeClosed,
    frame,
)
from adapters.worker_process.messages import Begin, Finish, Hear, Told
from adapters.worker_process.stream import AsyncFrameReader
from domain.market_data.bar import Bar

BAR = Bar("AAPL.XNAS", 2, 1, 1.0, 2.0, 0.5, 1.5, 10.0)


def test_messages_come_out_as_they_went_in() -> None:
    pipe = io.BytesIO(frame(Begin(7)) + frame(Hear(BAR)) + frame(Finish()))
    reader = FrameReader[Told](pipe, Told)
    assert [reader.read() for _ in range(3)] == [Begin(7), Hear(BAR), Finish()]


@pytest.mark.parametrize("cut", range(1, len(frame(Hear(BAR)))))
def test_a_torn_frame_is_a_closed_pipe(cut: int) -> None:
    with pytest.raises(PipeClosed):
        FrameReader[Told](io.BytesIO(frame(Hear(BAR))[:cut]), Told).read()


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", MAX_FRAME + 1) + b"x",
        struct.pack(">I", 0xFFFFFFFF),
        struct.pack(">I", 3) + b"\xc1\xc1\xc1",
        struct.pack(">I", 0),
        struct.pack(">I", 1) + b"\x80",
        frame({"type": "shutdown"}),
        frame({"type": "hear", "bar": [30, "AAPL.XNAS", "now", 1, 1.0, 2.0, 0.5, 1.5, 10.0]}),
        frame([1, 2, 3]),
    ],
)
async def test_what_is_no_frame_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(BadFrame):
        FrameReader[Told](io.BytesIO(data), Told).read()
    stream = asyncio.StreamReader()
    stream.feed_data(data)
    stream.feed_eof()
    with pytest.raises(BadFrame):
        await AsyncFrameReader[Told](stream, Told).read()


async def test_the_host_sees_a_torn_frame_as_a_closed_pipe() -> None:
    stream = asyncio.StreamReader()
    stream.feed_data(frame(Hear(BAR))[:-1])
    stream.feed_eof()
    with pytest.raises(PipeClosed):
        await AsyncFrameReader[Told](stream, Told).read()


def test_a_message_beyond_the_cap_is_not_written() -> None:
    with pytest.raises(FrameTooLarge):
        frame("x" * MAX_FRAME)
