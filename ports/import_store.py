"""Keeps imports: what was declared, how far it is, how it ended, what was found on the way."""

from collections.abc import Callable, Sequence
from typing import Protocol

from domain.market_data.imports import Import, RefusedRow
from domain.market_data.quality.finding import Finding
from ports.request_log import RequestKey


class ImportStore(Protocol):
    """Every change is told on the topic `imports` (kind `import`), in the same transaction."""

    async def create(self, new: Import, request: RequestKey) -> Import:
        """Keeps a new import; returns the one of the first call when the request came before.

        Raises `RequestIdReused`.
        """
        ...

    async def change(
        self,
        tenant: str,
        import_id: str,
        change: Callable[[Import], Import],
        *,
        request: RequestKey | None = None,
        refused: Sequence[RefusedRow] = (),
        findings: Sequence[Finding] = (),
    ) -> Import:
        """Keeps what `change` makes of it, and what was found, in one transaction.

        A repeated request changes nothing and returns the first answer. What was found is kept only
        while the import has not ended. Raises `NotFound` IMPORT_NOT_FOUND, `RequestIdReused`, and
        whatever `change` raises.
        """
        ...

    async def begin(self, tenant: str, import_id: str) -> Import:
        """The reading starts; what an earlier try found is forgotten. Raises `NotFound`."""
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

    async def refused_rows(
        self, tenant: str, import_id: str, *, after: int, limit: int
    ) -> Sequence[RefusedRow]:
        """By line, those behind the line `after`. Raises `NotFound` IMPORT_NOT_FOUND."""
        ...

    async def findings(
        self, tenant: str, import_id: str, *, after: str, limit: int
    ) -> Sequence[tuple[str, Finding]]:
        """By time, each with its place, those behind the place `after` (empty: from the first).

        Raises `NotFound` IMPORT_NOT_FOUND.
        """
        ...
