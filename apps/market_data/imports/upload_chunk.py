"""Takes the next chunk of a file in."""

import asyncio
from weakref import WeakValueDictionary

from apps.market_data.imports.import_terms import check_size
from apps.market_data.imports.run_imports import RunImports
from domain.errors import invalid
from domain.market_data.imports import Import
from ports.import_spool import ImportSpool
from ports.import_store import ImportStore
from ports.request_log import RequestKey


class UploadChunk:
    """One chunk of an import at a time; the bytes are on the disk before they are counted."""

    def __init__(self, imports: ImportStore, spool: ImportSpool, runner: RunImports) -> None:
        self._imports = imports
        self._spool = spool
        self._runner = runner
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(
        self, import_id: str, offset: int, data: bytes, *, last: bool, request: RequestKey
    ) -> Import:
        """The import after the chunk. The same request adds nothing again.

        Raises NotFound (IMPORT_NOT_FOUND), NotAllowedNow (WRONG_OFFSET, IMPORT_NOT_UPLOADING),
        QuotaExceeded (CHUNK_TOO_LARGE, IMPORT_TOO_LARGE), InvalidRequest and RequestIdReused.
        """
        check_size(data)
        if not data and not last:
            raise invalid("data", "is required", reason="MISSING_FIELD")
        async with self._locks.setdefault(import_id, asyncio.Lock()):
            answered = await self._imports.answered(request)
            if answered is not None:
                return answered
            present = await self._imports.get(request.tenant, import_id)
            present.receive(offset, len(data), last=last)
            await self._spool.write(import_id, offset, data)
            changed = await self._imports.change(
                request.tenant,
                import_id,
                lambda now: now.receive(offset, len(data), last=last),
                request=request,
            )
        self._runner.start(changed)
        return changed
