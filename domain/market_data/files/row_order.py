"""Whether rows follow each other in time."""

from collections.abc import Callable

import numpy as np

from domain.market_data.files.contents import TIME
from domain.market_data.files.raw_rows import Faults, Flags, Ints, RawRows


class RowOrder:
    """Each time is held to that of the last good row: `least` nanoseconds must lie between.

    A row is UNSORTED_TIME where it is before that one, and also where both rows behind it are
    before it: then its own time is the wrong one, and it does not condemn what follows. One of the
    same time is DUPLICATE_TIME unless it says the same; any other is OVERLAPPING_TIME.
    """

    def __init__(self, least: int) -> None:
        self._least = least
        self._last: int | None = None

    def check(
        self,
        rows: RawRows,
        times: Ints,
        faults: Faults,
        bad: Flags,
        *,
        says_the_same: Callable[[int, int], bool],
    ) -> list[int]:
        """Marks the times that are no good, and returns the rows that are there already.

        `bad` rows are no good for something else: nothing is held to them. `says_the_same` compares
        a row with the last good one, -1 where that is of an earlier piece.
        """
        if not len(times):
            return []
        ahead = rows.times_ahead()
        before = int(times[0]) - self._least if self._last is None else self._last
        is_plain = not (faults.at_fault.any() or bad.any())
        is_plain &= bool((np.diff(times, prepend=before) >= self._least).all())
        if is_plain and all(one is not None and one >= times[-1] for one in ahead):
            self._last = int(times[-1])
            return []
        return self._one_by_one(times, ahead, faults, bad, says_the_same)

    def _one_by_one(
        self,
        times: Ints,
        ahead: list[int | None],
        faults: Faults,
        bad: Flags,
        says_the_same: Callable[[int, int], bool],
    ) -> list[int]:
        doubles, good = [], -1
        readable: list[int | None] = [
            None if wrong else ts
            for ts, wrong in zip(times.tolist(), faults.at_fault.tolist(), strict=True)
        ]
        readable += ahead
        for row in range(len(times)):
            ts = readable[row]
            if ts is None:
                continue
            step = self._least if self._last is None else ts - self._last
            if step >= self._least:
                if self._is_ahead(ts, readable[row + 1 : row + 3]):
                    faults.mark(row, TIME, "UNSORTED_TIME")
                elif not bad[row]:
                    self._last, good = ts, row
            elif step == 0 and says_the_same(row, good):
                doubles.append(row)
            else:
                reason = "UNSORTED_TIME" if step < 0 else "OVERLAPPING_TIME"
                faults.mark(row, TIME, reason if step else "DUPLICATE_TIME")
        return doubles

    def _is_ahead(self, ts: int, behind: list[int | None]) -> bool:
        """Whether the two rows behind go on from the last good one as if this were not there."""
        if len(behind) < 2 or any(one is None or one >= ts for one in behind):
            return False
        return self._last is None or (behind[0] or 0) - self._last >= self._least
