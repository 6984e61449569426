"""Exact numbers: decimals at the edge, scaled integers inside, never a binary float.

A price is an integer of 10^-price_decimals, a quantity of 10^-quantity_decimals (both per
instrument), money of 10^-9 in every currency. With those scales a notional is one integer
multiplication and always exact.
"""

import re
from decimal import Decimal

from domain.errors import InvalidRequest, invalid

MONEY_DECIMALS = 9
MONEY_SCALE = 10**MONEY_DECIMALS
LARGEST_INT = 2**63 - 1  # what a store's column and a packed event can hold

_PLAIN_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?", re.ASCII)


def parse_decimal(text: str, field: str) -> Decimal:
    """The number a client wrote, exactly.

    Plain notation only: no exponent, no NaN, no spaces, at most 18 digits on either side.
    Raises InvalidRequest (`NOT_A_DECIMAL`) naming `field`.
    """
    if not _PLAIN_NUMBER.fullmatch(text):
        raise invalid(field, "is not a plain decimal number such as 189.32", reason="NOT_A_DECIMAL")
    return Decimal(text)


def to_scaled(value: Decimal, decimals: int, field: str) -> int:
    """`value` × 10^decimals as an integer; nothing is ever rounded.

    Raises InvalidRequest: `NOT_A_DECIMAL`, `TOO_MANY_DECIMALS` or `OUT_OF_RANGE`.
    """
    if not value.is_finite():
        raise invalid(field, "is not a finite number", reason="NOT_A_DECIMAL")
    if value and value.adjusted() > 18:
        raise _out_of_range(field)
    sign, digits, exponent = value.as_tuple()
    shift = int(exponent) + decimals
    scaled = int("".join(map(str, digits)))
    if shift >= 0:
        scaled *= int(10 ** min(shift, 64))  # only a zero has an exponent beyond that
    else:
        scaled, rest = divmod(scaled, int(10 ** min(-shift, 64)))
        if rest:
            raise invalid(field, f"has more than {decimals} decimals", reason="TOO_MANY_DECIMALS")
    if scaled > LARGEST_INT:
        raise _out_of_range(field)
    return -scaled if sign else scaled


def from_scaled(value: int, decimals: int) -> Decimal:
    """The exact decimal of a scaled integer, without trailing zeros: 10250000 at 6 is 10.25."""
    whole, part = divmod(abs(value), 10**decimals)
    if not part:
        return Decimal(-whole if value < 0 else whole)
    text = f"{whole}.{part:0{decimals}d}".rstrip("0")
    return Decimal(f"-{text}" if value < 0 else text)


def money_to_int(value: Decimal, field: str = "amount") -> int:
    """Money as an integer of 10^-9 currency units. Raises like `to_scaled`."""
    return to_scaled(value, MONEY_DECIMALS, field)


def money_to_decimal(value: int) -> Decimal:
    """Money back as a decimal, exactly."""
    return from_scaled(value, MONEY_DECIMALS)


def _out_of_range(field: str) -> InvalidRequest:
    return invalid(field, "is too large", reason="OUT_OF_RANGE")
