"""Numbers, times and choices between the wire and the domain."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Generic, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from domain.errors import InvalidRequest, invalid
from domain.values import money_to_decimal, money_to_int, parse_decimal

NANOSECONDS = 1_000_000_000

Choice = TypeVar("Choice", bound=Enum)
Wire = TypeVar("Wire", bound=int)


def decimal_from_wire(field: str, text: str) -> Decimal:
    """A number as it was written. Raises `InvalidRequest` naming the field: MISSING_FIELD when it
    is empty, NOT_A_DECIMAL for anything but plain digits.
    """
    return parse_decimal(required(field, text), field)


def money_from_wire(field: str, text: str) -> int:
    """Money above zero, scaled. Raises as `decimal_from_wire`, and TOO_MANY_DECIMALS, OUT_OF_RANGE
    or NOT_POSITIVE.
    """
    amount = money_to_int(decimal_from_wire(field, text), field)
    if amount <= 0:
        raise invalid(field, "must be above zero", reason="NOT_POSITIVE")
    return amount


def decimal_to_wire(value: Decimal) -> str:
    """Plain digits, never an exponent: `189.32`."""
    return format(value, "f")


def money_to_wire(amount: int) -> str:
    """Scaled money as plain digits."""
    return decimal_to_wire(money_to_decimal(amount))


def time_to_wire(ts: int) -> Timestamp:
    """Nanoseconds UTC as a Timestamp."""
    return Timestamp(seconds=ts // NANOSECONDS, nanos=ts % NANOSECONDS)


def time_from_wire(field: str, time: Timestamp) -> int:
    """A Timestamp as nanoseconds UTC. Raises `InvalidRequest` BAD_TIME naming the field when it
    lies outside the years that 64 bits of nanoseconds hold (1677 to 2262).
    """
    ts = time.seconds * NANOSECONDS + time.nanos
    if not 0 <= time.nanos < NANOSECONDS or not -(2**63) <= ts < 2**63:
        raise invalid(field, "is not a time between 1677 and 2262", reason="BAD_TIME")
    return ts


def required(field: str, text: str) -> str:
    """The text itself. Raises `InvalidRequest` MISSING_FIELD naming the field when it is empty."""
    if not text:
        raise missing(field)
    return text


def missing(field: str) -> InvalidRequest:
    """The refusal of a request without this field."""
    return invalid(field, "is required", reason="MISSING_FIELD")


class Choices(Generic[Wire, Choice]):
    """The members of one enum on both sides."""

    def __init__(self, pairs: Mapping[Wire, Choice]) -> None:
        self._from_wire = dict(pairs)
        self._to_wire = {choice: number for number, choice in pairs.items()}

    def to_wire(self, choice: Choice) -> Wire:
        """The number of a choice."""
        return self._to_wire[choice]

    def from_wire(self, field: str, number: Wire, unset: Choice | None = None) -> Choice:
        """The choice of a number; `unset` stands for zero.

        Raises `InvalidRequest` naming the field: MISSING_FIELD for zero without such a default,
        UNKNOWN_VALUE for a number without a meaning.
        """
        if number == 0:
            if unset is None:
                raise missing(field)
            return unset
        if number not in self._from_wire:
            raise invalid(field, f"has no value {number}", reason="UNKNOWN_VALUE")
        return self._from_wire[number]
