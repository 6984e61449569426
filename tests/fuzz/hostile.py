"""Anything in any field: what no client would send, and some would."""

import random
from typing import Any

from google.protobuf.message import Message

from tests.fuzz.values import CSV, KINDS, Field, Known

LEFT_OUT = 0.02  # of the fields of a message that is not hostile
TEXTS = (
    "",
    " ",
    "\0",
    "\r\n",
    "🦆" * 40,
    "\u202e\u0000\ufeff",
    "../../etc/passwd",
    "'; DROP TABLE orders; --",
    "%00%s%n{0}${x}",
    "x" * 70_000,
    "9" * 300,
    "0." + "0" * 299 + "1",
    "-1",
    "-0",
    "+1",
    "NaN",
    "Infinity",
    "1e309",
    "1_000",
    "١٢٣",
    "null",
    "9223372036854775808",
)
NUMBERS = (0, -1, 1, 2, 7, 1000, 1001, 2**31 - 1, -(2**31))
LONG_NUMBERS = (*NUMBERS, 2**63 - 1, -(2**63))
UNSIGNED_NUMBERS = (0, 1, 2**31, 2**63, 2**64 - 1)
FLOATS = (0.0, -0.0, -1.0, 1e-320, 1e308, float("nan"), float("inf"), float("-inf"))
TIMES = (951_868_800, 1_337_299_200, 1_357_000_000, 1_362_096_000)
FAR_TIMES = (
    0,
    -1,
    -62_135_596_800,
    253_402_300_799,
    253_402_300_800,
    -62_135_596_801,
    2**63 - 1,
    -(2**63),
)


def fill(message: Message, hostility: float, known: Known, dice: random.Random) -> Message:
    """Fills most fields, those that only we set too; each is hostile with this probability."""
    if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
        far = dice.random() < hostility
        message.seconds = dice.choice(FAR_TIMES if far else TIMES)  # type: ignore[attr-defined]
        message.nanos = dice.choice(NUMBERS) if far else 0  # type: ignore[attr-defined]
        return message
    for field in message.DESCRIPTOR.fields:
        if dice.random() < LEFT_OUT + hostility / 3:
            continue
        if field.is_repeated:
            _fill_map(message, field, hostility, known, dice)
        elif field.message_type is not None:
            getattr(message, field.name).SetInParent()
            fill(getattr(message, field.name), hostility, known, dice)
        else:
            setattr(message, field.name, value(field, hostility, known, dice))
    return message


def value(field: Field, hostility: float, known: Known, dice: random.Random) -> Any:
    """One value: as good as the house knows one, or as bad as there is."""
    hostile = dice.random() < hostility
    if field.type == KINDS.TYPE_STRING:
        return text(field.name, hostility, known, dice)
    if field.type == KINDS.TYPE_BYTES:
        return dice.randbytes(dice.randrange(200)) if hostile else CSV
    if field.type == KINDS.TYPE_BOOL:
        return dice.random() < 0.5
    if field.type == KINDS.TYPE_ENUM:
        return dice.choice((0, 99, -1)) if hostile else dice.choice((1, 2))
    if field.cpp_type == KINDS.CPPTYPE_INT32:
        return dice.choice(NUMBERS) if hostile else 2
    if field.cpp_type == KINDS.CPPTYPE_INT64:
        return dice.choice(LONG_NUMBERS) if hostile else 0
    if field.cpp_type in (KINDS.CPPTYPE_UINT32, KINDS.CPPTYPE_UINT64):
        return dice.choice(UNSIGNED_NUMBERS) if hostile else 0
    return dice.choice(FLOATS) if hostile else 1000.0


def text(name: str, hostility: float, known: Known, dice: random.Random) -> str:
    if dice.random() < hostility:
        return dice.choice(TEXTS)
    return known(name, dice) or "3"


def _fill_map(
    message: Message, field: Field, hostility: float, known: Known, dice: random.Random
) -> None:
    if field.message_type is None or not field.message_type.GetOptions().map_entry:
        return
    of_values = field.message_type.fields_by_name["value"]
    for _ in range(dice.choice((0, 1, 2, 2, 200)) if hostility > 0.5 else dice.randrange(3)):
        key = text("key", hostility, known, dice)
        getattr(message, field.name)[key] = value(of_values, hostility, known, dice)
