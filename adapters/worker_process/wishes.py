"""Wishes as they come from a process that may say anything."""

from collections.abc import Iterator, Sequence

from domain.orders.request import CancelRequest, GroupRequest, OrderRequest, Wish

MOST = 1_000  # after one bar: more are no decision but a flood
LARGEST = 2**62  # of any number in them


class Forged(Exception):
    """No strategy can have wished this: somebody wrote past it into the pipe."""


class Flooded(Exception):
    """More wishes after one bar than anybody decides."""


class Wishes:
    """Holds what one process wishes for against what it wished for before."""

    def __init__(self) -> None:
        self._last = 0

    def check(self, wishes: Sequence[Wish]) -> None:
        """Takes them in. Raises Flooded and Forged.

        The numbers of orders rise from 1, as the house counts them: an order that the house itself
        will place for the run, to flatten it, has a number below, which nobody may take first.
        """
        if len(wishes) > MOST:
            raise Flooded(f"{len(wishes)} orders after one bar; {MOST} at most")
        for wish in wishes:
            if isinstance(wish, CancelRequest):
                if not 0 < wish.request <= self._last:
                    raise Forged(f"a cancel of request {wish.request}")
                continue
            orders = list(_orders(wish))
            numbers = [order.request for order in orders]
            if not numbers or min(numbers) <= self._last or len(set(numbers)) < len(numbers):
                raise Forged(f"request {numbers} after request {self._last}")
            if any(_is_out_of_range(order) for order in orders) or max(numbers) > LARGEST:
                raise Forged(f"request {numbers[0]} with numbers out of range")
            self._last = max(numbers)


def _orders(wish: OrderRequest | GroupRequest) -> Iterator[OrderRequest]:
    if isinstance(wish, GroupRequest):
        yield from (one for one in (wish.entry, *wish.exits) if one is not None)
    else:
        yield wish


def _is_out_of_range(order: OrderRequest) -> bool:
    return (
        not 0 < order.quantity < LARGEST
        or not 0 <= order.limit_price < LARGEST
        or not 0 <= order.stop_price < LARGEST
    )
