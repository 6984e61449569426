"""Reconciles accounts: at the start, on a schedule, and when asked to."""

from collections.abc import Callable, Sequence
from functools import partial

import structlog

from apps.orders.reconciliation.look import Look, Looked, Pause
from domain.errors import DomainError
from domain.orders.book import AccountBook
from domain.orders.reconciliation.breaks import BookFill, Break, BreakState, Finding
from domain.orders.reconciliation.fixing import fix
from domain.orders.reconciliation.follow import follow, settled
from domain.orders.reconciliation.record import Outcome, Reconciliation, Trigger
from domain.orders.records import AccountKey
from ports.account_store import AccountStore
from ports.broker import BrokerSilent
from ports.clock import Clock
from ports.ids import Ids
from ports.reconciliation_store import ReconciliationStore
from ports.request_log import RequestKey

CONFIRM_SECONDS = 0.5
EVERY_SECONDS = 60.0

_log = structlog.get_logger(__name__)


class Reconcile:
    """What differs becomes a break once a second look has shown the same.

    A fill that the broker states is booked at once; whatever else would change the books waits for
    somebody's approval. New risk is refused while a break is open that matters.
    """

    def __init__(
        self,
        look: Look,
        accounts: AccountStore,
        store: ReconciliationStore,
        clock: Clock,
        ids: Ids,
        *,
        pause: Pause,
        every: float = EVERY_SECONDS,
    ) -> None:
        """`every` so many seconds each account is looked at."""
        self._look = look
        self._accounts = accounts
        self._store = store
        self._clock = clock
        self._ids = ids
        self._pause = pause
        self._every = every
        self._without_breaks: set[AccountKey] = set()

    async def __call__(
        self, account: AccountKey, trigger: Trigger, *, request: RequestKey | None = None
    ) -> Reconciliation:
        """One look, kept with what it found; the same request gives the first answer again.

        Raises `NotFound`.
        """
        if request is not None and (first := await self._store.answered(request)) is not None:
            return first
        start = self._clock.now()
        breaks: Sequence[Break] = ()
        looked, outcome = None, Outcome.BROKER_SILENT
        try:
            looked, findings = await self._seen(account, trigger)
            outcome = Outcome.IN_FLIGHT
            if looked is not None:
                breaks = await self._note(account, findings)
                outcome = Outcome.BREAKS if breaks else Outcome.CLEAN
        except BrokerSilent as silence:
            _log.warning("not_reconciled", account_id=account.account_id, why=str(silence))
        made = self._record(account, trigger, outcome, start, looked, breaks)
        return await self._store.keep(made, request=request)

    async def run(self) -> None:
        """The worker, without an end: every account at the start, then again and again."""
        trigger = Trigger.START
        while True:
            for account in await self._all():
                await self._quietly(account, trigger)
            trigger = Trigger.SCHEDULE
            await self._pause(self._every)

    async def _seen(
        self, account: AccountKey, trigger: Trigger
    ) -> tuple[Looked | None, tuple[Finding, ...]]:
        """What two looks show alike; the second only where the first shows anything."""
        anew = trigger != Trigger.SCHEDULE
        may_stand = account not in self._without_breaks
        looked = await self._look(account, deep=anew or may_stand, anew=anew)
        if looked is not None and looked.findings and not (anew or may_stand):
            looked = await self._look(account, deep=True)
        if looked is None or not looked.findings:
            return looked, ()
        await self._pause(CONFIRM_SECONDS)
        again = await self._look(account, deep=True)
        if again is None:
            return None, ()
        return again, tuple(one for one in again.findings if one in looked.findings)

    async def _note(self, account: AccountKey, findings: Sequence[Finding]) -> Sequence[Break]:
        """Keeps what stands, and settles what needs nobody's approval."""
        if not findings and account in self._without_breaks:
            return ()
        self._without_breaks.discard(account)
        new_id: Callable[[], str] = partial(self._ids.new, "brk")

        def decide(book: AccountBook) -> list[Break]:
            return follow(book, findings, new_id)

        change = await self._accounts.change(account.tenant, account.account_id, decide)
        for one in change.value:
            if one.finding.is_automatic and one.state == BreakState.OPEN:
                await self._settle(account, one)
        if not change.value and not findings:
            self._without_breaks.add(account)
        return change.value

    async def _settle(self, account: AccountKey, one: Break) -> None:
        def decide(book: AccountBook) -> None:
            now = book.reckoning.breaks.get(one.break_id)
            if now is None or now.state != BreakState.OPEN:
                return
            before = book.version
            fix(book, now)
            if book.version != before:
                book.reckoning.note(settled(now, book.clock))

        remedy = one.finding.remedy
        fills = [remedy.execution.fill_id] if isinstance(remedy, BookFill) else []
        try:
            await self._accounts.change(
                account.tenant,
                account.account_id,
                decide,
                orders=[one.finding.order_id],
                fills=fills,
            )
        except DomainError as error:  # it stays open, and a person sees it
            _log.warning("break_not_fixed", break_id=one.break_id, why=error.message)
        else:
            _log.info("break_fixed", break_id=one.break_id, cause=one.finding.cause)

    def _record(
        self,
        account: AccountKey,
        trigger: Trigger,
        outcome: Outcome,
        start: int,
        looked: Looked | None,
        breaks: Sequence[Break],
    ) -> Reconciliation:
        made = Reconciliation(
            self._ids.new("rec"),
            account.tenant,
            account.account_id,
            trigger,
            outcome,
            start,
            self._clock.now(),
            break_ids=tuple(one.break_id for one in breaks),
        )
        if looked is None:
            return made
        return Reconciliation(
            made.reconciliation_id,
            made.tenant,
            made.account_id,
            trigger,
            outcome,
            start,
            made.end_ts,
            looked.statement.report_count,
            len({*looked.books.orders}),
            len({*looked.books.holdings, *looked.statement.positions}),
            len(looked.statement.executions),
            made.break_ids,
        )

    async def _all(self) -> Sequence[AccountKey]:
        try:
            return await self._accounts.keys()
        except DomainError as error:  # the store may be back at the next turn
            _log.warning("accounts_not_reconciled", why=error.message)
            return ()

    async def _quietly(self, account: AccountKey, trigger: Trigger) -> None:
        try:
            await self(account, trigger)
        except DomainError as error:  # the next turn looks again
            _log.warning("not_reconciled", account_id=account.account_id, why=error.message)
        except Exception:  # noqa: BLE001 - one account must not keep the others from their look
            _log.exception("not_reconciled", account_id=account.account_id)
