"""Who calls, and may they? The service asks for itself, whatever the edge has checked before."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from google.protobuf.message import Message

from apps.caller import Caller, enter
from apps.interceptors.access import Access
from apps.interceptors.call import Call
from domain.errors import InvalidRequest, NotFound, PermissionDenied, Unauthenticated
from ports.ownership import OwnedKind, Ownership
from ports.token_verifier import Claims, TokenVerifier

SCHEME = "bearer "
REMEMBERED_OBJECTS = 10_000


class Gate:
    """Lets a call through when its token is good, carries the scope, and the object is its own."""

    def __init__(self, tokens: TokenVerifier, ownership: Ownership) -> None:
        self._tokens = tokens
        self._ownership = ownership
        self._known: dict[tuple[str, OwnedKind, str], None] = {}

    def admit(self, call: Call, access: Access) -> Claims:
        """Sets the caller. Raises Unauthenticated, or PermissionDenied SCOPE_MISSING."""
        claims = self._tokens.verify(_bearer(call))
        call.caller = Caller(claims.tenant, claims.principal, claims.scopes)
        if access.scope not in claims.scopes:
            raise PermissionDenied(
                f"The token does not carry the scope {access.scope}.",
                reason="SCOPE_MISSING",
                scope=access.scope,
            )
        enter(call.caller)
        return claims

    def knows(self, claims: Claims, access: Access, request: Message) -> bool:
        """Whether `check_object` would find nothing wrong, as far as that is known already."""
        if access.kind is None:
            return True
        return (claims.tenant, access.kind, getattr(request, access.id_field)) in self._known

    async def check_object(self, claims: Claims, access: Access, request: Message) -> None:
        """Raises NotFound where the object that the request names is not the caller's.

        What was found to be the caller's is remembered: an object never changes its owner, and its
        id is never given again. One that is gone meanwhile its service does not find.
        """
        if access.kind is None:
            return
        object_id: str = getattr(request, access.id_field)
        if not object_id:
            raise InvalidRequest(
                f"{access.id_field}: is required",
                reason="MISSING_FIELD",
                violations={access.id_field: "is required"},
            )
        if not await self._ownership.belongs(claims.tenant, access.kind, object_id):
            raise NotFound(
                f"There is no {access.kind} {object_id}.",
                reason=f"{access.kind.upper()}_NOT_FOUND",
                **{access.id_field: object_id},
            )
        self._remember((claims.tenant, access.kind, object_id))

    def _remember(self, known: tuple[str, OwnedKind, str]) -> None:
        while len(self._known) >= REMEMBERED_OBJECTS:
            del self._known[next(iter(self._known))]
        self._known[known] = None


@asynccontextmanager
async def while_valid(claims: Claims) -> AsyncIterator[None]:
    """A stream lives no longer than its token. Raises Unauthenticated TOKEN_EXPIRED at its end."""
    try:
        async with asyncio.timeout(claims.expire_time - time.time()) as limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise Unauthenticated("The token has expired.", reason="TOKEN_EXPIRED") from None


def _bearer(call: Call) -> str:
    value = call.text("authorization")
    if not value:
        raise Unauthenticated("The call carries no token.", reason="TOKEN_MISSING")
    if not value.lower().startswith(SCHEME):
        raise Unauthenticated("The token is not a bearer token.", reason="TOKEN_INVALID")
    return value[len(SCHEME) :].strip()
