"""Double-entry books of one account, in integers of 10^-9 currency units."""

from dataclasses import dataclass


@dataclass(slots=True)  # writing to a field costs a tenth of what it costs in a Struct
class Ledger:
    """Five ledger accounts: assets and expenses on one side, capital and income on the other.

    cash + positions + fees = capital + realised, after every posting. `positions` is what the
    open positions cost, negative for short ones; `realised` is profit before fees.
    """

    cash: int = 0
    positions: int = 0
    fees: int = 0
    capital: int = 0
    realised: int = 0

    @property
    def imbalance(self) -> int:
        """Always 0."""
        return self.cash + self.positions + self.fees - self.capital - self.realised

    def deposit(self, amount: int) -> None:
        """Capital comes in as cash."""
        self.cash += amount
        self.capital += amount
