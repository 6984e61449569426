"""Who calls, and may they? The service asks for itself, whatever the edge has checked before."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from google.protobuf.message import Message

from apps.caller import Caller, enter
from apps.interceptors.access import Access
from apps.interceptors.call import Call
from domain.errors import InvalidRequest, NotFound, PermissionDenied, Unauthenticated
from ports.ownership import Ownership
from ports.token_verifier import Claims, TokenVerifier

SCHEME = "bearer "


class Gate:
    """Lets a call through when its token is good, carries the scope, and the object is its own."""

    def __init__(
        self, access: Mapping[str, Access], tokens: TokenVerifier, ownership: Ownership
    ) -> None:
        self._access = access
        self._tokens = tokens
        self._ownership = ownership

    def admit(self, call: Call) -> Claims:
        """Sets the caller. Raises Unauthenticated, or PermissionDenied SCOPE_MISSING."""
        claims = self._tokens.verify(_bearer(call))
        call.caller = Caller(claims.tenant, claims.principal, claims.scopes)
        scope = self._access[call.method].scope
        if scope not in claims.scopes:
            raise PermissionDenied(
                f"The token does not carry the scope {scope}.", reason="SCOPE_MISSING", scope=scope
            )
        enter(call.caller)
        return claims

    async def check_object(self, call: Call, request: Message) -> None:
        """Raises NotFound where the object that the request names is not the caller's."""
        access = self._access[call.method]
        if access.kind is None or call.caller is None:
            return
        object_id: str = getattr(request, access.id_field)
        if not object_id:
            raise InvalidRequest(
                f"{access.id_field}: is required",
                reason="MISSING_FIELD",
                violations={access.id_field: "is required"},
            )
        if not await self._ownership.belongs(call.caller.tenant, access.kind, object_id):
            raise NotFound(
                f"There is no {access.kind} {object_id}.",
                reason=f"{access.kind.upper()}_NOT_FOUND",
                **{access.id_field: object_id},
            )


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
