"""What a store keeps of an account beside its books, and what a change of it starts from."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from domain.instruments import Instrument
from domain.orders.books import AccountState
from domain.orders.groups.group import Group
from domain.orders.halts import Halt
from domain.orders.reconciliation.breaks import Break
from domain.orders.records import AccountTerms, OrderTag
from domain.orders.risk.kept import KeptGate


class AttemptKind(StrEnum):
    """What was sent to the broker about an order."""

    SUBMIT = "submit"
    CANCEL = "cancel"
    REPLACE = "replace"


class Outcome(StrEnum):
    """What came of an attempt."""

    SENT = "sent"
    TAKEN = "taken"
    REFUSED = "refused"
    SILENT = "silent"


class Attempt(Struct):
    """One sending, kept before a byte leaves. An answer is to its attempt, not to the order."""

    number: int
    attempt: int
    kind: AttemptKind
    send_ts: int
    outcome: Outcome = Outcome.SENT
    reason: str = ""


class Market(Struct):
    """Who drives the account's clock and prices: a run's replay, or nobody (`run_id` empty)."""

    run_id: str = ""
    ts: int = 0


class Kept(Struct, frozen=True):
    """What a store loads of an account before a change."""

    tenant: str
    terms: AccountTerms
    state: AccountState
    version: int = 0
    instruments: Mapping[str, Instrument] = {}
    marks: Mapping[str, float] = {}
    tags: Mapping[int, OrderTag] = {}
    market: Market = field(default_factory=Market)
    report_count: int = 0
    fill_ids: frozenset[str] = frozenset()
    """Of the fills asked about, those that are booked already."""
    halts: tuple[Halt, ...] = ()
    """What forbids new risk here, as it stands in this transaction."""
    groups: tuple[Group, ...] = ()
    """Those that the loaded orders are of; every order of theirs is among the loaded ones."""
    breaks: tuple[Break, ...] = ()
    """Those that the last reconciliation still saw."""
    gate: KeptGate | None = None
    """The limits on the account and what is remembered for them; None where none are set."""
