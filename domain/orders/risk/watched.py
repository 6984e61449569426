"""What the gate remembers of an account from one decision to the next."""

from msgspec import Struct

from domain.orders.risk.limits import Scope
from domain.orders.risk.scaled import LossLimits

DAY = 86_400 * 1_000_000_000
ANSWERS = 20  # of the broker, that the reject ratio goes by
FEWEST_ANSWERS = 10


class Same(Struct, frozen=True, array_like=True):
    """What makes two orders identical, and when the last such was placed."""

    ts: int
    instrument_id: str
    side: int
    quantity: int
    limit_price: int
    stop_price: int


class Watched(Struct):
    """Profits, the last orders, the broker's last answers, and how old the prices are.

    Profits are the equity less what was paid in, so that a deposit is none. `opening` is that of
    the day's beginning, as last seen the day before; a day is one of UTC by the account's clock.
    They count from the first look on. `marked` has the time of each instrument's last price.
    """

    day: int = -1
    profit: int = 0
    opening: int = 0
    peak: int = 0
    recent: tuple[Same, ...] = ()
    answers: tuple[bool, ...] = ()
    marked: dict[str, int] = {}

    def look(self, ts: int, profit: int) -> None:
        """Take note of the account's profit at this moment."""
        if self.day < 0:
            self.profit = self.opening = self.peak = profit
            self.day = ts // DAY
        elif ts // DAY != self.day:
            self.day, self.opening = ts // DAY, self.profit
        self.profit = profit
        self.peak = max(self.peak, profit)

    @property
    def loss(self) -> int:
        """Money lost since the day began; negative is a gain."""
        return self.opening - self.profit

    @property
    def drawdown(self) -> int:
        """Money lost since the account stood highest."""
        return self.peak - self.profit

    def loses_too_much(self, limits: LossLimits, capital: int) -> bool:
        """Whether the day's loss has come to its limit."""
        return limits.day.is_set and self.loss >= limits.day.of(capital + self.opening)

    def is_drawn_down(self, limits: LossLimits, capital: int) -> bool:
        """Whether the drawdown has come to its limit."""
        return limits.drawdown.is_set and self.drawdown >= limits.drawdown.of(capital + self.peak)

    def answered(self, *, rejected: bool) -> None:
        """The broker has taken or rejected an order."""
        self.answers = (*self.answers[1 - ANSWERS :], rejected)

    def is_rejected_too_often(self, limits: LossLimits) -> bool:
        """Whether the broker rejects as many of our orders as it may."""
        if limits.rejects is None or len(self.answers) < FEWEST_ANSWERS:
            return False
        return sum(self.answers) * 1_000_000 >= limits.rejects * len(self.answers)


class Counted(Struct, frozen=True):
    """When the last orders of a scope were placed, oldest first."""

    scope: Scope
    recent: tuple[int, ...] = ()


class Trip(Struct, frozen=True):
    """A limit was passed: no new risk until somebody says so. `run_id` if it is one run's."""

    reason: str
    ts: int
    run_id: str = ""
    detail: str = ""
