"""What a wish for a group must fulfil."""

from domain.errors import invalid
from domain.orders.request import GroupRequest, OrderRequest, OrderType, TimeInForce, check_terms

_STOPS = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
_AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)


def check_group(wish: GroupRequest) -> None:
    """Raises InvalidRequest, naming the field, for orders that do not belong together."""
    exits = wish.exits
    if not exits:
        raise invalid("stop_loss", "or a take_profit is needed", reason="MISSING_FIELD")
    if wish.entry is None and len(exits) < 2:
        field = "take_profit" if wish.take_profit is None else "stop_loss"
        raise invalid(field, "both exits are needed without an entry", reason="MISSING_FIELD")
    for one in (wish.entry, *exits):
        if one is not None:
            check_terms(one)
    if wish.take_profit is not None and wish.take_profit.order_type != OrderType.LIMIT:
        raise invalid("take_profit", "is a LIMIT order", reason="WRONG_ORDER_TYPE")
    if wish.stop_loss is not None and wish.stop_loss.order_type not in _STOPS:
        raise invalid("stop_loss", "is a stop", reason="WRONG_ORDER_TYPE")
    for one in exits:
        _check_exit(wish, one)
    _check_prices(wish)


def _check_exit(wish: GroupRequest, exit_: OrderRequest) -> None:
    first = wish.entry or wish.exits[0]
    alike = (first.instrument_id, first.quantity)
    if (exit_.instrument_id, exit_.quantity) != alike:
        raise invalid("exits", "trade the quantity of the group", reason="LEGS_DIFFER")
    wanted = -first.side if wish.entry is not None else first.side
    if exit_.side != wanted:
        raise invalid("exits", "are on the other side of what they exit", reason="LEGS_DIFFER")
    if exit_.time_in_force in _AT_ONCE:
        raise invalid("time_in_force", "of exits is DAY or GTC", reason="OUT_OF_RANGE")


def _check_prices(wish: GroupRequest) -> None:
    """The stop loss is on the losing side of the take profit, and of the entry's limit."""
    stop, profit = wish.stop_loss, wish.take_profit
    side = -wish.exits[0].side
    if stop is not None and stop.stop_price and profit is not None:
        _in_order(side, stop.stop_price, profit.limit_price, "stop_loss", "the take profit")
    if wish.entry is None or not wish.entry.limit_price:
        return
    limit = wish.entry.limit_price
    if stop is not None and stop.stop_price:
        _in_order(side, stop.stop_price, limit, "stop_loss", "the limit of the entry")
    if profit is not None:
        _in_order(side, limit, profit.limit_price, "take_profit", "the limit of the entry")


def _in_order(side: int, worse: int, better: int, field: str, than: str) -> None:
    if side * worse >= side * better:
        raise invalid(field, f"is on the wrong side of {than}", reason="LEGS_CROSS")
