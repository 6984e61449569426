"""Keeps imports: what was declared, how far it is, how it ended."""

from collections.abc import Sequence
from typing import Protocol

from domain.market_data.imports import Import
from ports.request_log import RequestKey


class ImportStore(Protocol):
    """Every change is told on the topic `imports` (kind `import`), in the same transaction."""

    async def create(self, new: Import, request: RequestKey) -> Import:
        """Keeps a new import; returns the one of the first call when the request came before.

        Raises `RequestIdReused`.
        """
        ...

    async def save(self, changed: Import, request: RequestKey | None = None) -> None:
        """Keeps the import after a change, as the answer to the request if there is one.

        Raises `RequestIdReused`.
        """
        ...

    async def answered(self, request: RequestKey) -> Import | None:
        """What the request was answered with before; None for a new one.

        Raises `RequestIdReused`.
        """
        ...

    async def get(self, tenant: str, import_id: str) -> Import:
        """Raises `NotFound` IMPORT_NOT_FOUND."""
        ...

    async def page(self, tenant: str, *, after: str, limit: int) -> Sequence[Import]:
        """Newest first, those behind the import id `after`; from the newest when it is empty."""
        ...

    async def unfinished(self) -> Sequence[Import]:
        """Of all tenants, what is UPLOADING or RUNNING, oldest first."""
        ...
