"""What an account is worth comparing by: equal logs give equal hashes, from any prefix on."""

import hashlib

import msgspec

from domain.orders.books import Books

_pack = msgspec.msgpack.encode


def state_hash(account: Books) -> str:
    """SHA-256, in hex, over the ledger, what is held, and the orders that can still trade.

    It holds no marks and no ended orders: an account that was restored from what a store keeps has
    the hash of the one that heard every event.
    """
    state = account.state()
    working = sorted(account.orders.values(), key=lambda order: order.order_id)
    held = sorted(
        (one.instrument_id, one.quantity, one.cost, one.realised)
        for one in state.holdings
        if one.quantity or one.realised or one.cost
    )
    ledger = state.ledger
    money = (ledger.cash, ledger.positions, ledger.fees, ledger.capital, ledger.realised)
    parts = (money, held, working, state.order_count, account.reserved)
    return hashlib.sha256(_pack(parts)).hexdigest()
