"""Every refusal leaves as one shape: google.rpc.Status with an ErrorInfo. Mapped here, once."""

import secrets
from typing import NoReturn

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from apps.interceptors.call import Call
from domain.errors import (
    AlreadyExists,
    Conflict,
    DomainError,
    InvalidRequest,
    NotAllowedNow,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    Unauthenticated,
    Unavailable,
)

DOMAIN = "trademesh"
RETRY_DELAY_SECONDS = 1
LONGEST_STATUS = 6000  # bytes; a status travels in a header, and clients refuse long ones
LONGEST_TEXT = 1000

CODES: dict[type[DomainError], grpc.StatusCode] = {
    InvalidRequest: grpc.StatusCode.INVALID_ARGUMENT,  # + BadRequest, one violation a field
    NotFound: grpc.StatusCode.NOT_FOUND,
    AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    NotAllowedNow: grpc.StatusCode.FAILED_PRECONDITION,
    Conflict: grpc.StatusCode.ABORTED,  # + RetryInfo
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    QuotaExceeded: grpc.StatusCode.RESOURCE_EXHAUSTED,  # + RetryInfo
    Unavailable: grpc.StatusCode.UNAVAILABLE,  # + RetryInfo
}
UNKNOWN = grpc.StatusCode.UNKNOWN
RETRIABLE = (Conflict, QuotaExceeded, Unavailable)
# Quotas that time does not refill.
NEVER_FITS = frozenset({"BODY_TOO_LARGE", "CHUNK_TOO_LARGE", "IMPORT_TOO_LARGE"})


async def refuse(call: Call, error: Exception) -> NoReturn:
    """Ends the call with the status of what it raised.

    What nobody foresaw gets an incident id only: no stack, SQL or path gets out.
    """
    match error:
        case DomainError():
            await _abort(call, to_status(error), error.reason)
        case TimeoutError():
            await _abort(call, _deadline_exceeded(), "DEADLINE_EXCEEDED")
        case grpc.aio.AbortError():  # a servicer ended the call by its own hand
            call.code = _by_number(call.context.code())
            raise error
        case NotImplementedError():
            await _abort(call, _not_served(call.method), "CALL_NOT_SERVED")
        case _:
            call.error = error
            call.incident_id = f"inc_{secrets.token_hex(8)}"
            await _abort(call, _unforeseen(call.incident_id), "INTERNAL_ERROR")


def to_status(error: DomainError) -> Status:
    code = next((code for kind, code in CODES.items() if isinstance(error, kind)), None)
    status = _status(code or UNKNOWN, error.message, error.reason, error.facts)
    if isinstance(error, InvalidRequest) and error.violations:
        _add_violations(status, error.violations)
    if isinstance(error, RETRIABLE) and error.reason not in NEVER_FITS:
        retry = RetryInfo()
        retry.retry_delay.seconds = RETRY_DELAY_SECONDS
        status.details.add().Pack(retry)
    return status


def _add_violations(status: Status, violations: dict[str, str]) -> None:
    """As many as fit; the first ones help most."""
    room = LONGEST_STATUS - status.ByteSize()
    bad_request = BadRequest()
    for field, description in violations.items():
        violation = BadRequest.FieldViolation(field=field, description=description[:LONGEST_TEXT])
        room -= violation.ByteSize() + 4
        if room < 0:
            break
        bad_request.field_violations.append(violation)
    status.details.add().Pack(bad_request)


def _deadline_exceeded() -> Status:
    return _status(
        grpc.StatusCode.DEADLINE_EXCEEDED,
        "The call took longer than its deadline; its work was stopped.",
        "DEADLINE_EXCEEDED",
        {},
    )


def _not_served(method: str) -> Status:
    return _status(
        grpc.StatusCode.UNIMPLEMENTED,
        "This call is not served here.",
        "CALL_NOT_SERVED",
        {"call": method},
    )


def _by_number(code: int | grpc.StatusCode) -> grpc.StatusCode:
    """gRPC's own context tells the code as a number."""
    return next((known for known in grpc.StatusCode if code in (known, known.value[0])), UNKNOWN)


def _unforeseen(incident_id: str) -> Status:
    return _status(
        grpc.StatusCode.INTERNAL,
        f"Something went wrong that nobody foresaw; the log knows it as {incident_id}.",
        "INTERNAL_ERROR",
        {"incident_id": incident_id},
    )


def _status(code: grpc.StatusCode, message: str, reason: str, facts: dict[str, str]) -> Status:
    number: int = code.value[0]
    status = Status(code=number, message=message[:LONGEST_TEXT])
    metadata = {key: str(value)[:LONGEST_TEXT] for key, value in facts.items()}
    info = ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)
    if info.ByteSize() > LONGEST_STATUS // 2:
        info = ErrorInfo(reason=reason, domain=DOMAIN)
    status.details.add().Pack(info)
    return status


async def _abort(call: Call, status: Status, reason: str) -> NoReturn:
    call.reason = reason
    wire = rpc_status.to_status(status)
    call.code = wire.code
    await call.context.abort_with_status(wire)
    raise AssertionError("the call goes on after it was aborted")
