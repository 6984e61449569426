"""Brings what groups want to the simulated exchange, in the order in which live trading does."""

from domain.orders.account import Account
from domain.orders.events import OrderAccepted, OrderSubmitted
from domain.orders.groups.groups import Groups
from domain.orders.order import Order
from domain.orders.state import OrderState
from domain.simulation.exchange import Exchange

_TO_SEND = (OrderState.CREATED, OrderState.PENDING_CANCEL, OrderState.PENDING_REPLACE)


class Sending:
    """Groups decide on everything that happened, then their orders are sent, oldest first."""

    def __init__(self, account: Account, exchange: Exchange, groups: Groups) -> None:
        self._account = account
        self._exchange = exchange
        self._groups = groups

    def follow(self, ts: int) -> None:
        """Let the groups do what they want now, and again after each thing that is sent."""
        self._groups.follow(ts)
        while waiting := self._waiting():
            for order in waiting:
                self._send(ts, order)
                self._groups.follow(ts)
        self._groups.forget_ended()

    def _waiting(self) -> list[Order]:
        orders = (
            order
            for group in self._groups.known.values()
            for order in self._groups.orders_of(group)
            if order.state in _TO_SEND
        )
        return sorted(orders, key=lambda order: order.order_id)

    def _send(self, ts: int, order: Order) -> None:
        match order.state:
            case OrderState.CREATED:
                self._account.submitted(OrderSubmitted(ts, order.order_id))
                self._exchange.submit(ts, order)
            case OrderState.PENDING_CANCEL:
                self._exchange.cancel(ts, order.order_id)
            case OrderState.PENDING_REPLACE if (wanted := order.replacement) is not None:
                terms = (wanted.quantity, wanted.limit_price, wanted.stop_price)
                if not self._exchange.replace(ts, order.order_id, *terms):
                    self._account.accepted(OrderAccepted(ts, order.order_id))
