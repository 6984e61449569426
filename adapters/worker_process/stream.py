"""Frames from an asyncio stream: the host's side. The worker never loads asyncio."""

import asyncio
from typing import Generic, TypeVar

import msgspec

from adapters.worker_process.frames import LENGTH, PipeClosed, decode, length_of

Message = TypeVar("Message")


class AsyncFrameReader(Generic[Message]):
    """Reads messages of the given types from a stream."""

    def __init__(self, stream: asyncio.StreamReader, kinds: object) -> None:
        self._stream = stream
        self._decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(kinds)

    async def read(self) -> Message:
        """The next message. Raises PipeClosed and BadFrame."""
        try:
            size = length_of(await self._stream.readexactly(LENGTH.size))
            body = await self._stream.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise PipeClosed from error
        return decode(self._decoder, body)
