"""The market that a paper broker trades on: bars that a replay shows it, one by one."""

from typing import Protocol

from domain.market_data.bar import Bar
from domain.orders.records import AccountKey


class PaperMarket(Protocol):
    """Each account has a market of its own, so that replays do not disturb each other."""

    async def advance(self, account: AccountKey, market: str, bar: Bar) -> int:
        """Lets the account's working orders meet the bar; what happens becomes reports.

        `market` names the replay. A bar that it has shown before, or an earlier one, does nothing.
        Returns the number of the account's last report.
        """
        ...
