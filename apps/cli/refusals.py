"""gRPC statuses and their details, turned into failures with an exit code."""

from collections.abc import Iterable
from typing import cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.hints import hint_for

EXIT_CODES = {
    grpc.StatusCode.INVALID_ARGUMENT: ExitCode.INVALID,
    grpc.StatusCode.OUT_OF_RANGE: ExitCode.INVALID,
    grpc.StatusCode.NOT_FOUND: ExitCode.NOT_FOUND,
    grpc.StatusCode.UNAUTHENTICATED: ExitCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED: ExitCode.PERMISSION_DENIED,
    grpc.StatusCode.FAILED_PRECONDITION: ExitCode.NOT_ALLOWED_NOW,
    grpc.StatusCode.ALREADY_EXISTS: ExitCode.CONFLICT,
    grpc.StatusCode.ABORTED: ExitCode.CONFLICT,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ExitCode.QUOTA,
    grpc.StatusCode.UNAVAILABLE: ExitCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: ExitCode.UNAVAILABLE,
}


def to_failure(error: grpc.RpcError, address: str) -> Failure:
    """The platform's own words where it spoke; where nobody answered, how to start it."""
    code: grpc.StatusCode = error.code()
    status = _rich_status(error)
    info, violations = _details(status)
    exit_code = EXIT_CODES.get(code, ExitCode.UNEXPECTED)
    if code is grpc.StatusCode.UNAVAILABLE and not info.reason:
        return _nobody_there(address)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return _too_slow(address)
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return _unknown_call(address)
    message = status.message or error.details() or code.name
    return Failure(
        exit_code,
        message,
        reason=info.reason or code.name,
        hint=hint_for(info.reason, exit_code),
        details=tuple(text for text in violations if text not in message),
        facts=dict(info.metadata),
    )


def reason_of(error: grpc.RpcError) -> str:
    """The stable reason of a refusal; empty where nobody gave one."""
    info, _ = _details(_rich_status(error))
    return str(info.reason)


def _rich_status(error: grpc.RpcError) -> status_pb2.Status:
    pairs = cast("Iterable[tuple[str, bytes]]", error.trailing_metadata() or ())
    for key, value in pairs:
        if key == "grpc-status-details-bin":
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                break
    return status_pb2.Status()


def _details(status: status_pb2.Status) -> tuple[error_details_pb2.ErrorInfo, list[str]]:
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(bad.DESCRIPTOR):
            detail.Unpack(bad)
    return info, [f"{field.field}: {field.description}" for field in bad.field_violations]


def _nobody_there(address: str) -> Failure:
    return Failure(
        ExitCode.UNAVAILABLE,
        f"no platform answers at {address}",
        reason="UNAVAILABLE",
        hint="trademesh up",
    )


def _too_slow(address: str) -> Failure:
    return Failure(
        ExitCode.UNAVAILABLE,
        f"{address} did not answer in time",
        reason="DEADLINE_EXCEEDED",
        hint="the same again, with a longer --timeout",
    )


def _unknown_call(address: str) -> Failure:
    return Failure(
        ExitCode.UNEXPECTED,
        f"{address} does not know this call",
        reason="UNIMPLEMENTED",
        hint="trademesh version, and compare it with the platform's: trademesh status",
    )
