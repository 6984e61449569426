"""Where the bytes of an import wait until all of them are here."""

from collections.abc import Collection, Generator
from typing import Protocol


class ImportSpool(Protocol):
    """One file an import. What `write` returned from survives a crash."""

    async def write(self, import_id: str, offset: int, data: bytes) -> None:
        """Puts the bytes at this place of the file, over what a broken upload left there.

        Raises `Unavailable` STORE_UNAVAILABLE when the disk refuses.
        """
        ...

    def read(self, import_id: str, size: int) -> Generator[bytes, None, None]:
        """The first `size` bytes in pieces; blocks, so ask for them in a
        thread, and close it.

        Raises `Unavailable` STORE_UNAVAILABLE when they are not all there.
        """
        ...

    async def remove(self, import_id: str) -> None:
        """Throws the file away. Harmless twice."""
        ...

    async def keep_only(self, import_ids: Collection[str]) -> None:
        """Throws the files of all other imports away. At start, before anything is written."""
        ...
