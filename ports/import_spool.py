"""Where the bytes of an import wait until all of them are here."""

from collections.abc import Collection
from typing import Protocol

from msgspec import Struct


class SpoolPlace(Struct, frozen=True):
    """Where an import lies on the disk, absolute: its file, and a folder for what is made of it."""

    file: str
    folder: str


class ImportSpool(Protocol):
    """One file an import. What `write` returned from survives a crash."""

    async def write(self, import_id: str, offset: int, data: bytes) -> None:
        """Puts the bytes at this place of the file, over what a broken upload left there.

        Raises `Unavailable` STORE_UNAVAILABLE when the disk refuses.
        """
        ...

    async def prepare(self, import_id: str, size: int) -> SpoolPlace:
        """Where its file is, cut to `size` bytes, with an empty folder beside it.

        Raises `Unavailable` STORE_UNAVAILABLE.
        """
        ...

    async def remove(self, import_id: str) -> None:
        """Throws file and folder away. Harmless twice."""
        ...

    async def keep_only(self, import_ids: Collection[str]) -> None:
        """Throws all other files away, and every folder. At start, before anything is written."""
        ...
