"""What findings mean for the breaks that stand: the same cause is the same break, as long as it is
there.
"""

from collections.abc import Callable, Iterable

from msgspec import structs

from domain.orders.book import AccountBook
from domain.orders.reconciliation.breaks import Break, BreakState, Finding


def follow(
    book: AccountBook, findings: Iterable[Finding], new_id: Callable[[], str]
) -> list[Break]:
    """Notes what was found now; returns the breaks that stand, new ones too, by their keys.

    A break that is not found any more is over: fixed where somebody approved that, else cleared.
    One that was dismissed stays so while its figures do.
    """
    standing = {one.finding.key: one for one in book.reckoning.breaks.values() if one.is_standing}
    found = {finding.key: finding for finding in findings}
    for key, one in standing.items():
        if key not in found:
            book.reckoning.note(_gone(one, book.clock))
    stands = []
    for key in sorted(found):
        old = standing.get(key)
        if old is not None and _is_same(old, found[key]):
            stands.append(_seen(book, old, found[key]))
            continue
        if old is not None:
            book.reckoning.note(_gone(old, book.clock))
        made = Break(new_id(), book.tenant, book.account_id, found[key], book.clock, book.clock)
        book.reckoning.note(made)
        stands.append(made)
    return stands


def settled(one: Break, now: int, *, by: str = "", reason: str = "") -> Break:
    """It is fixed."""
    return structs.replace(
        one,
        state=BreakState.FIXED,
        is_standing=False,
        end_ts=now,
        by=by,
        reason=reason,
        version=one.version + 1,
    )


def approved(one: Break, *, by: str, reason: str) -> Break:
    """Its fix is under way at the broker; the next look tells."""
    return structs.replace(one, by=by, reason=reason, version=one.version + 1)


def dismissed(one: Break, now: int, *, by: str, reason: str) -> Break:
    """A person said that it is none."""
    return structs.replace(
        one, state=BreakState.DISMISSED, end_ts=now, by=by, reason=reason, version=one.version + 1
    )


def _seen(book: AccountBook, old: Break, finding: Finding) -> Break:
    now = structs.replace(old, finding=finding, last_seen_ts=book.clock, version=old.version + 1)
    book.reckoning.note(now)
    return now


def _is_same(old: Break, finding: Finding) -> bool:
    """What was dismissed with other figures is another break."""
    return old.state == BreakState.OPEN or old.finding.figures == finding.figures


def _gone(one: Break, now: int) -> Break:
    if one.state == BreakState.DISMISSED:
        return structs.replace(one, is_standing=False, version=one.version + 1)
    state = BreakState.FIXED if one.by else BreakState.CLEARED
    return structs.replace(one, state=state, is_standing=False, end_ts=now, version=one.version + 1)
