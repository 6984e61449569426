"""Looks at an account from all three sides at one moment."""

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

from apps.orders.apply_reports import ApplyReports, Wake
from domain.errors import DomainError
from domain.instruments import Instrument
from domain.orders.events import CapitalDeposited
from domain.orders.identity import name_of
from domain.orders.reconciliation.books import Books, LogBroken, Shadow
from domain.orders.reconciliation.breaks import Finding, Rebuilt
from domain.orders.reconciliation.compare import compare
from domain.orders.records import AccountKey
from domain.orders.statement import Execution, StatedOrder, Statement
from ports.broker import Broker
from ports.broker_funds import BrokerFunds
from ports.clock import Clock
from ports.instrument_store import InstrumentStore
from ports.reconciliation_store import ReconciliationStore

ATTEMPTS = 30
# For a report that the broker states and has not told yet: then it is lost.
PATIENCE = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
DAY = 24 * 3600 * 10**9
MOST_SHADOWS = 256

Pause = Callable[[float], Awaitable[None]]


class Looked(Struct, frozen=True):
    """What was seen. `findings` are by key; `rebuilt` is what the log makes of the account."""

    statement: Statement
    books: Books
    findings: tuple[Finding, ...]
    instruments: Mapping[str, Instrument]
    rebuilt: Rebuilt | None

    def finding(self, key: str) -> Finding | None:
        """The one of that cause."""
        return next((one for one in self.findings if one.key == key), None)


class Look:
    """Books the reports that are there first, so what is merely under way is no difference.

    The statement and our books are compared when both contain the same reports. A deep look goes
    over every execution and every fill, any other over those since the last look that found
    nothing. The log is told on from where it was, or anew from its beginning.
    """

    def __init__(
        self,
        store: ReconciliationStore,
        broker: Broker,
        funds: Mapping[str, BrokerFunds],
        apply_reports: ApplyReports,
        instruments: InstrumentStore,
        clock: Clock,
        *,
        pause: Pause,
        wake: Wake,
    ) -> None:
        """`funds` are the brokers, by name, that must be told what was paid in."""
        self._store = store
        self._broker = broker
        self._funds = funds
        self._apply_reports = apply_reports
        self._instruments = instruments
        self._clock = clock
        self._pause = pause
        self._wake = wake
        self._shadows: dict[AccountKey, Shadow] = {}
        self._since: dict[AccountKey, tuple[str, int]] = {}
        self._told: dict[AccountKey, int] = {}

    async def __call__(
        self, account: AccountKey, *, deep: bool, anew: bool = False
    ) -> Looked | None:
        """What is seen; None when too much is under way. Raises `BrokerSilent` and `NotFound`."""
        last: tuple[int, int] | None = None
        patience = iter(PATIENCE)
        for _ in range(ATTEMPTS):
            for order_id in await self._apply_reports(account):
                self._wake(account, order_id)
            kept = self._shadows.pop(account, None)
            shadow = Shadow() if anew or kept is None else kept
            statement, books = await self._sides(account, shadow.version, deep=deep)
            if await self._paid_in(account, books):
                continue
            moment = (statement.report_count, books.report_count)
            if moment != last:
                last, patience = moment, iter(PATIENCE)
            wait = 0.0 if moment[0] == moment[1] else next(patience, 0.0)
            if not wait:
                looked = await self._compare(account, statement, books, shadow)
                if looked is not None:
                    return looked
                continue  # the log from its beginning
            self._shadows[account] = shadow
            await self._pause(wait)
        return None

    async def _sides(
        self, account: AccountKey, after: int, *, deep: bool
    ) -> tuple[Statement, Books]:
        run_id, since = ("", 0) if deep else self._since.get(account, ("", 0))
        statement = await self._broker.statement(account, since=since)
        named: list[StatedOrder | Execution] = [*statement.orders, *statement.executions]
        books = await self._store.books(
            account.tenant,
            account.account_id,
            after=after,
            orders=[name_of(one.order_id, one.broker_order_id) for one in named],
            fills=[one.fill_id for one in statement.executions],
            all_fills=deep,
        )
        if run_id != books.market_run_id:
            self._since.pop(account, None)  # another market has another clock
        return statement, books

    async def _paid_in(self, account: AccountKey, books: Books) -> bool:
        """Tells the broker of capital that it may not know. True: the statement is too old now."""
        funds = self._funds.get(books.terms.broker)
        paid = [
            (version, event.amount)
            for version, event in books.log
            if isinstance(event, CapitalDeposited)
        ]
        if funds is None or not paid or paid[-1][0] <= self._told.get(account, 0):
            return False
        for version, amount in paid:
            await funds.pay_in(account, str(version), amount)
        self._told[account] = paid[-1][0]
        return True

    async def _compare(
        self,
        account: AccountKey,
        statement: Statement,
        books: Books,
        shadow: Shadow,
    ) -> Looked | None:
        """None when the log has to be told from its beginning."""
        broken, is_told_on = "", shadow.version > 0
        try:
            shadow.follow(books)
        except LogBroken as error:
            if is_told_on:
                return None
            broken = error.message
        instruments = await self._known(statement, books)
        log = None if broken else shadow
        findings = compare(statement, books, log, instruments, broken=broken)
        rebuilt = None if broken else shadow.rebuilt()
        if not broken:
            self._remember(account, shadow)
        if not findings:
            now = books.now or self._clock.now()
            self._since[account] = (books.market_run_id, max(0, now - DAY))
        return Looked(statement, books, findings, instruments, rebuilt)

    async def _known(self, statement: Statement, books: Books) -> dict[str, Instrument]:
        known = dict(books.instruments)
        named = {one.instrument_id for one in statement.orders}
        named |= {one.instrument_id for one in statement.executions}
        for name in sorted({*named, *statement.positions} - known.keys()):
            try:
                known[name] = await self._instruments.get(name)
            except DomainError:  # whoever made that order trades what we have no data of
                continue
        return known

    def _remember(self, account: AccountKey, shadow: Shadow) -> None:
        self._shadows[account] = shadow
        while len(self._shadows) > MOST_SHADOWS:
            del self._shadows[next(iter(self._shadows))]
