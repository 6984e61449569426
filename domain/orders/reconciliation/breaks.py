"""A break: where the broker, our books and the log of the account do not say the same."""

import hashlib
from enum import StrEnum

import msgspec
from msgspec import Struct

from domain.orders.ledger import Ledger
from domain.orders.statement import Execution, StatedOrder


class BreakKind(StrEnum):
    """What kind of difference it is."""

    MISSING_FILL = "MISSING_FILL"
    """The broker executed an order of ours, and our books do not have it."""
    DUPLICATE_FILL = "DUPLICATE_FILL"
    """Our books have an execution twice, the second time under an id that the broker has not."""
    PHANTOM_FILL = "PHANTOM_FILL"
    """Our books have an execution that the broker does not have."""
    PHANTOM_POSITION = "PHANTOM_POSITION"
    """One side holds something of which another holds nothing, and no execution explains it."""
    POSITION_MISMATCH = "POSITION_MISMATCH"
    """Both sides hold something, not as much, and no execution explains it."""
    CASH_DRIFT = "CASH_DRIFT"
    """Cash differs, and nothing that traded explains it."""
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    """An order that was made elsewhere: by hand, or by another program."""
    ORPHAN = "ORPHAN"
    """An order with a name of ours of which our books know nothing."""
    ORDER_STATE = "ORDER_STATE"
    """One side works an order that is over on the other."""
    LEDGER_IMBALANCE = "LEDGER_IMBALANCE"
    """The ledger does not balance, or is not the sum of its entries."""
    LOG_MISMATCH = "LOG_MISMATCH"
    """Our books are not what the log of the account makes of them."""


class Fix(StrEnum):
    """What would settle a break."""

    NONE = "NONE"
    """A person has to find out."""
    BOOK_FILL = "BOOK_FILL"
    REVERSE_FILL = "REVERSE_FILL"
    ADOPT_ORDER = "ADOPT_ORDER"
    END_ORDER = "END_ORDER"
    """Take down that the order is over, as the broker says."""
    CANCEL_ORDER = "CANCEL_ORDER"
    """Ask the broker for the end of an order that is over here."""
    ADJUST_POSITION = "ADJUST_POSITION"
    ADJUST_CASH = "ADJUST_CASH"
    REBUILD_BOOKS = "REBUILD_BOOKS"
    """Make our books anew what the log says."""


class BreakState(StrEnum):
    """Where a break stands."""

    OPEN = "OPEN"
    FIXED = "FIXED"
    DISMISSED = "DISMISSED"
    """A person said that it is none."""
    CLEARED = "CLEARED"
    """It went by itself."""


class BookFill(Struct, frozen=True, tag="book_fill"):
    """Book what the broker executed; our order has that name here."""

    order_id: str
    execution: Execution


class ReverseFill(Struct, frozen=True, tag="reverse_fill"):
    """Take back a fill of ours."""

    order_id: str
    fill_id: str


class AdoptOrder(Struct, frozen=True, tag="adopt_order"):
    """Take an order in that we did not make, with what it traded. `order` is None once it ended."""

    order_id: str
    order: StatedOrder | None
    executions: tuple[Execution, ...]


class EndOrder(Struct, frozen=True, tag="end_order"):
    """Take down that the order can trade no more."""

    order_id: str


class ReviveOrder(Struct, frozen=True, tag="revive_order"):
    """Take down that the broker works an order which was presumed absent."""

    order_id: str


class CancelOrder(Struct, frozen=True, tag="cancel_order"):
    """Have the broker cancel it."""

    order_id: str


class Adjust(Struct, frozen=True, tag="adjust"):
    """Change what we hold, or our cash, by so much."""

    instrument_id: str
    quantity: int
    cash: int


class Rebuild(Struct, frozen=True, tag="rebuild"):
    """Make the books what the log says."""


Remedy = (
    BookFill
    | ReverseFill
    | AdoptOrder
    | EndOrder
    | ReviveOrder
    | CancelOrder
    | Adjust
    | Rebuild
    | None
)

_FIXES: dict[type, Fix] = {
    type(None): Fix.NONE,
    BookFill: Fix.BOOK_FILL,
    ReverseFill: Fix.REVERSE_FILL,
    AdoptOrder: Fix.ADOPT_ORDER,
    EndOrder: Fix.END_ORDER,
    ReviveOrder: Fix.ADOPT_ORDER,
    CancelOrder: Fix.CANCEL_ORDER,
    Rebuild: Fix.REBUILD_BOOKS,
}


class Figures(Struct, frozen=True):
    """The same figure on the three sides, in words; empty where a side has none."""

    broker: str = ""
    books: str = ""
    log: str = ""


class Finding(Struct, frozen=True):
    """A difference as one look shows it. `key` names its cause: the same one next time too."""

    key: str
    kind: BreakKind
    cause: str
    figures: Figures
    remedy: Remedy = None
    instrument_id: str = ""
    order_id: str = ""
    fill_id: str = ""
    is_material: bool = True

    @property
    def fix(self) -> Fix:
        """What its remedy is called."""
        if isinstance(self.remedy, Adjust):
            return Fix.ADJUST_POSITION if self.remedy.quantity else Fix.ADJUST_CASH
        return _FIXES[type(self.remedy)]

    @property
    def is_automatic(self) -> bool:
        """Whether the remedy needs nobody's approval: it only takes down what the broker states."""
        return isinstance(self.remedy, BookFill | ReviveOrder)


class Break(Struct, frozen=True):
    """A difference that is kept until it is settled. Times in nanoseconds UTC."""

    break_id: str
    tenant: str
    account_id: str
    finding: Finding
    first_seen_ts: int
    last_seen_ts: int
    state: BreakState = BreakState.OPEN
    is_standing: bool = True
    """The last look still showed it."""
    end_ts: int = 0
    by: str = ""
    """Who approved or dismissed it; empty for the house itself."""
    reason: str = ""
    """Why, in the words of who did."""
    version: int = 1

    @property
    def etag(self) -> str:
        """Changes with what there is to decide about it, not when it is only seen again."""
        told = (self.finding, self.state, self.is_standing, self.by, self.reason)
        return hashlib.sha256(msgspec.msgpack.encode(told)).hexdigest()[:16]

    @property
    def forbids_risk(self) -> bool:
        """Whether new risk is refused because of it."""
        return self.state == BreakState.OPEN and self.finding.is_material


class Rebuilt(Struct, frozen=True):
    """What the log makes of an account at that version."""

    version: int
    ledger: Ledger
    holdings: dict[str, tuple[int, int, int]]
    """Quantity, cost and realised profit by instrument."""
