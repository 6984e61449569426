"""`trademesh schema` and `explain`: true of what commands print, and of every thing of the API."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apps.cli.json_schemas import described, json_schema
from apps.cli.own_shapes import OWN_SHAPES
from apps.cli.reference import explained, resources
from tests.unit.cli.tree import ALL

GOLDEN = Path(__file__).parent / "golden"
ANY_SHAPE = {"api_call", "schema"}
FILES = sorted(file for file in GOLDEN.glob("*.json") if file.stem not in ANY_SHAPE)


def closed(schema: Any) -> Any:
    """The same, taking no field that it does not name."""
    if isinstance(schema, dict):
        kept = {key: closed(value) for key, value in schema.items()}
        is_thing = isinstance(kept.get("properties"), dict) and "type" in kept
        return kept | {"additionalProperties": False} if is_thing else kept
    return [closed(each) for each in schema] if isinstance(schema, list) else schema


def command_of(file: Path) -> str:
    [name] = [name for name in ALL if name.replace(" ", "_") == file.stem]
    return name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_a_command_prints_is_what_its_schema_says(file):
    name, text = command_of(file), file.read_text().replace('"state": "<…>"', '"state": "ok"')
    text = text.replace("<…>", "0")
    schema = json_schema(name)
    Draft202012Validator.check_schema(schema)
    try:
        things = [json.loads(text)]
    except ValueError:
        things = [json.loads(line) for line in text.splitlines()]
    for thing in things:
        Draft202012Validator(closed(schema)).validate(thing)


def test_a_field_that_no_schema_names_would_be_seen():
    order = {"order_id": "o1", "colour": "blue"}
    [fault] = Draft202012Validator(closed(json_schema("order show"))).iter_errors(order)
    assert "colour" in fault.message


def test_every_command_that_prints_data_has_a_schema():
    without = {"data download"}  # says that it comes later
    assert set(ALL) - set(described()) == without
    assert set(OWN_SHAPES) <= set(ALL)


def test_a_schema_holds_all_that_it_names():
    for name in described():
        schema = json_schema(name)
        text = json.dumps(schema)
        for part in text.split('"$ref": "')[1:]:
            target = part.partition('"')[0]
            assert target.startswith("#/$defs/"), name
            assert target.rpartition("/")[2] in schema["$defs"], name


@pytest.mark.parametrize("path", sorted(resources()))
def test_every_thing_of_the_api_is_explained_with_its_fields(path):
    told = explained(path)
    assert told["fields"]
    for field in told["fields"]:
        inner = explained(f"{path}.{field['field']}")
        assert inner["type"] == field["type"]
        assert inner["description"], f"{path}.{field['field']}"


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ("order.limit_price", "type", "decimal"),
        ("order.limit_price", "given", "may be"),
        ("order.quantity", "given", "must be"),
        ("order.order_id", "given", "by us"),
        ("order.limit_price", "example", "189.32"),
        ("backtest.statistics.sharpe", "type", "number"),
        ("account_snapshot.open_orders.side", "type", "Side"),
        ("run.replay.start_time", "type", "time"),
    ],
)
def test_a_field_is_explained(path, key, value):
    assert explained(path)[key] == value


def test_the_values_of_a_field_are_explained():
    values = {each["value"]: each["description"] for each in explained("order.state")["values"]}
    assert values["STATE_FILLED"] == "All of it has traded."


def test_people_get_tables_of_the_fields(cli):
    result = cli("explain", "order", "-o", "table")
    assert result.code == 0
    assert "limit_price" in result.out
    assert "A wish to trade" in result.out


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (("explain", "ordr"), "trademesh explain order"),
        (("explain", "order.sid"), "trademesh explain order.side"),
        (("schema", "order", "lst"), "trademesh schema order list"),
    ],
)
def test_a_name_that_was_nearly_right_is_suggested(cli, command, hint):
    result = cli(*command)
    assert result.code == 3
    assert result.hint == f"try: {hint}"
