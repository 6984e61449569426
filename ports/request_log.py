"""What makes a repeated call harmless: the first answer is kept and given again.

A store takes a `RequestKey` with every change. In the very transaction of the change it looks the
key up and keeps the answer: never a change without its answer, nor an answer without its change.
"""

from msgspec import Struct

from domain.errors import AlreadyExists


class RequestKey(Struct, frozen=True):
    """Names one request of one caller (RELIABILITY: scope is tenant, principal, method, id)."""

    tenant: str
    principal: str
    method: str
    request_id: str
    fingerprint: bytes
    """SHA-256 over the fields that matter: another body under the same id is refused."""


class RequestIdReused(AlreadyExists):
    """The id came before with another body."""

    default_reason = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"request_id {request_id} was used before for another request",
            request_id=request_id,
        )

    def __reduce__(self) -> tuple[object, ...]:
        return RequestIdReused, (self.facts["request_id"],)
