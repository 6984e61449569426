"""`trademesh explain`: what the things of the API mean."""

import sys
from typing import Annotated, Any

import typer

from apps.cli.command import command
from apps.cli.output.views import Column, View
from apps.cli.session import Session

Json = dict[str, Any]

_THINGS = View("field", (Column("thing", "field"), Column("what it is", "description")))
_FIELDS = View(
    "field",
    (
        Column("field", "field"),
        Column("type", "type"),
        Column("given", "given"),
        Column("what it is", "description"),
        Column("example", "example"),
    ),
)
_VALUES = View("value", (Column("value", "value"), Column("what it means", "description")))

Thing = Annotated[
    str | None,
    typer.Argument(metavar="[THING[.FIELD]]", help="As order, order.limit_price; else all things."),
]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "explain", example="trademesh explain order.limit_price")(explain)


def explain(session: Session, thing: Thing = None) -> None:
    """Say what a thing of the API is, what its fields are, or what one field means.

    Names are those of the JSON that every command prints. Without a name: every thing there is.
    """
    from apps.cli.reference import explained, resources, schema_of

    if thing is None:
        things = [
            {"field": name, "description": _first_sentence(schema_of(schema)["description"])}
            for name, schema in resources().items()
            if schema_of(schema).get("description")
        ]
        session.show(things, _THINGS)
        return
    told = explained(thing)
    if not session.is_for_people:
        session.show(told, _FIELDS)
        return
    session.show({name: told[name] for name in told if name not in {"fields", "values"}}, _FIELDS)
    for inner, view in (("values", _VALUES), ("fields", _FIELDS)):
        if inner in told:
            print(file=sys.stdout)
            session.show(told[inner], view)


def _first_sentence(text: str) -> str:
    first, stop, _ = " ".join(text.split()).partition(". ")
    return first + stop.rstrip()
