"""A report about an order that nobody knows: new risk waits until somebody has looked."""

import base64
import hashlib

from domain.orders.book import AccountBook
from domain.orders.identity import is_ours
from domain.orders.reconciliation.breaks import Break, BreakKind, Figures, Finding
from domain.orders.statement import ExecutionReport, ReportKind


def note_stray(book: AccountBook, name: str, report: ExecutionReport) -> None:
    """Keeps the report; an execution is a break at once, of which the next look says more."""
    book.reckoning.strays.append(report)
    key = f"order:{name}"
    standing = book.reckoning.breaks.values()
    if report.kind == ReportKind.FILLED and all(one.finding.key != key for one in standing):
        finding = stray_finding(name, report.fill_id)
        named = f"{book.tenant}|{book.account_id}|{report.number}".encode()
        letters = base64.b32encode(hashlib.sha256(named).digest()).decode().lower()
        one = Break(
            f"brk_{letters[:20]}", book.tenant, book.account_id, finding, book.clock, book.clock
        )
        book.reckoning.note(one)


def stray_finding(name: str, fill_id: str) -> Finding:
    """An execution that was reported, of an order that we do not know."""
    return Finding(
        f"order:{name}",
        BreakKind.ORPHAN if is_ours(name) else BreakKind.UNKNOWN_ORDER,
        f"the broker reported the execution {fill_id} of an order {name} that we do not know",
        Figures(broker=f"reported {fill_id}", books="no such order", log="no such order"),
        order_id=name,
        fill_id=fill_id,
    )
