"""What a fill costs."""

from msgspec import Struct

from domain.values import MONEY_SCALE

_CENT: int = MONEY_SCALE // 100


class Fees(Struct, frozen=True, gc=False):
    """A fee a fill: so much of its value, in millionths, or a minimum in money (scaled 10^-9)."""

    millionths: int = 0
    minimum: int = 0

    def of(self, value: int) -> int:
        """The fee for a fill worth `value` in money, rounded up to a hundredth of a unit."""
        fee = max(value * self.millionths // 1_000_000, self.minimum)
        return -(-fee // _CENT) * _CENT
