"""What a person decides about a break: its fix is right, or it is none."""

from collections.abc import Sequence

from msgspec import Struct

from apps.orders.reconciliation.look import Look, Looked
from domain.errors import Conflict, NotAllowedNow, Unavailable
from domain.orders.book import AccountBook
from domain.orders.reconciliation.breaks import (
    AdoptOrder,
    BookFill,
    Break,
    BreakState,
    CancelOrder,
    Finding,
    Fix,
)
from domain.orders.reconciliation.fixing import fix
from domain.orders.reconciliation.follow import approved, dismissed, settled
from domain.orders.records import AccountKey, FillRecord
from ports.account_store import AccountStore, Request
from ports.broker import Broker, BrokerRejected, BrokerSilent
from ports.clock import Clock
from ports.lease import Lease, LeaseLost
from ports.reconciliation_store import ReconciliationStore
from ports.request_log import RequestKey


class Decision(Struct, frozen=True):
    """A person's word on a break. `etag` is that of the break as they saw it; empty: any."""

    break_id: str
    reason: str
    by: str
    etag: str = ""


class SettleBreak:
    """Approves the fix of a break, or dismisses the break. The same request does it once."""

    def __init__(
        self,
        look: Look,
        accounts: AccountStore,
        store: ReconciliationStore,
        broker: Broker,
        clock: Clock,
        lease: Lease,
    ) -> None:
        self._look = look
        self._accounts = accounts
        self._store = store
        self._broker = broker
        self._clock = clock
        self._lease = lease

    async def approve(
        self,
        account: AccountKey,
        decision: Decision,
        key: RequestKey,
        *,
        validate_only: bool = False,
    ) -> Break:
        """The break, FIXED; OPEN where the broker has to do it, until it is done.

        It is looked at once more first: what is approved is what was seen. Raises `NotFound`;
        `NotAllowedNow` BREAK_ENDED, BREAK_GONE, NO_FIX or NO_REFERENCE_PRICE; `Conflict`
        BREAK_CHANGED or ACCOUNT_CHANGED; `Unavailable` BROKER_SILENT or RECONCILIATION_IN_FLIGHT;
        `LeaseLost`.
        """
        request = Request(key, Break)
        if (first := await self._accounts.answered(request)) is not None:
            return first
        one = await self._open(account, decision)
        if one.finding.fix == Fix.NONE:
            raise _refusal(one, "NO_FIX", "has no fix: a person has to find out")
        looked = await self._seen_again(account, one)
        if isinstance(one.finding.remedy, CancelOrder) and not validate_only:
            ts = looked.books.now or self._clock.now()
            await self._cancel(account, one.finding.remedy.order_id, ts)
        fill = await self._store.fill(account.tenant, account.account_id, one.finding.fill_id)

        def decide(book: AccountBook) -> Break:
            now = _still_open(book, one)
            if (instrument := looked.instruments.get(one.finding.instrument_id)) is not None:
                book.know(instrument)
            return _fixed(book, now, decision, fill, looked)

        change = await self._accounts.change(
            account.tenant,
            account.account_id,
            decide,
            orders=[one.finding.order_id],
            fills=_fills(one.finding),
            request=request,
            rehearse=validate_only,
        )
        return change.value

    async def dismiss(
        self,
        account: AccountKey,
        decision: Decision,
        key: RequestKey,
        *,
        validate_only: bool = False,
    ) -> Break:
        """The break, DISMISSED: it does not come again as long as its figures stay.

        Raises `NotFound`, `NotAllowedNow` BREAK_ENDED and `Conflict` BREAK_CHANGED.
        """
        request = Request(key, Break)
        if (first := await self._accounts.answered(request)) is not None:
            return first
        one = await self._open(account, decision)

        def decide(book: AccountBook) -> Break:
            now = _still_open(book, one)
            done = dismissed(now, book.clock, by=decision.by, reason=decision.reason)
            book.reckoning.note(done)
            return done

        change = await self._accounts.change(
            account.tenant, account.account_id, decide, request=request, rehearse=validate_only
        )
        return change.value

    async def _open(self, account: AccountKey, decision: Decision) -> Break:
        one = await self._store.get_break(account.tenant, account.account_id, decision.break_id)
        if one.state != BreakState.OPEN:
            raise _refusal(one, "BREAK_ENDED", f"is {one.state.value}")
        if decision.etag and decision.etag != one.etag:
            raise _changed(one)
        return one

    async def _seen_again(self, account: AccountKey, one: Break) -> Looked:
        try:
            looked = await self._look(account, deep=True)
        except BrokerSilent as silence:
            raise Unavailable(str(silence), reason="BROKER_SILENT") from silence
        if looked is None:
            raise Unavailable(
                "too much is under way to look at the account", reason="RECONCILIATION_IN_FLIGHT"
            )
        now = looked.finding(one.finding.key)
        if now is None:
            raise _refusal(one, "BREAK_GONE", "is gone: the next reconciliation clears it")
        if now != one.finding:
            raise _changed(one)
        return looked

    async def _cancel(self, account: AccountKey, order_id: str, ts: int) -> None:
        """A refusal says that it works no more: the next look tells."""
        if not self._lease.may_send():
            raise LeaseLost("the lease on the accounts is about to end or was lost")
        try:
            await self._broker.cancel(account, order_id, ts)
        except BrokerRejected:
            return
        except BrokerSilent as silence:
            raise Unavailable(str(silence), reason="BROKER_SILENT") from silence


def _fixed(
    book: AccountBook,
    one: Break,
    decision: Decision,
    fill: FillRecord | None,
    looked: Looked,
) -> Break:
    if isinstance(one.finding.remedy, CancelOrder):
        done = approved(one, by=decision.by, reason=decision.reason)
    else:
        fix(book, one, fill=fill, rebuilt=looked.rebuilt)
        done = settled(one, book.clock, by=decision.by, reason=decision.reason)
    book.reckoning.note(done)
    return done


def _still_open(book: AccountBook, one: Break) -> Break:
    now = book.reckoning.breaks.get(one.break_id)
    if now is None or now.state != BreakState.OPEN:
        raise _refusal(one, "BREAK_ENDED", "has ended meanwhile")
    if now.finding != one.finding:
        raise _changed(one)
    return now


def _fills(finding: Finding) -> Sequence[str]:
    remedy = finding.remedy
    if isinstance(remedy, AdoptOrder):
        return [one.fill_id for one in remedy.executions]
    return [remedy.execution.fill_id] if isinstance(remedy, BookFill) else []


def _refusal(one: Break, reason: str, why: str) -> NotAllowedNow:
    return NotAllowedNow(f"break {one.break_id} {why}", reason=reason, break_id=one.break_id)


def _changed(one: Break) -> Conflict:
    return Conflict(
        f"break {one.break_id} is not as you saw it: look at it again",
        reason="BREAK_CHANGED",
        break_id=one.break_id,
    )
