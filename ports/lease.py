"""Who may change accounts and send orders: one process at a time, whatever else is running."""

from typing import Protocol

from domain.errors import Unavailable


class LeaseLost(Unavailable):
    """Another process holds the lease, or ours ran out: nothing was kept and nothing was sent."""

    default_reason = "NOT_THE_HOLDER"


class Lease(Protocol):
    """A lease on the trading of one store. Its epoch rises with every new holder.

    The store checks the epoch inside each transaction that changes an account; `may_send` is asked
    right before each sending, since a broker cannot check an epoch. A new holder takes decisions
    at once; it asks and tells the broker of orders when the lease is `clear`.
    """

    @property
    def epoch(self) -> int:
        """The epoch that this process holds; 0 while it holds none."""
        ...

    @property
    def is_clear(self) -> bool:
        """Whether this process holds it and the last holder's sendings have ended."""
        ...

    async def clear(self) -> None:
        """Returns as soon as the last holder's sendings have ended.

        Raises `LeaseLost` when the lease is lost before.
        """
        ...

    def may_send(self) -> bool:
        """Whether a sending that begins now ends before anybody else can hold the lease.

        Goes by a monotonic clock: False as soon as less is left than a sending may take.
        """
        ...

    async def hold(self) -> None:
        """Takes the lease as soon as it is free.

        Renews it from then on, and returns when another holder has taken it. While the store does
        not answer it is neither lost nor any good: it runs out, and is renewed when the store is
        back and nobody was faster. May be called again.
        """
        ...

    async def held(self) -> None:
        """Returns as soon as this process holds the lease."""
        ...

    async def release(self) -> None:
        """Gives it free, so that the next holder need not wait. Call it when nothing is sent.

        Harmless without the lease. Raises `Unavailable`; the lease runs out by itself then.
        """
        ...
