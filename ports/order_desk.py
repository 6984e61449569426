"""Where a strategy run has its orders placed: the orders service, near or across the network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from domain.instruments import Instrument
from domain.market_data.bar import Bar
from domain.orders.closing import Closed
from domain.orders.events import Event as AccountEvent
from domain.orders.request import Wish


class AccountEntry(Struct, frozen=True):
    """One event of an account, at its place in the account's own log."""

    version: int
    """Counts the account's events from 1, without a hole."""
    run_id: str
    """The run whose order it is about; empty for a client's order or for money."""
    event: AccountEvent


def named_in(entries: Iterable[AccountEntry]) -> Iterator[str]:
    """The instruments that events name; most are about an order and name none."""
    for entry in entries:
        if instrument_id := getattr(entry.event, "instrument_id", ""):
            yield instrument_id


class OrderDesk(Protocol):
    """The authority on money. A run only wishes; the desk checks, keeps, sends and books."""

    async def open(
        self, tenant: str, account_id: str, run_id: str, instruments: Mapping[str, Instrument]
    ) -> int:
        """Lets the run trade here: its market drives the account from now on.

        Returns the account's version at this moment. Calling it again for the same run is harmless.
        Raises `NotFound`, or `NotAllowedNow` ACCOUNT_BUSY when another run's replay drives it.
        """
        ...

    async def close(self, tenant: str, account_id: str, run_id: str) -> None:
        """Cancels what the run has working and gives the account's market free. Harmless twice."""
        ...

    async def place(
        self,
        tenant: str,
        account_id: str,
        run_id: str,
        ts: int,
        wishes: Sequence[Wish],
        *,
        may_only_reduce: bool = False,
    ) -> None:
        """Places the wishes in their order; returns when each is denied or with the broker.

        `ts` is the run's clock. Placing a wish (run, request number) twice is harmless. Of a run
        that `may_only_reduce`, an order that could open anything is denied with RUN_PAUSED.
        """
        ...

    async def working(self, tenant: str, account_id: str, run_id: str) -> Sequence[str]:
        """The names of the run's orders that can still trade, oldest first."""
        ...

    async def flatten(
        self,
        tenant: str,
        account_id: str,
        run_id: str,
        instrument_id: str,
        *,
        number: int,
        ts: int,
        order_ids: Sequence[str],
    ) -> Closed:
        """Cancels those orders, and closes what the run's orders have bought and sold on balance.

        Never more than the account holds, less what other orders may still take of it. `number`
        counts the commands of the run: doing the same one again is harmless.
        """
        ...

    async def preview_flatten(
        self, tenant: str, account_id: str, run_id: str, instrument_id: str
    ) -> Closed:
        """What `flatten` would do now. Keeps nothing."""
        ...

    async def advance(self, tenant: str, account_id: str, bar: Bar) -> None:
        """Moves the account's paper market to this bar; returns when every fill is booked.

        A bar that the market has seen already does nothing.
        """
        ...

    async def entries(self, tenant: str, account_id: str, *, after: int) -> Sequence[AccountEntry]:
        """The account's events behind version `after`, in order."""
        ...
