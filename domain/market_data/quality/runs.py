"""Rows that belong together, one after the other, as one finding."""

from collections.abc import Callable

import numpy as np
from msgspec.structs import replace

from domain.market_data.files.raw_rows import Flags
from domain.market_data.quality.finding import Finding


class Runs:
    """Takes flags piece by piece; a run that has not ended yet waits for the next."""

    def __init__(self) -> None:
        self._open: Finding | None = None

    def take(self, flags: Flags, finding_at: Callable[[int], Finding]) -> list[Finding]:
        """Runs that have ended; `finding_at` makes that of the row with which one begins."""
        found = [] if flags[0] else self.finish()
        edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            known = self._open if start == 0 else None
            begun = known or replace(finding_at(start), count=0)
            run = replace(begun, count=begun.count + end - start)
            self._open = run if end == len(flags) else None
            if self._open is None:
                found.append(run)
        return found

    def finish(self) -> list[Finding]:
        """The run that waits, if one does."""
        found = [self._open] if self._open else []
        self._open = None
        return found
