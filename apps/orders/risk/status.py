"""How an account stands to its limits."""

from decimal import Decimal

from msgspec import Struct

from domain.orders.book import AccountBook
from domain.orders.halts import Halt
from domain.orders.risk.exposures import gross
from domain.orders.risk.limits import NO_LIMITS, Limits, tightest
from domain.values import money_to_decimal


class Losses(Struct, frozen=True):
    """What is followed of an account's equity; losses below zero are gains."""

    day_equity: Decimal
    daily_loss: Decimal
    peak_equity: Decimal
    drawdown: Decimal


class RiskStatus(Struct, frozen=True):
    """In exact decimals. `losses` is None while no limit asks for them."""

    account_id: str
    limits: Limits
    halts: tuple[Halt, ...]
    equity: Decimal
    gross_exposure: Decimal
    net_exposure: Decimal
    losses: Losses | None


def status_of(book: AccountBook) -> RiskStatus:
    """The account as the next order would find it."""
    account, gate = book.account, book.account.gate
    limits, losses = NO_LIMITS, None
    halts = book.halts
    if gate is not None:
        limits = tightest(one.limits for one in gate.limits if one.scope.covers("", ""))
        if gate.follows_equity:
            gate.look(account, book.now)
            losses = _losses(book)
        halts = (*halts, *gate.halts)
    reason = book.halted("", "")
    if reason and all(halt.reason != reason for halt in halts):
        halts = (*halts, Halt(reason))
    return RiskStatus(
        book.account_id,
        limits,
        halts,
        money_to_decimal(account.equity),
        money_to_decimal(gross(account)),
        money_to_decimal(account.equity - account.ledger.cash),
        losses,
    )


def _losses(book: AccountBook) -> Losses | None:
    gate, capital = book.account.gate, book.account.ledger.capital
    if gate is None:
        return None
    watched = gate.watched
    return Losses(
        money_to_decimal(capital + watched.opening),
        money_to_decimal(watched.loss),
        money_to_decimal(capital + watched.peak),
        money_to_decimal(watched.drawdown),
    )
