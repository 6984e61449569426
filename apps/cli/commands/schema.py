"""`trademesh schema`: what a command prints, for programs that read it."""

from typing import Annotated

import typer

from apps.cli.command import command
from apps.cli.output.formats import OutputFormat
from apps.cli.output.views import plain_view
from apps.cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "schema", example="trademesh schema order list > orders.schema.json")(schema)


def schema(
    session: Session,
    words: Annotated[
        list[str], typer.Argument(metavar="COMMAND", help="As it is typed: order list.")
    ],
) -> None:
    """Print the JSON Schema of what a command prints with -o json.

    Of -o ndjson it is the schema of the whole where one thing is printed, of its items in a list.
    """
    from apps.cli.json_schemas import json_schema

    if session.output in {None, OutputFormat.TABLE, OutputFormat.WIDE}:
        session.output = OutputFormat.JSON  # it has any shape
    session.show(json_schema(" ".join(words)), plain_view("title"))
