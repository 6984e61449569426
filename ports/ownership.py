"""Whose object is it?"""

from enum import StrEnum
from typing import Protocol

HOUSE = "*"
"""The owner of what comes with the house and every tenant may use: built-in strategies."""


class OwnedKind(StrEnum):
    """Kinds of objects that belong to a tenant."""

    ACCOUNT = "account"
    RUN = "run"
    BACKTEST = "backtest"
    IMPORT = "import"
    STRATEGY = "strategy"
    EXPORT = "export"
    KILL_SWITCH = "kill_switch"


class Ownership(Protocol):
    """Answers before a call touches the object that it names."""

    async def belongs(self, tenant: str, kind: OwnedKind, object_id: str) -> bool:
        """Whether `tenant` may know that this object exists.

        False for a missing object and for another tenant's alike: callers cannot tell which.
        """
        ...
