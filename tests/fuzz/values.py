"""Values of one field: good by the rules of its proto, or breaking one of them."""

import random
import string
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from google.protobuf.descriptor import FieldDescriptor

from trademesh.buf.validate import validate_pb2

Field: TypeAlias = Any  # a FieldDescriptor of either implementation of protobuf
Known: TypeAlias = Callable[[str, random.Random], str]
Rules: TypeAlias = validate_pb2.FieldRules

KINDS = FieldDescriptor
CSV = b"time,open,high,low,close,volume\n2012-05-18,1,2,1,2,5\n"
ID_LETTERS = string.ascii_letters + string.digits + "_-"
LONGEST_INT = 2**63 - 1


def letters(dice: random.Random, least: int, most: int) -> str:
    """As many as that, often at one of the two ends."""
    count = dice.choice((least, most, dice.randint(least, most)))
    return "".join(dice.choices(ID_LETTERS, k=count))


def decimal(dice: random.Random) -> str:
    whole = "".join(dice.choices(string.digits, k=dice.choice((1, 3, 18))))
    part = "".join(dice.choices(string.digits, k=dice.choice((1, 2, 9, 18))))
    return dice.choice(("", "", "", "+", "-")) + whole + dice.choice(("", f".{part}"))


OF_PATTERNS: dict[str, Callable[[random.Random], str]] = {
    "^[A-Za-z0-9_-]{1,64}$": lambda dice: letters(dice, 1, 64),
    "^[A-Za-z0-9_-]{0,64}$": lambda dice: letters(dice, 0, 64),
    "^[A-Za-z0-9_-]{0,512}$": lambda dice: letters(dice, 0, 512),
    "^[+-]?[0-9]{1,18}([.][0-9]{1,18})?$": decimal,
    "^([+-]?[0-9]{1,18}([.][0-9]{1,18})?)?$": lambda dice: dice.choice(("", decimal(dice))),
    "^[a-z][a-z0-9]*(-[a-z0-9]+)*$": lambda dice: f"fuzz-{dice.randrange(5)}",
    "^[A-Z]{3}$": lambda dice: dice.choice(("USD", "EUR", "XXX")),
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": lambda dice: dice.choice(
        ("2024-01-02", "2024-02-30", "0000-00-00", "9999-12-31")
    ),
}
"""A new pattern in a proto needs a line here: the cases stop otherwise."""


def text(dice: random.Random, most: int) -> str:
    count = dice.choice((1, min(most, 20), most))
    return "".join(dice.choices("abc XYZ.-é漢🦆'\"\\%\0\u202e", k=count))


_rules: dict[str, Rules] = {}


def rules_of(field: Field) -> Rules:
    """Those of its proto."""
    if field.full_name not in _rules:
        _rules[field.full_name] = field.GetOptions().Extensions[validate_pb2.field]
    return _rules[field.full_name]


def good_text(field: Field, known: Known, dice: random.Random, *, only_known: bool) -> str:
    """Mostly one that the house knows, else any that the rules let through."""
    rules = rules_of(field)
    if rules.string.uuid:
        return str(uuid.UUID(int=dice.getrandbits(128), version=4))
    if (only_known or dice.random() < 0.8) and (found := known(field.name, dice)):
        return found
    if choices := list(getattr(rules.string, "in")):
        return str(dice.choice(choices))
    if rules.string.pattern:
        return OF_PATTERNS[rules.string.pattern](dice)
    return text(dice, int(rules.string.max_len or rules.string.max_bytes // 4 or 50))


def good_number(field: Field, dice: random.Random) -> float:
    rules = rules_of(field)
    kind = rules.WhichOneof("type")
    bounds = getattr(rules, kind) if kind in ("int32", "int64", "double") else rules.int32
    least = bounds.gte if bounds.HasField("gte") else 0
    most = bounds.lte if bounds.HasField("lte") else least + 1000
    if field.cpp_type in (KINDS.CPPTYPE_DOUBLE, KINDS.CPPTYPE_FLOAT):
        return dice.choice((float(least), float(most), dice.uniform(least, most), 1e300))
    return dice.choice((least, least + 1, most, dice.randint(least, most)))


def bad_values(field: Field, good: Any, dice: random.Random) -> Iterator[Any]:
    """Values of a field that each break one of its rules; `good` is one that breaks none."""
    rules = rules_of(field)
    match rules.WhichOneof("type"):
        case "string":
            yield from _bad_texts(rules.string, str(good), dice)
        case "enum":
            yield from (99, -1, 2**31 - 1, -(2**31))
        case "int32":
            yield from _bad_numbers(rules.int32, -(2**31), 2**31 - 1)
        case "int64":
            yield from _bad_numbers(rules.int64, -(2**63), LONGEST_INT)
        case "double":
            yield from (float("nan"), float("-inf"), -1e-320, -1.0)
    if rules.required and field.message_type is None:
        yield field.default_value


def _bad_texts(rules: validate_pb2.StringRules, good: str, dice: random.Random) -> Iterator[str]:
    if rules.uuid:
        yield from ("1", good + "0", good[:-1] + "g", f"{{{good}}}", good.replace("-", ""))
    if rules.pattern:
        spoilt = dice.choice((" ", "\n", "\0", "é", "١", "'", "%", "..", "🦆"))
        yield from (good + spoilt, spoilt + good, spoilt, "x" * 70_000 + spoilt)
    if getattr(rules, "in"):
        yield from (f"{good}x", good.upper() + " ", "\0")
    if rules.max_len:
        yield from ("x" * (rules.max_len + 1), "🦆" * (rules.max_len + 1), "x" * 70_000)
    if rules.max_bytes:
        yield "#" * (rules.max_bytes + 1)


def _bad_numbers(rules: Any, least: int, most: int) -> Iterator[int]:
    if rules.HasField("gte"):
        yield from (rules.gte - 1, least)
    if rules.HasField("lte"):
        yield from (rules.lte + 1, most)
