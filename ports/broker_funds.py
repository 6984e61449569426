"""Money paid in at a broker that has no bank behind it."""

from typing import Protocol

from domain.orders.records import AccountKey


class BrokerFunds(Protocol):
    """Only a broker of our own needs to be told: elsewhere money comes in by itself."""

    async def pay_in(self, account: AccountKey, deposit_id: str, amount: int) -> None:
        """Takes money in, 10^-9; once under that name. Raises `BrokerSilent`."""
        ...
