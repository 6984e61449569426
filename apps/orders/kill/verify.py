"""Asks our books and the broker what is left of what a kill switch means."""

from collections.abc import Mapping
from decimal import Decimal

from apps.orders.kill.left_over import Residuals, Seen, left_in_books, left_while_silent
from apps.orders.kill.meant import Meant
from domain.errors import NotFound
from domain.orders.kill_switch import KillMode, Left, Press, Residual
from domain.orders.records import AccountKey, AccountSnapshot
from domain.orders.state import ENDED
from ports.account_store import AccountStore
from ports.broker import Broker, BrokerSilent, Statement
from ports.clock import Clock
from ports.run_store import RunStore


class Verify:
    """Nothing is left when both say so; what is left is named with its reason."""

    def __init__(
        self, accounts: AccountStore, broker: Broker, runs: RunStore, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._broker = broker
        self._runs = runs
        self._clock = clock

    async def is_still_so(self, press: Press, account: AccountKey, meant: Meant) -> bool:
        """Whether our books still show nothing, where the broker has said that nothing is left."""
        seen = await self._look(press, account, meant)
        return not seen.orders and not seen.held

    async def __call__(
        self, press: Press, account: AccountKey, meant: Meant, refusals: Mapping[str, str]
    ) -> Residuals:
        """What is left. `refusals` says by instrument why a position could not be closed."""
        seen = await self._look(press, account, meant)
        try:  # behind our books: what is on its way to them is at the broker already
            stated = await self._broker.statement(account, since=self._clock.now())
            stands_still = bool(seen.held) and await self._stands_still(account)
        except BrokerSilent:
            return left_while_silent(seen)
        return (
            *left_in_books(seen, refusals, stands_still=stands_still),
            *await self._unknown(press, seen, meant, stated),
        )

    async def _look(self, press: Press, account: AccountKey, meant: Meant) -> Seen:
        now = await self._accounts.snapshot(account.tenant, account.account_id)
        orders = tuple(
            order
            for order in now.open_orders
            if meant.covers(order.number, order.run_id, order.instrument_id)
        )
        held = {}
        if press.mode is KillMode.FLATTEN:
            held = await self._held(account, now, meant)
        return Seen(account, now, orders, held)

    async def _held(
        self, account: AccountKey, now: AccountSnapshot, meant: Meant
    ) -> dict[str, Decimal]:
        """The meant positions that are not flat; of runs only where they have a share in it."""
        return {
            one.instrument_id: one.quantity
            for one in now.positions
            if one.quantity
            and meant.holds(one.instrument_id)
            and await self._is_held_by(account, one.instrument_id, one.quantity, meant)
        }

    async def _is_held_by(
        self, account: AccountKey, instrument_id: str, quantity: Decimal, meant: Meant
    ) -> bool:
        if meant.run_ids is None:
            return True
        for run_id in sorted(meant.run_ids):
            traded = await self._accounts.traded_by(
                account.tenant, account.account_id, run_id, instrument_id
            )
            if traded * quantity > 0:
                return True
        return False

    async def _stands_still(self, account: AccountKey) -> bool:
        """Whether nothing can fill, since it trades only while a run shows it a market."""
        broker = await self._broker.capabilities(account)
        if not broker.trades_when_shown:
            return False
        driven = {AccountKey(run.tenant, run.account_id) for run in await self._runs.active()}
        return account not in driven

    async def _unknown(
        self, press: Press, seen: Seen, meant: Meant, stated: Statement
    ) -> Residuals:
        """What the broker has and our books have not. Whose run that would be nobody can say."""
        if meant.run_ids is not None:
            return ()
        left = []
        known = {order.order_id for order in seen.now.open_orders}
        for order in stated.orders:
            if meant.holds(order.instrument_id) and order.order_id not in known:
                left += await self._order_unknown(seen.account, order.order_id, order.instrument_id)
        if press.mode is KillMode.FLATTEN:
            left += [
                Residual(seen.account, Left.NOT_OURS, one, detail="HELD_AT_BROKER")
                for one in sorted(stated.positions)
                if meant.holds(one) and one not in seen.positions
            ]
        return tuple(left)

    async def _order_unknown(
        self, account: AccountKey, order_id: str, instrument_id: str
    ) -> list[Residual]:
        """Somebody else's order, or one that ended in our books; not one of a moment ago."""
        detail = "WORKS_AT_BROKER"
        try:
            order = await self._accounts.order(account.tenant, account.account_id, order_id)
        except NotFound:
            return [Residual(account, Left.NOT_OURS, instrument_id, order_id, detail=detail)]
        if order.state not in ENDED:
            return []
        return [Residual(account, Left.NOT_OURS, instrument_id, order_id, detail=detail)]
