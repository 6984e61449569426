"""`--fields`: the part of a thing that was asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.cli.failure import usage
from apps.cli.hints import nearest
from apps.cli.output.views import Column, View, lookup

Json = dict[str, Any]


def check_fields(fields: Sequence[str], prints: str) -> None:
    """Raises Failure (exit 2) for a field that the printed message does not have."""
    from apps.cli.shapes import field_paths

    known = field_paths(prints)
    for field in fields:
        if not any(field == path or _inside(field, path, known) for path in known):
            near = nearest(field, known)
            hint = f"--fields {near}" if near else f"some of {', '.join(sorted(known)[:8])}"
            raise usage(f"--fields {field}: no such field", hint=hint)


def narrowed(thing: Json, fields: Sequence[str], *, keep_unset: bool = False) -> Json:
    """Only these fields, in this order; objects around them stay objects.

    What is not set is left out, or empty with `keep_unset`, so that every line has every column.
    """
    kept: Json = {}
    for field in fields:
        value = lookup(thing, field)
        if value == "" and not (keep_unset or _is_set(thing, field)):
            continue
        *outer, last = field.split(".")
        place = kept
        for name in outer:
            place = place.setdefault(name, {})
        place[last] = value
    return kept


def narrowed_view(view: View, fields: Sequence[str]) -> View:
    """The columns of these fields, under the view's own titles where it has them."""
    known = {column.path: column for column in view.columns + view.details}
    columns = tuple(known.get(field, Column(field, field)) for field in fields)
    return View(view.name, columns)


def _inside(field: str, path: str, known: Mapping[str, bool]) -> bool:
    """A key of a map, such as `parameters.fast`."""
    return known[path] and field.startswith(f"{path}.")


def _is_set(thing: Any, field: str) -> bool:
    for name in field.split("."):
        if not isinstance(thing, Mapping) or name not in thing:
            return False
        thing = thing[name]
    return True
