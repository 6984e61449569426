"""What a change of an account does about its breaks: kept with it, in the same transaction."""

from collections.abc import Iterable

from domain.orders.halts import RECONCILIATION_BREAK, Halt
from domain.orders.reconciliation.breaks import Break
from domain.orders.statement import ExecutionReport


class Reckoning:
    """The breaks that stand in an account, and what a store keeps of a change beside the rest.

    `changed` are breaks that are new or were seen again, `news` those to be told of, `strays`
    reports about orders that nobody knows, `reversed` the fills that are taken back with the break
    each settles, `postings` the fill and the break of each entry of the ledger but capital, in
    order.
    """

    def __init__(self, breaks: Iterable[Break]) -> None:
        self.breaks = {one.break_id: one for one in breaks}
        self.changed: dict[str, Break] = {}
        self.news: set[str] = set()
        self.strays: list[ExecutionReport] = []
        self.reversed: dict[str, str] = {}
        self.postings: list[tuple[str, str]] = []
        self.moved: set[str] = set()
        self.settles = ""

    def note(self, one: Break) -> None:
        """The break is new, or stands otherwise; when it is only seen again nobody is told."""
        before = self.breaks.get(one.break_id)
        if before is None or before.etag != one.etag:
            self.news.add(one.break_id)
        self.breaks[one.break_id] = one
        self.changed[one.break_id] = one

    def halts(self) -> tuple[Halt, ...]:
        """What forbids new risk while a break is open that matters."""
        if any(one.forbids_risk for one in self.breaks.values()):
            return (Halt(RECONCILIATION_BREAK),)
        return ()
