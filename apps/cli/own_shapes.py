"""The JSON of commands that print something of their own, not a message of the API."""

from typing import Any

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
TRUTH: Json = {"type": "boolean"}
COUNT: Json = {"type": "string", "pattern": "^[0-9]+$"}
NUMBER: Json = {"type": "integer"}
ANYTHING: Json = {}


def many(shape: Json) -> Json:
    """A list of them."""
    return {"type": "array", "items": shape}


def ref(name: str) -> Json:
    """A message of the API."""
    return {"$ref": f"#/components/schemas/{name}"}


def thing(**fields: Json) -> Json:
    """An object that always has all of these fields."""
    return {"type": "object", "properties": fields, "required": list(fields)}


def thing_with(optional: Json, **fields: Json) -> Json:
    """An object that has some fields only where they say something."""
    whole = thing(**fields)
    return whole | {"properties": fields | optional}


_SETTING = thing(name=TEXT, value=ANYTHING, source=TEXT, meaning=TEXT)
_BACKUP = thing_with(
    {"data_dir": TEXT},
    file=TEXT,
    version=TEXT,
    schema=TEXT,
    create_time=TEXT,
    file_count=COUNT,
    total_bytes=COUNT,
    with_keys=TRUTH,
    verified=TRUTH,
)
_FIELD = {"field": TEXT, "type": TEXT, "given": TEXT, "description": TEXT, "example": TEXT}
_EXPLAINED = thing_with(
    {
        **_FIELD,
        "fields": many(thing(**_FIELD)),
        "values": many(thing(value=TEXT, description=TEXT)),
    },
    field=TEXT,
    description=TEXT,
)

OWN_SHAPES: dict[str, Json] = {
    "up": thing(
        ready={"const": True},
        rest=TEXT,
        grpc=TEXT,
        token_file=TEXT,
        data_dir=TEXT,
        demo_backtest={"type": ["string", "null"]},
        demo_run={"type": ["string", "null"]},
    ),
    "status": thing(
        address=TEXT,
        state=TEXT,
        instrument_count=NUMBER,
        bar_count=NUMBER,
        strategy_count=NUMBER,
        account_count=NUMBER,
        active_run_count=NUMBER,
    ),
    "demo": thing(backtest=ref("Backtest"), run=ref("Run")),
    "version": thing(version=TEXT),
    "doctor": many(
        thing(check=TEXT, state={"enum": ["ok", "note", "problem"]}, found=TEXT, mend=TEXT)
    ),
    "top": thing(
        accounts=many(ref("Account")),
        positions=many(ref("Position")),
        orders=many(ref("Order")),
        runs=many(ref("Run")),
    ),
    "explain": {"anyOf": [_EXPLAINED, many(thing(field=TEXT, description=TEXT))]},
    "schema": {"type": "object", "required": ["$schema", "title"]},
    "completion": thing(shell=TEXT, script=TEXT),
    "data watch": {"anyOf": [ref("Bar"), ref("Quote"), ref("Trade")]},  # a line each
    "strategy new": thing(file=TEXT, class_name=TEXT, template=TEXT, then=TEXT),
    "strategy diff": thing(**{"from": TEXT, "to": TEXT, "equal": TRUTH, "diff": TEXT}),
    "backtest compare": thing(backtests=many(ref("Backtest")), best={"type": "object"}),
    "report parity": thing(parity=ref("Parity"), rows=many(ref("ParityRow"))),
    "api call": ANYTHING,
    "api list": many(thing(call=TEXT, answers=TEXT, scope=TEXT, rest=TEXT)),
    "api describe": many(thing(message=TEXT, field=TEXT, type=TEXT, behavior=TEXT)),
    "config list": many(_SETTING),
    "config get": _SETTING,
    "config set": _SETTING,
    "config unset": _SETTING,
    "config path": thing(path=TEXT, exists=TRUTH),
    "admin backup": _BACKUP,
    "admin restore": _BACKUP,
    "admin migrate": thing(
        data_dir=TEXT, schema=TEXT, wanted_schema=TEXT, revisions=many(TEXT), copy=TEXT, done=TRUTH
    ),
}
