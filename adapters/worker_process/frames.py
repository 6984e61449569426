"""Frames on a pipe: four bytes of length, big end first, then a message in msgpack.

Neither side trusts the other: a frame longer than the cap, or one that is no message, ends the
conversation.
"""

import struct
from typing import BinaryIO, Generic, TypeVar

import msgspec

MAX_FRAME = 1024 * 1024

LENGTH = struct.Struct(">I")

Message = TypeVar("Message")


class BadFrame(Exception):
    """What came is no frame of ours. After it nothing on this pipe can be trusted."""


class PipeClosed(Exception):
    """The other side has gone, between two frames or in the middle of one."""


class FrameTooLarge(Exception):
    """The message does not fit a frame; nothing was written."""


def frame(message: object) -> bytes:
    """The message as it goes over the pipe. Raises FrameTooLarge."""
    body = msgspec.msgpack.encode(message)
    if len(body) > MAX_FRAME:
        raise FrameTooLarge(f"a message of {len(body)} bytes; {MAX_FRAME} at most")
    return LENGTH.pack(len(body)) + body


class FrameReader(Generic[Message]):
    """Reads messages of the given types from a blocking pipe: the child's side."""

    def __init__(self, pipe: BinaryIO, kinds: object) -> None:
        self._pipe = pipe
        self._decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(kinds)

    def read(self) -> Message:
        """The next message. Raises PipeClosed and BadFrame."""
        body = self._exactly(length_of(self._exactly(LENGTH.size)))
        return decode(self._decoder, body)

    def _exactly(self, size: int) -> bytes:
        data = self._pipe.read(size)
        if len(data) < size:
            raise PipeClosed
        return data


def length_of(head: bytes) -> int:
    """How many bytes follow. Raises BadFrame beyond the cap."""
    (size,) = LENGTH.unpack(head)
    if size > MAX_FRAME:
        raise BadFrame(f"a frame of {size} bytes; {MAX_FRAME} at most")
    return int(size)


def decode(decoder: "msgspec.msgpack.Decoder[Message]", body: bytes) -> Message:
    """The message in a frame. Raises BadFrame."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadFrame(str(error)) from error
