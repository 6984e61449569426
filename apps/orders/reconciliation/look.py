"""Looks at an account from all three sides at one moment."""

from collections import defaultdict
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
from domain.orders.statement import Statement
from ports.broker import Broker
from ports.broker_funds import BrokerFunds
from ports.clock import Clock
from ports.instrument_store import InstrumentStore
from ports.reconciliation_store import ReconciliationStore

ATTEMPTS = 30
# For a report that the broker states and has not told yet: then it is lost.
PATIENCE = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
HOUR = 3600 * 10**9
LOG_PAGE = 1_000  # events that are told without a pause
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
        self._keep: dict[AccountKey, set[int]] = defaultdict(set)

    async def __call__(
        self, account: AccountKey, *, deep: bool, anew: bool = False
    ) -> Looked | None:
        """What is seen; None when too much is under way. Raises `BrokerSilent` and `NotFound`."""
        last: tuple[int, int] | None = None
        patience = iter(PATIENCE)
        shadow, broken = await self._shadow(account, anew=anew)
        for _ in range(ATTEMPTS):
            for order_id in await self._apply_reports(account):
                self._wake(account, order_id)
            statement, books = await self._sides(account, shadow.version, deep=deep)
            if await self._paid_in(account, books):
                continue
            moment = (statement.report_count, books.report_count)
            if moment != last:
                last, patience = moment, iter(PATIENCE)
            wait = 0.0 if moment[0] == moment[1] else next(patience, 0.0)
            if wait:
                await self._pause(wait)
            elif broken or self._follows(account, shadow, books):
                return await self._compare(account, statement, books, shadow, broken)
            else:
                shadow, broken = await self._shadow(account, anew=True)
        return None

    async def _shadow(self, account: AccountKey, *, anew: bool) -> tuple[Shadow, str]:
        """What the log makes of the account, a page at a time, or why it cannot be told."""
        kept = self._shadows.pop(account, None)
        if kept is not None and not anew:
            return kept, ""
        while True:
            shadow, broken = Shadow(self._keep[account]), ""
            try:
                await self._tell(account, shadow)
            except LogBroken as error:
                if self._keeps(account, error):
                    continue
                broken = error.message
            return shadow, broken

    async def _tell(self, account: AccountKey, shadow: Shadow) -> None:
        while True:
            books = await self._store.books(
                account.tenant, account.account_id, after=shadow.version, most=LOG_PAGE
            )
            await self._paid_in(account, books)
            shadow.tell(books)
            if len(books.log) < LOG_PAGE:
                return
            await self._pause(0)  # others get their turn

    def _follows(self, account: AccountKey, shadow: Shadow, books: Books) -> bool:
        """False when the log has to be told from its beginning."""
        try:
            shadow.follow(books)
        except LogBroken as error:
            self._keeps(account, error)
            return False
        return True

    def _keeps(self, account: AccountKey, error: LogBroken) -> bool:
        """Whether the next shadow keeps an order that this one had forgotten."""
        is_new = error.forgotten not in self._keep[account]
        self._keep[account].add(error.forgotten)
        return bool(error.forgotten) and is_new

    async def _sides(
        self, account: AccountKey, after: int, *, deep: bool
    ) -> tuple[Statement, Books]:
        run_id, since = ("", 0) if deep else self._since.get(account, ("", 0))
        statement = await self._broker.statement(account, since=since)
        books = await self._store.books(
            account.tenant,
            account.account_id,
            after=after,
            orders=[name_of(one.order_id, one.broker_order_id) for one in statement.orders],
            fills={
                one.fill_id: name_of(one.order_id, one.broker_order_id)
                for one in statement.executions
            },
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
        broken: str,
    ) -> Looked:
        instruments = await self._known(statement, books)
        log = None if broken else shadow
        findings = compare(statement, books, log, instruments, broken=broken)
        rebuilt = None if broken else shadow.rebuilt()
        if not broken:
            self._remember(account, shadow)
        if not findings:
            now = books.now or self._clock.now()
            self._since[account] = (books.market_run_id, max(0, now - HOUR))
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
