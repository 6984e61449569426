"""Reads exports and their files."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from apps.paging import Places, cut, page_size
from domain.exports.export import Export
from ports.clock import Clock
from ports.export_files import ExportFiles
from ports.export_store import ExportStore


class ReadExports:
    """Every page comes with the token of the next, empty on the last."""

    def __init__(
        self, exports: ExportStore, files: ExportFiles, places: Places, clock: Clock
    ) -> None:
        self._exports = exports
        self._files = files
        self._places = places
        self._clock = clock

    async def get(self, tenant: str, export_id: str) -> Export:
        """Raises NotFound (`EXPORT_NOT_FOUND`)."""
        return await self._exports.get(tenant, export_id)

    async def page(self, tenant: str, size: int, token: str) -> tuple[Sequence[Export], str]:
        """Newest first. Raises InvalidRequest for a bad size or token."""
        query = ("exports", tenant)
        limit = page_size(size)
        after = self._places.place("page_token", query, token)
        found = await self._exports.page(tenant, after=str(after or ""), limit=limit + 1)
        page, place = cut(found, limit, lambda export: export.export_id)
        return page, "" if place is None else self._places.token(query, place)

    async def file(self, tenant: str, export_id: str) -> AsyncGenerator[tuple[Export, bytes], None]:
        """The file in pieces, in order.

        Raises NotFound (EXPORT_NOT_FOUND), NotAllowedNow (EXPORT_NOT_DONE, EXPORT_EXPIRED).
        """
        export = await self._exports.get(tenant, export_id)
        export.check_downloadable(self._clock.now())
        async with aclosing(self._files.read(export_id)) as pieces:
            async for piece in pieces:
                yield export, piece
