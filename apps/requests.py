"""The request id of a changing call, and what tells two bodies apart."""

import hashlib
import uuid
from collections.abc import Sequence

import msgspec

from apps.caller import Caller
from domain.errors import invalid
from ports.request_log import RequestKey


def request_key(
    caller: Caller, method: str, request_id: str, fields: Sequence[object]
) -> RequestKey:
    """Names the request. `fields` are those that make it what it is, in a fixed order.

    Raises `InvalidRequest` naming `request_id` when it is missing (MISSING_FIELD) or no UUID
    (NOT_A_UUID).
    """
    if not request_id:
        raise invalid("request_id", "is required", reason="MISSING_FIELD")
    try:
        canonical = str(uuid.UUID(request_id))
    except ValueError:
        raise invalid("request_id", "must be a UUID", reason="NOT_A_UUID") from None
    return RequestKey(
        tenant=caller.tenant,
        principal=caller.principal,
        method=method,
        request_id=canonical,
        fingerprint=hashlib.sha256(msgspec.msgpack.encode(list(fields))).digest(),
    )
