"""Keeps exports: what was asked for, how far it is, how it ended."""

from collections.abc import Callable, Sequence
from typing import Protocol

from domain.exports.export import Export
from ports.request_log import RequestKey


class ExportStore(Protocol):
    """Every change is also told on the topic `exports`, in the same transaction."""

    async def answered(self, request: RequestKey) -> Export | None:
        """The export this request answered with before. Raises `RequestIdReused`."""
        ...

    async def create(self, new: Export, *, request: RequestKey | None = None) -> Export:
        """Keeps a new export. Raises `RequestIdReused`."""
        ...

    async def get(self, tenant: str, export_id: str) -> Export:
        """Raises NotFound (`EXPORT_NOT_FOUND`)."""
        ...

    async def page(self, tenant: str, *, after: str, limit: int) -> Sequence[Export]:
        """Newest first, those behind the id `after`."""
        ...

    async def to_do(self) -> Sequence[Export]:
        """Those of every tenant that have not ended, oldest first."""
        ...

    async def kept(self) -> Sequence[Export]:
        """Those of every tenant that have a file, oldest first."""
        ...

    async def change(
        self,
        tenant: str,
        export_id: str,
        change: Callable[[Export], Export],
        *,
        request: RequestKey | None = None,
    ) -> Export:
        """Keeps what `change` makes of it, in one transaction. Raises NotFound, RequestIdReused."""
        ...
