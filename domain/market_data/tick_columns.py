"""What columns of quotes and of trades have in common."""

from enum import StrEnum
from typing import Any, ClassVar, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray


class TickKind(StrEnum):
    """Which ticks."""

    QUOTES = "quotes"
    TRADES = "trades"


class TickColumns(Struct, frozen=True, eq=False):
    """Ticks of one instrument, oldest first; several may have the same time."""

    kind: ClassVar[TickKind]

    ts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ts)

    def slice(self, start: int, end: int) -> Self:
        """The ticks from row `start` up to, not including, `end`; no values are copied."""
        return type(self)(*(column[start:end] for column in self.arrays))

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The columns in the order of the fields."""
        return tuple(getattr(self, name) for name in self.__struct_fields__)
