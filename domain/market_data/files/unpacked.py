"""The bytes of a file as they are, or as gzip packed them."""

import zlib
from collections.abc import Iterator

from domain.market_data.imports import FileRefused

PIECE = 256 * 1024  # bytes; whatever is packed, no more is unpacked at once
LARGEST_UNPACKED = 8 << 30
_MAGIC = b"\x1f\x8b"


class Unpacked:
    """`feed` it a file piece by piece, then `finish`; gzip is known by its first two bytes."""

    def __init__(self) -> None:
        self._head: bytes | None = b""  # None: what the file is is known
        self._inflate: zlib._Decompress | None = None
        self._size = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The next bytes of the content. Raises FileRefused: BROKEN_GZIP, FILE_TOO_LARGE."""
        if self._head is not None:
            data = self._head + data
            self._head = data if len(data) < len(_MAGIC) else None
            if self._head is not None:
                return
            if data.startswith(_MAGIC):
                self._inflate = zlib.decompressobj(wbits=31)
        yield from self._plain(data) if self._inflate is None else self._unpack(data)

    def finish(self) -> Iterator[bytes]:
        """What is left. Raises FileRefused BROKEN_GZIP where the file ends too early."""
        if self._head:
            yield self._head
        if self._inflate is not None and not self._inflate.eof:
            raise _broken("it ends too early")

    def _plain(self, data: bytes) -> Iterator[bytes]:
        for at in range(0, len(data), PIECE):
            yield data[at : at + PIECE]

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        while data:
            assert self._inflate is not None
            if self._inflate.eof:  # files that are packed one by one may be put together
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._inflate = zlib.decompressobj(wbits=31)
            try:
                piece = self._inflate.decompress(data, PIECE)
            except zlib.error as error:
                raise _broken(str(error)) from None
            data = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            self._size += len(piece)
            if self._size > LARGEST_UNPACKED:
                raise FileRefused(
                    f"there are more than {LARGEST_UNPACKED} bytes in it", reason="FILE_TOO_LARGE"
                )
            yield piece


def _broken(why: str) -> FileRefused:
    return FileRefused(f"the packed file is damaged: {why}", reason="BROKEN_GZIP")
