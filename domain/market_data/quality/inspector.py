"""A look at a series as it goes by."""

from typing import Protocol

from domain.market_data.files.checked_rows import AnyColumns
from domain.market_data.files.raw_rows import Ints
from domain.market_data.quality.finding import Finding, Quality, Tally


class Inspector(Protocol):
    """Takes a series piece by piece; what it finds does not depend on where the pieces end."""

    def take(self, columns: AnyColumns, lines: Ints, lost: Ints) -> list[Finding]:
        """What is sure by now, by time. `lines` are where the rows stand in their file, 0 in none;
        `lost` how many rows were refused between each and the one before.
        """
        ...

    def finish(self) -> list[Finding]:
        """What was waiting for rows behind it."""
        ...

    def quality(self, tally: Tally, check_ts: int) -> Quality | None:
        """The look in sum; `tally` has counted every finding."""
        ...
