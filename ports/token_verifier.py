"""Who a token speaks for."""

from typing import Protocol

from msgspec import Struct


class Claims(Struct, frozen=True):
    """What a good token says. `expire_time` is in seconds since 1970, UTC."""

    tenant: str
    principal: str
    scopes: frozenset[str]
    expire_time: float


class TokenVerifier(Protocol):
    """Checks a token in full, each time it is shown."""

    def verify(self, token: str) -> Claims:
        """Raises Unauthenticated TOKEN_EXPIRED, or TOKEN_INVALID for every other fault."""
        ...
