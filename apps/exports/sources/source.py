"""The rows of any content."""

from apps.exports.sources.accounts import AccountRows
from apps.exports.sources.backtests import BacktestRows
from apps.exports.sources.bars import BarRows
from apps.exports.sources.rows import Rows
from domain.exports.export import AccountContent, BacktestContent, BarsContent, Content
from ports.account_store import AccountStore
from ports.backtest_results import BacktestResults
from ports.backtest_store import BacktestStore
from ports.bar_store import BarStore


class Source:
    """Another tenant's accounts and backtests are not found."""

    def __init__(
        self,
        bars: BarStore,
        accounts: AccountStore,
        backtests: BacktestStore,
        results: BacktestResults,
    ) -> None:
        self._bars = BarRows(bars)
        self._accounts = AccountRows(accounts)
        self._backtests = BacktestRows(backtests, results)

    async def rows(self, tenant: str, content: Content) -> Rows:
        """Raises NotFound, InvalidRequest (NO_BARS) and NotAllowedNow (BACKTEST_NOT_DONE)."""
        match content:
            case BarsContent():
                return await self._bars(content)
            case AccountContent():
                return await self._accounts(tenant, content)
            case BacktestContent():
                return await self._backtests(tenant, content)
