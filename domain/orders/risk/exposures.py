"""What the account may come to hold, were everything filled that can be."""

from domain.orders.books import Books
from domain.orders.position import Position
from domain.orders.request import Side
from domain.orders.risk.account_limits import exposure

_BUY, _SELL = Side.BUY, Side.SELL


def price_of(position: Position, price: int = 0) -> int:
    """The scaled price at which a holding counts: its mark; without one `price`, or what it cost,
    or what its working orders reserve at."""
    if reference := position.reference_price:
        return reference
    if price:
        return price
    if position.quantity:
        return abs(position.cost) // (abs(position.quantity) * position.money_factor)
    return max((order.reserve_price for order in position.working.values()), default=0)


def worst(position: Position) -> int:
    """The largest quantity, long or short, that the position may come to."""
    if not position.working:
        return abs(position.quantity)
    return max(exposure(position, _BUY, 0)[1], exposure(position, _SELL, 0)[1])


def gross(books: Books, but: Position | None = None) -> int:
    """Money in all positions, long and short alike, and in what may open; one may be left out."""
    return sum(
        worst(one) * price_of(one) * one.money_factor
        for one in books.positions.values()
        if one is not but and (one.quantity or one.working)
    )


def net(books: Books, side: Side, but: Position | None = None) -> int:
    """Money in all positions of that side less those of the other, were that side's orders filled.

    Negative when the other side weighs more.
    """
    return sum(
        exposure(one, side, 0)[1] * price_of(one) * one.money_factor
        for one in books.positions.values()
        if one is not but and (one.quantity or one.working)
    )
