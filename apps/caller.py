"""Who makes the present call."""

from contextvars import ContextVar

from msgspec import Struct


class Caller(Struct, frozen=True):
    """Taken from the token, never from the request."""

    tenant: str
    principal: str
    scopes: frozenset[str]


_caller: ContextVar[Caller] = ContextVar("caller")


def current_caller() -> Caller:
    """The caller of the call that runs now. Raises LookupError outside a call."""
    return _caller.get()


def enter(caller: Caller) -> None:
    """From here on, this task acts for `caller`."""
    _caller.set(caller)
