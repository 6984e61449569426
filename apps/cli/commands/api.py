"""`trademesh api`: any call of the API, with JSON in and JSON out."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.command import command, group
from apps.cli.failure import usage
from apps.cli.output.formats import OutputFormat, write_line
from apps.cli.output.views import plain_view
from apps.cli.session import Session

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

    from apps.cli.methods import Method

Json = dict[str, Any]

app = group()

_EXAMPLE = "trademesh api call orders.AccountService/ListAccounts -d '{\"page_size\": 5}'"
_CALLS = plain_view("call", "call", "answers", "scope", "rest")
_FIELDS = plain_view("field", "message", "field", "type", "behavior")

Name = Annotated[str, typer.Argument(metavar="SERVICE/Method", help="trademesh api list has them.")]


@command(
    app,
    "call",
    example=(
        f"{_EXAMPLE}\n"
        "trademesh api call MarketDataService/StreamBars"
        ' -d \'{"instrument_id": "AAPL", "timeframe": "1d"}\''
    ),
)
def call(
    session: Session,
    method: Name,
    data: Annotated[
        str, typer.Option("--data", "-d", help="The request as JSON; @FILE, or - for stdin.")
    ] = "{}",
) -> None:
    """Make one call and print its answer as the proto JSON. A stream prints a line a message.

    A missing request_id is filled in: from --request-id, else a new one.
    """
    from apps.cli.methods import find_method

    found = find_method(method)
    request = _request(data)
    if found.mutates:
        request.setdefault("request_id", session.request_id())
    if found.streams:
        for answer in session.stream(found.name, request):
            write_line(answer, sys.stdout)
        return
    if session.output is None or session.is_for_people:
        session.output = OutputFormat.JSON  # an answer may have any shape
    session.show(session.call(found.name, request), plain_view(""))


@command(app, "list", example="trademesh api list -o name")
def list_calls(session: Session) -> None:
    """List every call: what it answers, the scope it needs, its REST form."""
    from apps.cli.methods import all_methods

    session.show([_call_row(method) for method in all_methods()], _CALLS)


@command(app, "describe", example="trademesh api describe orders.OrderService/PlaceOrder")
def describe(session: Session, method: Name) -> None:
    """List the fields of a call's request and answer, messages inside them too."""
    from apps.cli.methods import find_method

    found = find_method(method).descriptor
    session.show(list(_fields(found.input_type, found.output_type)), _FIELDS)


def _request(data: str) -> Json:
    text = _text(data)
    try:
        request = json.loads(text)
    except ValueError as error:
        raise usage(f"--data: not JSON: {error}", hint=_EXAMPLE) from error
    if not isinstance(request, dict):
        raise usage("--data: not a JSON object", hint=_EXAMPLE)
    return request


def _text(data: str) -> str:
    if data == "-":
        return sys.stdin.read()
    if not data.startswith("@"):
        return data
    try:
        return Path(data[1:]).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise usage(f"--data {data}: cannot be read", hint="-d @request.json") from error


def _call_row(method: "Method") -> Json:
    from trademesh.access.v1 import access_pb2

    access = method.descriptor.GetOptions().Extensions[access_pb2.access]
    return {
        "call": method.name,
        "answers": "a stream" if method.streams else "once",
        "scope": access.scope,
        "rest": method.rest,
    }


def _fields(*messages: "Descriptor") -> Iterator[Json]:
    waiting, seen = list(messages), set()
    while waiting:
        message = waiting.pop(0)
        if message.full_name in seen or message.full_name.startswith("google."):
            continue
        seen.add(message.full_name)
        for field in message.fields:
            yield {
                "message": message.name,
                "field": field.name,
                "type": _type(field),
                "behavior": _behavior(field),
            }
            if field.message_type is not None:
                waiting.append(field.message_type)


def _type(field: Any) -> str:
    named = field.message_type or field.enum_type
    name = named.name if named else _SCALARS.get(field.type, "number")
    if field.enum_type:
        name = "|".join(value.name for value in field.enum_type.values)
    return f"repeated {name}" if field.is_repeated else str(name)


def _behavior(field: Any) -> str:
    from google.api import field_behavior_pb2

    behaviors = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
    return " ".join(field_behavior_pb2.FieldBehavior.Name(each) for each in behaviors)


# google.protobuf.FieldDescriptor.TYPE_…, as numbers: the module is not imported at the start.
_SCALARS = {1: "double", 3: "int64", 5: "int32", 8: "bool", 9: "string", 12: "bytes"}
