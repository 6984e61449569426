"""What a command prints with `-o json`, as JSON Schema 2020-12."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from typer.main import get_command

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.hints import nearest
from apps.cli.own_shapes import OWN_SHAPES, many, ref
from apps.cli.reference import schema_of

Json = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FROM, _TO = "#/components/schemas/", "#/$defs/"
_OF_REQUESTS = {  # what the API demands of those who send, not what it promises of its answers
    *("required", "not", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum"),
    *("maximum", "exclusiveMinimum", "exclusiveMaximum", "readOnly", "uniqueItems"),
    *("minProperties", "maxProperties", "propertyNames", "allOf", "oneOf", "anyOf"),
}


def json_schema(name: str) -> Json:
    """By the command's name, `order list`. Raises Failure (exit 3) with the nearest name."""
    prints = _shapes()
    if name not in prints:
        near = nearest(name, prints)
        raise Failure(
            ExitCode.NOT_FOUND,
            f"no command {name} that prints data",
            reason="NOTHING_TO_DESCRIBE",
            hint=f"trademesh schema {near}" if near else "trademesh --help",
        )
    shape = prints[name]
    schema: Json = {"$schema": _DIALECT, "title": f"trademesh {name} -o json"} | _moved(shape)
    named = dict(_named_in(shape))
    return schema | ({"$defs": dict(sorted(named.items()))} if named else {})


def described() -> list[str]:
    """Every command whose data has a shape."""
    return sorted(_shapes())


@cache
def _shapes() -> dict[str, Json]:
    from apps.cli.main import whole_tree

    found = dict(OWN_SHAPES)
    for name, command in _leaves(get_command(whole_tree()), ""):
        prints = getattr(command.callback, "prints", "")
        if prints and name not in found:
            message = ref(prints.removesuffix("[]").rpartition(".")[2])
            found[name] = many(message) if prints.endswith("[]") else message
    return found


def _leaves(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _leaves(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


def _named_in(shape: Any) -> Iterator[tuple[str, Json]]:
    """Every message that a shape names, and those that they name."""
    waiting, seen = list(_references(shape)), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        message = _answered(schema_of(name))
        yield name, _moved(message)
        waiting += _references(message)


def _references(shape: Any) -> Iterator[str]:
    if isinstance(shape, Mapping):
        if isinstance(target := shape.get("$ref"), str):
            yield target.removeprefix(_FROM)
        for inner in shape.values():
            yield from _references(inner)
    elif isinstance(shape, list):
        for inner in shape:
            yield from _references(inner)


def _answered(schema: Any, *, names: bool = False) -> Any:
    """Without what is asked of requests. `names`: the keys are fields, not words of the schema."""
    if isinstance(schema, Mapping):
        return {
            key: _answered(value, names=key == "properties" and not names)
            for key, value in schema.items()
            if names or key not in _OF_REQUESTS
        }
    return [_answered(each) for each in schema] if isinstance(schema, list) else schema


def _moved(schema: Any) -> Any:
    """References point into the schema itself."""
    if isinstance(schema, Mapping):
        return {
            key: value.replace(_FROM, _TO)
            if key == "$ref" and isinstance(value, str)
            else _moved(value)
            for key, value in schema.items()
        }
    return [_moved(each) for each in schema] if isinstance(schema, list) else schema
