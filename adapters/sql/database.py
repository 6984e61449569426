"""What the stores stand on: transactions that are plain functions of a connection."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Database(ABC):
    """A database that keeps the rows of many tenants; each transaction is one tenant's.

    `HOUSE` is who works for all of them. Where the database knows how, a transaction neither sees
    nor writes the rows of another tenant, whatever it asks for.
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    @abstractmethod
    async def write(self, tenant: str, transaction: Callable[[Connection], T]) -> T:
        """Runs the function in one transaction: all of it is kept, or nothing when it raises.

        It may run more than once, and must do nothing beside what it does to the connection.
        A caller that gives up does not stop it. Raises `Unavailable`: STORE_FULL, STORE_READ_ONLY,
        STORE_UNAVAILABLE or STORE_BUSY when nothing was kept, and COMMIT_UNKNOWN when nobody can
        tell: the same request_id does.
        """

    @abstractmethod
    async def read(self, tenant: str, query: Callable[[Connection], T]) -> T:
        """Runs the function on a connection that sees one state of the database."""

    @abstractmethod
    async def aclose(self) -> None:
        """Waits for what is running, then closes."""

    async def rehearse(self, tenant: str, transaction: Callable[[Connection], T]) -> T:
        """What the function would give as a transaction; nothing of it is kept.

        Raises what it would raise, and `Unavailable`.
        """

        def rehearsed(connection: Connection) -> T:
            result = transaction(connection)
            connection.rollback()
            return result

        return await self.write(tenant, rehearsed)

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Calls the listener after each transaction, in the event loop."""
        self._listeners.append(listener)

    def _committed(self) -> None:
        for heard in self._listeners:
            heard()
