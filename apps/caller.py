"""Who makes the present call."""

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def acting_as(caller: Caller) -> Iterator[None]:
    """Inside the block, act for `caller`: how workers and tests make calls of their own."""
    before = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(before)
