"""What the API says of its own things: read from the OpenAPI document that ships with us."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.hints import nearest

Json = dict[str, Any]

_REF = "#/components/schemas/"
_NOT_THINGS = ("Request", "Response", "ErrorInfo", "RetryInfo", "Status")  # calls and refusals
_PARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_VALUE = re.compile(r"^- `([A-Z0-9_]+)`: (.*)$", re.MULTILINE)


def resources() -> dict[str, str]:
    """Each thing of the API under the name that is typed, `order`, and its schema's, `Order`."""
    schemas = _schemas()
    named = {name for name in schemas if not name.endswith(_NOT_THINGS)}
    things = {name for name in named if "properties" in schemas[name]}
    return {_PARTS.sub("_", name).lower(): name for name in sorted(things)}


def schema_of(name: str) -> Json:
    """By the schema's own name; a reference is followed."""
    return _schemas()[name.removeprefix(_REF)]


def explained(path: str) -> Json:
    """What `order`, `order.limit_price` or `backtest.statistics.sharpe` is.

    Raises Failure (exit 3) with the nearest name.
    """
    name, *fields = path.split(".")
    known = resources()
    if name.lower() not in known:
        raise _unknown(name, known, "trademesh explain")
    place, schema, found = known[name.lower()], schema_of(known[name.lower()]), {}
    for depth, field in enumerate(fields):
        properties = schema.get("properties", {})
        if field not in properties:
            so_far = ".".join([name, *fields[:depth]])
            raise _unknown(field, properties, f"trademesh explain {so_far}", so_far)
        found = field_of(schema, field)
        place = f"{place}.{field}"
        schema = target_of(properties[field])
    told = found or {"field": name, "type": "object", "description": schema.get("description", "")}
    told = told | {"field": path}
    if schema.get("enum"):
        told["values"] = list(values_of(schema))
    if "properties" in schema:
        told["fields"] = [field_of(schema, each) for each in schema["properties"]]
    return told


def field_of(schema: Json, name: str) -> Json:
    """One field of a thing, in words."""
    field = schema["properties"][name]
    examples = field.get("examples") or []
    return {
        "field": name,
        "type": type_of(field),
        "given": _given(schema, name),
        "description": _plain(field.get("description", "")),
        "example": str(examples[0]) if examples else "",
    }


def type_of(field: Json) -> str:
    """`text`, `decimal`, `list of Order`, `one of …`."""
    if "$ref" in field:
        return str(field["$ref"]).removeprefix(_REF)
    if field.get("type") == "array":
        return f"list of {type_of(field['items'])}"
    if isinstance(inner := field.get("additionalProperties"), Mapping):
        return f"map to {type_of(dict(inner))}"
    form = {"date-time": "time", "int64": "int64", "uint64": "uint64", "byte": "base64"}
    if named := form.get(str(field.get("format", ""))):
        return named
    if "[0-9]{1,18}([.]" in str(field.get("pattern", "")):
        return "decimal"
    kinds = {"string": "text", "boolean": "yes or no", "integer": "int32"}
    return kinds.get(str(field.get("type")), str(field.get("type", "object")))


def target_of(field: Json) -> Json:
    """The schema behind a field: of what it names, of what a list of it holds."""
    if "$ref" in field:
        return schema_of(str(field["$ref"]))
    if field.get("type") == "array":
        return target_of(field["items"])
    return field


def values_of(schema: Json) -> Iterator[Json]:
    """The values of an enum with what each means."""
    meaning = dict(_VALUE.findall(str(schema.get("description", ""))))
    for value in schema["enum"]:
        yield {"value": value, "description": _plain(meaning.get(value, ""))}


def _given(schema: Json, name: str) -> str:
    if schema["properties"][name].get("readOnly"):
        return "by us"
    return "must be" if name in schema.get("required", ()) else "may be"


def _plain(text: str) -> str:
    return " ".join(_VALUE.sub("", text).split())


def _unknown(name: str, known: Mapping[str, Any], command: str, of: str = "") -> Failure:
    near = nearest(name, known)
    what = f"{of} has no field {name}" if of else f"the API has no thing called {name}"
    step = "." if of else " "
    return Failure(
        ExitCode.NOT_FOUND,
        what,
        reason="NOTHING_TO_EXPLAIN",
        hint=f"{command}{step}{near}" if near else command,
    )


@cache
def _schemas() -> dict[str, Json]:
    from gateway.pages import DOCUMENT

    found: dict[str, Json] = json.loads(DOCUMENT.read_text("utf-8"))["components"]["schemas"]
    return found
