"""The three-way compare: the broker's statement, our books, the log of the account.

One cause gives one finding: what a missing fill does to position and cash is explained by it, and
only what nothing explains is a difference of its own.
"""

from collections.abc import Mapping

from domain.instruments import Instrument
from domain.orders.ledger import Ledger
from domain.orders.reconciliation.books import Books, Shadow
from domain.orders.reconciliation.breaks import (
    Adjust,
    BreakKind,
    Figures,
    Finding,
    Rebuild,
)
from domain.orders.reconciliation.order_states import state_findings
from domain.orders.reconciliation.traded import Traded, traded
from domain.orders.reconciliation.words import money, quantity
from domain.orders.statement import Statement


def compare(
    statement: Statement,
    books: Books,
    log: Shadow | None,
    instruments: Mapping[str, Instrument],
    *,
    broken: str = "",
    cash_tolerance: int = 0,
) -> tuple[Finding, ...]:
    """Every difference, by its key. All three sides must be of one moment.

    `instruments` are those that the statement names. Where the log cannot be told again `log` is
    None and `broken` says why. Cash may be off by the tolerance without forbidding new risk.
    """
    found = traded(statement, books, instruments)
    ours = books.holdings if log is None else log.holdings
    cash = books.ledger.cash if log is None else log.ledger.cash
    findings = list(found.findings)
    findings += state_findings(statement, books, found.explained)
    if log is None:
        findings.append(_unreadable(broken))
    else:
        findings += _books_against_log(statement, books, log, found, instruments)
    blamed = {finding.key for finding in findings}
    findings += [
        finding
        for finding in _positions(statement, ours, found, instruments)
        if finding.key not in blamed
    ]
    if statement.cash is not None and "cash" not in blamed:
        findings += _cash(statement.cash - found.cash, cash, books.ledger.cash, cash_tolerance)
    return tuple(sorted(findings, key=lambda one: one.key))


def _positions(
    statement: Statement,
    ours: Mapping[str, tuple[int, int, int]],
    found: Traded,
    instruments: Mapping[str, Instrument],
) -> list[Finding]:
    """What the broker holds against what we hold, but for what is explained."""
    findings = []
    for name in sorted({*statement.positions, *ours, *found.held}):
        stated, held = statement.positions.get(name, 0), ours.get(name, (0, 0, 0))[0]
        off = stated - found.held.get(name, 0) - held
        if not off:
            continue
        known = instruments.get(name)
        phantom = not stated or not held
        figure = quantity(known, held)
        findings.append(
            Finding(
                f"position:{name}",
                BreakKind.PHANTOM_POSITION if phantom else BreakKind.POSITION_MISMATCH,
                f"the broker holds {quantity(known, stated)} {name}, we hold {figure}, and no"
                " execution explains the difference",
                Figures(quantity(known, stated), figure, figure),
                Adjust(name, off, 0),
                instrument_id=name,
            )
        )
    return findings


def _cash(stated: int, log: int, books: int, tolerance: int) -> list[Finding]:
    off = stated - log
    if not off:
        return []
    return [
        Finding(
            "cash",
            BreakKind.CASH_DRIFT,
            f"the broker has {money(stated)} in cash, we have {money(log)}, and nothing that traded"
            f" explains the {money(abs(off))} between them",
            Figures(money(stated), money(books), money(log)),
            Adjust("", 0, off),
            is_material=abs(off) > tolerance,
        )
    ]


def _books_against_log(
    statement: Statement,
    books: Books,
    log: Shadow,
    found: Traded,
    instruments: Mapping[str, Instrument],
) -> list[Finding]:
    """What our rows say against what the events of the account make of them."""
    findings = []
    for name in sorted({*books.holdings, *log.holdings}):
        kept, told = books.holdings.get(name, (0, 0, 0)), log.holdings.get(name, (0, 0, 0))
        if kept != told:
            stated = statement.positions.get(name, 0)
            stated_alike = stated - found.held.get(name, 0)
            findings.append(
                _holding(name, kept, told, stated, stated_alike == kept[0], instruments.get(name))
            )
    findings += _money_in_books(statement, books, log, found)
    findings += _orders_in_books(books, log)
    return findings


def _holding(
    name: str,
    kept: tuple[int, int, int],
    told: tuple[int, int, int],
    stated: int,
    broker_agrees: bool,
    known: Instrument | None,
) -> Finding:
    figures = Figures(*(quantity(known, one) for one in (stated, kept[0], told[0])))
    if kept[0] == told[0]:
        return Finding(
            f"books:{name}",
            BreakKind.LOG_MISMATCH,
            f"what {name} cost in our books is not what the log of the account makes of it",
            Figures(books=money(kept[1]), log=money(told[1])),
            Rebuild(),
            instrument_id=name,
        )
    cause = (
        f"our books hold {figures.books} {name}, the log of the account comes to {figures.log},"
        f" the broker holds {figures.broker}"
    )
    if broker_agrees:
        kind, key = BreakKind.LOG_MISMATCH, f"position:{name}"
        return Finding(key, kind, cause, figures, instrument_id=name)
    phantom = not kept[0] or not told[0]
    kind = BreakKind.PHANTOM_POSITION if phantom else BreakKind.POSITION_MISMATCH
    return Finding(f"books:{name}", kind, cause, figures, Rebuild(), instrument_id=name)


def _money_in_books(
    statement: Statement, books: Books, log: Shadow, found: Traded
) -> list[Finding]:
    findings = []
    kept, told = books.ledger, log.ledger
    stated = None if statement.cash is None else statement.cash - found.cash
    if kept.cash != told.cash:
        cause = f"our books have {money(kept.cash)} in cash, their log comes to {money(told.cash)}"
        words = "" if statement.cash is None else money(statement.cash)
        figures = Figures(words, money(kept.cash), money(told.cash))
        if stated == kept.cash:
            findings.append(Finding("cash", BreakKind.LOG_MISMATCH, cause, figures))
        else:
            drift = BreakKind.CASH_DRIFT
            findings.append(Finding("books:cash", drift, cause, figures, Rebuild()))
    rest = [_without_cash(kept), _without_cash(told)]
    if rest[0] != rest[1]:
        balances = kept.imbalance == kept.cash - told.cash
        findings.append(
            Finding(
                "books:ledger",
                BreakKind.LOG_MISMATCH if balances else BreakKind.LEDGER_IMBALANCE,
                f"cost, fees, capital and profit are {_words(kept)} in our books,"
                f" {_words(told)} by their log",
                Figures(books=_words(kept), log=_words(told)),
                Rebuild(),
            )
        )
    if log.entries != told:
        findings.append(
            Finding(
                "books:entries",
                BreakKind.LEDGER_IMBALANCE,
                f"the entries of the ledger come to {money(log.entries.cash)} in cash and"
                f" {_words(log.entries)}, the log to {money(told.cash)} and {_words(told)}",
                Figures(books=money(log.entries.cash), log=money(told.cash)),
            )
        )
    return findings


def _orders_in_books(books: Books, log: Shadow) -> list[Finding]:
    findings = []
    kept = {one.number: one for one in books.orders.values()}
    for number in sorted({*kept, *log.working}):
        one, told = kept.get(number), log.working.get(number)
        row = None if one is None else (one.state, one.filled_quantity)
        if told is None and (one is None or one.is_over):
            continue
        if told is None or row != (told.state, told.filled_quantity):
            name = one.order_id if one is not None else f"no. {number}"
            in_log = "over" if told is None else told.state.name
            in_books = "gone or over" if one is None else one.state.name
            findings.append(
                Finding(
                    f"books:order:{name}",
                    BreakKind.LOG_MISMATCH,
                    f"order {name} is {in_books} in our books, {in_log} by the log of the account,"
                    " or filled otherwise",
                    Figures(books=in_books, log=in_log),
                    order_id="" if one is None else one.order_id,
                )
            )
    return findings


def _unreadable(why: str) -> Finding:
    return Finding(
        "books:log",
        BreakKind.LOG_MISMATCH,
        f"the log of the account cannot be told again: {why}",
        Figures(),
    )


def _without_cash(ledger: Ledger) -> tuple[int, int, int, int]:
    return ledger.positions, ledger.fees, ledger.capital, ledger.realised


def _words(ledger: Ledger) -> str:
    return ", ".join(money(amount) for amount in _without_cash(ledger))
