"""Everything we can refuse, on one page.

    DomainError
    ├── InvalidRequest        the request itself is wrong; names each field at fault
    ├── NotFound              no such thing, or not the caller's
    ├── AlreadyExists         the thing, or this request id with another body, is there already
    ├── NotAllowedNow         right request, wrong moment: risk, market, state
    ├── Conflict              somebody else was faster, or the same request still runs; try again
    ├── Unauthenticated       no token, or not a good one
    ├── PermissionDenied      the token does not carry the scope
    ├── QuotaExceeded         too much, too often or too large
    └── Unavailable           something we depend on is down or leaving; try again

`apps/interceptors/errors.py` maps each to a gRPC status once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar


class DomainError(Exception):
    """A refusal with a stable reason. `facts` hold every value that the message mentions."""

    default_reason: ClassVar[str] = "REFUSED"

    def __init__(self, message: str, *, reason: str | None = None, **facts: str) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason  # UPPER_SNAKE_CASE, never renamed
        self.facts = facts

    def __reduce__(self) -> tuple[object, ...]:
        """Errors travel between processes whole."""
        return _rebuild, (type(self), self.message, self.reason, self.facts)


def _rebuild(
    kind: type[DomainError], message: str, reason: str, facts: dict[str, str]
) -> DomainError:
    return kind(message, reason=reason, **facts)


class InvalidRequest(DomainError):
    """The request is wrong in itself. `violations` maps each field at fault to what is wrong."""

    default_reason = "INVALID_REQUEST"

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        violations: dict[str, str] | None = None,
        **facts: str,
    ) -> None:
        super().__init__(message, reason=reason, **facts)
        self.violations = violations or {}

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_invalid, (self.message, self.reason, self.violations, self.facts)


def _rebuild_invalid(
    message: str, reason: str, violations: dict[str, str], facts: dict[str, str]
) -> InvalidRequest:
    return InvalidRequest(message, reason=reason, violations=violations, **facts)


def invalid(field: str, description: str, *, reason: str | None = None) -> InvalidRequest:
    """One field is wrong: the common case of `InvalidRequest`."""
    return InvalidRequest(f"{field}: {description}", reason=reason, violations={field: description})


@contextmanager
def under(name: str) -> Iterator[None]:
    """Names the fields of a refusal by where they are in the request: `order.quantity`."""
    try:
        yield
    except InvalidRequest as error:
        if not error.violations:
            raise
        names_field = error.message.startswith(tuple(error.violations))
        raise InvalidRequest(
            f"{name}.{error.message}" if names_field else error.message,
            reason=error.reason,
            violations={f"{name}.{field}": why for field, why in error.violations.items()},
            **error.facts,
        ) from error


class NotFound(DomainError):
    """No such thing, or it belongs to another tenant: the caller cannot tell which."""

    default_reason = "NOT_FOUND"


class AlreadyExists(DomainError):
    """The thing is there already, or this request id was used with another body."""

    default_reason = "ALREADY_EXISTS"


class NotAllowedNow(DomainError):
    """The request is well formed, but refused in the present state."""

    default_reason = "NOT_ALLOWED_NOW"


class Conflict(DomainError):
    """Another writer was first, or the same request is still running. Trying again may help."""

    default_reason = "CONFLICT"


class Unauthenticated(DomainError):
    """The call carries no token, or one that does not hold."""

    default_reason = "UNAUTHENTICATED"


class PermissionDenied(DomainError):
    """The token is good but does not carry the scope this call needs."""

    default_reason = "PERMISSION_DENIED"


class QuotaExceeded(DomainError):
    """Too large, too many or too often."""

    default_reason = "QUOTA_EXCEEDED"


class Unavailable(DomainError):
    """Something we depend on does not answer now. Trying again may help."""

    default_reason = "UNAVAILABLE"
