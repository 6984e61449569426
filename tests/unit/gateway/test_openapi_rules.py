"""What the rules of the protos are in the words of JSON Schema."""

from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor as Kinds

from gateway.openapi.image import Field
from gateway.openapi.rules import apply_rules
from trademesh.buf.validate import validate_pb2 as rules

TEXT = {"type": "string"}
UNLESS_EMPTY = rules.IGNORE_IF_ZERO_VALUE


def a_field(kind: int = Kinds.TYPE_STRING, **other: Any) -> Field:
    told = {"repeated": False, "has_presence": False, "oneof": "", "comment": "", "options": None}
    return Field(name="f", kind=kind, type_name="", **(told | other))


def string(**told: Any) -> Any:
    return rules.FieldRules(string=rules.StringRules(**told))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (string(min_len=1, max_len=64), {"minLength": 1, "maxLength": 64}),
        (string(len=3), {"minLength": 3, "maxLength": 3}),
        (string(max_bytes=9), {"maxLength": 9}),
        (string(pattern="^a+$"), {"pattern": "^a+$"}),
        (string(uuid=True), {"format": "uuid"}),
        (string(const="x"), {"const": "x"}),
        (rules.FieldRules(string=rules.StringRules(**{"in": ["a", "b"]})), {"enum": ["a", "b"]}),
        (string(not_in=["a"]), {"not": {"enum": ["a"]}}),
    ],
)
def test_texts(told: Any, expected: dict[str, Any]) -> None:
    assert apply_rules(TEXT, a_field(), told) == TEXT | expected


def test_numbers() -> None:
    told = rules.FieldRules(int32=rules.Int32Rules(gte=0, lt=10))
    number = {"type": "integer"}
    expected = number | {"minimum": 0, "exclusiveMaximum": 10}
    assert apply_rules(number, a_field(Kinds.TYPE_INT32), told) == expected


def test_a_large_number_in_a_text_that_is_never_negative_has_no_sign() -> None:
    told = rules.FieldRules(int64=rules.Int64Rules(gte=0))
    schema = apply_rules({"type": "string", "pattern": "^-?[0-9]+$"}, a_field(), told)
    assert schema["pattern"] == "^[0-9]+$"
    below = rules.FieldRules(int64=rules.Int64Rules(gte=-5))
    assert apply_rules(TEXT, a_field(), below) == TEXT


def test_bytes_are_counted_in_base64() -> None:
    told = rules.FieldRules(bytes=rules.BytesRules(max_len=4))
    assert apply_rules(TEXT, a_field(Kinds.TYPE_BYTES), told) == TEXT | {"maxLength": 8}


def test_lists_and_what_is_in_them() -> None:
    items = rules.FieldRules(string=rules.StringRules(max_len=5))
    told = rules.FieldRules(
        repeated=rules.RepeatedRules(min_items=1, max_items=3, unique=True, items=items)
    )
    schema = apply_rules({"type": "array", "items": TEXT}, a_field(repeated=True), told)
    assert schema == {
        "type": "array",
        "items": TEXT | {"maxLength": 5},
        "minItems": 1,
        "maxItems": 3,
        "uniqueItems": True,
    }


def test_maps_and_their_names_and_values() -> None:
    told = rules.FieldRules(
        map=rules.MapRules(max_pairs=2, keys=string(max_len=1), values=string(min_len=1))
    )
    schema = {"type": "object", "additionalProperties": TEXT}
    assert apply_rules(schema, a_field(repeated=True), told) == {
        "type": "object",
        "maxProperties": 2,
        "propertyNames": {"maxLength": 1},
        "additionalProperties": TEXT | {"minLength": 1},
    }


def test_what_may_be_left_empty_takes_the_empty_text() -> None:
    told = string(pattern="^[A-Z]{3}$")
    told.ignore = UNLESS_EMPTY
    schema = apply_rules(TEXT, a_field(), told)
    assert schema == TEXT | {"anyOf": [{"pattern": "^[A-Z]{3}$"}, {"const": ""}]}

    chosen = rules.FieldRules(string=rules.StringRules(**{"in": ["1d"]}), ignore=UNLESS_EMPTY)
    assert apply_rules(TEXT, a_field(), chosen) == TEXT | {"enum": ["1d", ""]}


def test_a_field_that_tells_unset_from_empty_does_not() -> None:
    told = string(pattern="^[A-Z]{3}$")
    told.ignore = UNLESS_EMPTY
    assert apply_rules(TEXT, a_field(has_presence=True), told) == TEXT | {"pattern": "^[A-Z]{3}$"}


def test_rules_that_are_switched_off_are_none() -> None:
    told = string(max_len=1)
    told.ignore = rules.IGNORE_ALWAYS
    assert apply_rules(TEXT, a_field(), told) == TEXT
    assert apply_rules(TEXT, a_field(), None) == TEXT
