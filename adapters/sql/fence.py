"""What keeps out of the accounts whoever does not hold the lease any more."""

from typing import Protocol

from sqlalchemy import Connection, bindparam, func, select

from adapters.sql.prepared import IN_PROCESS, Prepared
from adapters.sql.tables.leases import leases
from ports.lease import Lease, LeaseLost

_ours = (leases.c.key == bindparam("key"), leases.c.epoch == bindparam("epoch"))
_HELD = Prepared(select(leases.c.epoch).where(*_ours))
# Held against a new holder, who changes the epoch, until this transaction ends; not against us,
# who only renew.
_HELD_NOW = Prepared(
    select(leases.c.epoch)
    .where(*_ours, leases.c.expire_time > func.clock_timestamp())
    .with_for_update(read=True, key_share=True)
)


class Fence(Protocol):
    """Looked at inside each transaction that changes an account."""

    def check(self, connection: Connection) -> None:
        """Raises `LeaseLost` unless this process holds the lease until the transaction ends."""
        ...


class FencedLease(Lease, Fence, Protocol):
    """A lease that the stores look at too."""


def check_epoch(connection: Connection, key: str, epoch: int) -> None:
    """Raises `LeaseLost` unless that epoch holds the lease until the transaction ends."""
    held = _HELD if connection.dialect.name == IN_PROCESS else _HELD_NOW
    if not epoch or held.row(connection, key=key, epoch=epoch) is None:
        raise LeaseLost("another process holds the lease, or ours ran out: ask again")
