"""What figures are worked out from, whoever's definitions they follow."""

from collections.abc import Sequence

from msgspec import Struct


class Sample(Struct, frozen=True):
    """A track record: by the day, by the trade, or both.

    `returns` are arithmetic, one a period, those of the `benchmark` beside them if there is one.
    `risk_free` is a year's rate. `profits` are those of closed trades in money, in the order of
    their exits, made with `balance` at the beginning over `days` calendar days.
    """

    returns: Sequence[float] = ()
    benchmark: Sequence[float] = ()
    periods_per_year: int = 252
    risk_free: float = 0.0
    profits: Sequence[float] = ()
    balance: float = 0.0
    days: float = 0.0


Figures = dict[str, float | None]
"""Each by its name; None where it is not defined."""
