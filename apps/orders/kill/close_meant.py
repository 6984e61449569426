"""Closes the positions that a kill switch means, by orders that only reduce."""

import hashlib

from msgspec import Struct
from msgspec.structs import replace

from apps.orders.dispatch_orders import DispatchOrders
from apps.orders.kill.meant import Meant
from domain.errors import DomainError
from domain.orders.book import AccountBook
from domain.orders.closing import closable, open_quantity
from domain.orders.identity import order_id_of
from domain.orders.kill_switch import KillWork, Press
from domain.orders.position import Position
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.request import OrderRequest, Side
from domain.orders.state import OrderState
from ports.account_store import AccountStore
from ports.clock import Clock

MOST_POSITIONS = 10_000
MOST_PIECES = 1_000  # of one instrument in one go
RETRY = 30 * 10**9
"""After the last closing order was refused, in nanoseconds."""
_NUMBERS = 10**6  # closing orders that a switch may place for one run

_REFUSED = (OrderState.DENIED, OrderState.REJECTED)


class ClosedSoFar(Struct, frozen=True):
    """How far it is, and why an instrument could not be closed further."""

    work: KillWork
    refusals: dict[str, str]


class CloseMeant:
    """Each closing order has a name of its own that a restart finds again: none is placed twice.

    They keep to the size that the account's limits allow to one order, in as many pieces as it
    takes: only the size of an order can bind one that reduces.
    """

    def __init__(self, accounts: AccountStore, dispatch: DispatchOrders, clock: Clock) -> None:
        self._accounts = accounts
        self._dispatch = dispatch
        self._clock = clock

    async def __call__(self, press: Press, work: KillWork, meant: Meant) -> ClosedSoFar:
        """Returns when every closing order is with the broker, or the broker is silent."""
        refusals: dict[str, str] = {}
        if self._clock.now() < work.retry_ts:
            return ClosedSoFar(work, {one.instrument_id: one.detail for one in work.residuals})
        held = await self._accounts.positions(
            work.account.tenant, work.account.account_id, after="", limit=MOST_POSITIONS
        )
        for position in held:
            if not meant.holds(position.instrument_id):
                continue
            for run_id in _owners(meant):
                work, refusal = await self._close(press, work, position.instrument_id, run_id)
                if refusal:
                    refusals[position.instrument_id] = refusal
        if refusals:
            work = replace(work, retry_ts=self._clock.now() + RETRY)
        return ClosedSoFar(work, refusals)

    async def _close(
        self, press: Press, work: KillWork, instrument_id: str, run_id: str
    ) -> tuple[KillWork, str]:
        """Closes one position, or what a run holds of it; the reason why not, if there is one."""
        account = work.account
        traded = None
        if run_id:
            traded = await self._accounts.traded_by(
                account.tenant, account.account_id, run_id, instrument_id
            )
        for _ in range(MOST_PIECES):
            piece = _Piece(press.kill_switch_id, account, instrument_id, run_id, traded, work.piece)
            try:
                is_placed = await self._dispatch.after(account, piece.order_id, piece.place)
            except DomainError as error:  # it is kept: the dispatcher takes it on again
                return work, error.reason
            if not is_placed:
                return work, ""
            work = replace(work, piece=work.piece + 1)
            order = await self._accounts.order(account.tenant, account.account_id, piece.order_id)
            if order.state in _REFUSED:
                return work, _why(order)
        return work, ""


class _Piece(Struct, frozen=True):
    """One closing order. `traded` is what the run has bought and sold on balance, scaled."""

    kill_switch_id: str
    account: AccountKey
    instrument_id: str
    run_id: str
    traded: int | None
    number: int

    @property
    def decision(self) -> str:
        return f"kill|{self.kill_switch_id}|{self.number}"

    @property
    def order_id(self) -> str:
        return order_id_of(self.account.tenant, self.account.account_id, self.decision)

    def place(self, book: AccountBook) -> bool:
        """False when nothing is left to close."""
        if book.find(self.order_id) is not None:
            return True
        position = book.account.positions.get(self.instrument_id)
        if position is None or not position.quantity:
            return False
        left = min(
            self._left_of_run(book, position), closable(position), position.max_order_quantity
        )
        if left <= 0:
            return False
        side = Side.SELL if position.quantity > 0 else Side.BUY
        wish = OrderRequest(self._request, self.instrument_id, side, left)
        book.place(book.now, wish, self.decision, run_id=self.run_id)
        return True

    @property
    def _request(self) -> int:
        """A number that no wish of the run and no command to it has; 0 for no run."""
        if not self.run_id:
            return 0
        digest = hashlib.sha256(self.kill_switch_id.encode()).digest()
        number = 2**40 + int.from_bytes(digest[:5])
        return -(number * _NUMBERS + self.number)

    def _left_of_run(self, book: AccountBook, position: Position) -> int:
        if self.traded is None:
            return abs(position.quantity)
        if position.quantity * self.traded <= 0:
            return 0
        asked = sum(
            open_quantity(order)
            for order in position.working.values()
            if order.side * position.quantity < 0 and book.tag(order.order_id).run_id == self.run_id
        )
        return abs(self.traded) - asked


def _owners(meant: Meant) -> list[str]:
    """Whose positions are closed: those of runs, or the account's own (no name)."""
    return [""] if meant.run_ids is None else sorted(meant.run_ids)


def _why(order: OrderRecord) -> str:
    return order.reason or order.state.name
