"""Keeps risk limits by scope, the history of their changes, and the trips of the gate."""

from collections.abc import Callable, Sequence
from typing import Protocol

from domain.orders.risk.kept import LimitsChange, LimitsRecord, TripRecord
from domain.orders.risk.limits import Limits, Scope
from ports.request_log import RequestKey


class RiskStore(Protocol):
    """What is set here binds the next change of every account that the scope covers.

    Every change is told on the topic `risk` under the tenant's name.
    """

    async def limits(self, tenant: str, scope: Scope) -> LimitsRecord:
        """Those of exactly this scope; version 0 and no limits where nobody has set any."""
        ...

    async def page(
        self, tenant: str, *, account_id: str, after: Scope | None, limit: int
    ) -> Sequence[LimitsRecord]:
        """The scopes that limit anything, in order, behind the scope `after`.

        With an account only those that bind it.
        """
        ...

    async def set_limits(
        self,
        scope: Scope,
        limits: Limits,
        *,
        by: str,
        check: Callable[[LimitsRecord], None],
        tenant: str,
        request: RequestKey | None = None,
        rehearse: bool = False,
    ) -> LimitsRecord:
        """Sets all limits of a scope at once, and keeps what they were.

        `check` sees what is kept in this very transaction, and raises to keep it so. A request that
        came before gives its first answer. To `rehearse` is to keep nothing. Raises
        `RequestIdReused`.
        """
        ...

    async def changes(self, tenant: str, *, before: int, limit: int) -> Sequence[LimitsChange]:
        """Every change of limits there ever was, newest first; below the number `before`, or 0."""
        ...

    async def trips(
        self, tenant: str, *, account_id: str, standing_only: bool, before: int, limit: int
    ) -> Sequence[tuple[int, TripRecord]]:
        """Newest first, each with its place; of one account or, with an empty name, of all."""
        ...

    async def release(
        self,
        tenant: str,
        trip_id: str,
        *,
        by: str,
        reason: str,
        request: RequestKey | None = None,
        rehearse: bool = False,
    ) -> TripRecord:
        """Lets new risk pass again. A drawdown counts from where the account stands then.

        Raises `NotFound` TRIP_NOT_FOUND, `NotAllowedNow` TRIP_RELEASED, `RequestIdReused`.
        """
        ...
