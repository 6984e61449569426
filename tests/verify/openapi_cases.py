"""Cases made out of /openapi.json: what the document allows, what it forbids, and its edges.

Ids of things that are there take the place of most made-up ones, or nearly every call would end at
NOT_FOUND. Streams are not followed: each case is to end.
"""

import json
import zlib
from collections import Counter
from typing import Any

import schemathesis
from msgspec import Struct, field
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.engine import events, from_schema

from gateway.streams import LINES
from tests.journeys.clients import Rest, until
from tests.journeys.conftest import Platform

SEED = 20130301
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "negative_data_rejection",
)
PHASES = ("examples", "coverage", "fuzzing")
REAL = 4  # of five ids
RUN = {
    "strategy_id": "sma-cross",
    "instrument_id": "FB",
    "timeframe": "1d",
    "parameters": {"fast": "2", "slow": "3"},
    "replay": {"start_time": "2012-05-18T00:00:00Z", "end_time": "2012-06-01T00:00:00Z"},
}
KNOWN: dict[str, str] = {}  # what `try_cases` was given
CSV = "dGltZSxvcGVuLGhpZ2gsbG93LGNsb3NlLHZvbHVtZQoyMDEyLTA1LTE4LDEsMiwxLDIsNQo="


class Outcome(Struct):
    """How the cases went: `failures` in words, each with the request that shows it."""

    statuses: Counter[int] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return self.statuses.total()


def known_ids(rest: Rest, platform: Platform) -> dict[str, str]:
    """One thing of each kind, none of which is at work any more: following it comes to an end."""
    account = {"display_name": "cases", "capital": "1000000"}
    account_id = rest.post("/v1/accounts", account=account).json["account"]["account_id"]
    order = {
        "instrument_id": "AAPL",
        "side": "SIDE_BUY",
        "quantity": "1",
        "order_type": "ORDER_TYPE_MARKET",
    }
    placed = rest.post(f"/v1/accounts/{account_id}/orders", order=order).json["order"]
    declared = {"instrument_id": "CASE.XNAS", "timeframe": "1d"}
    imported = rest.post("/v1/imports", **{"import": declared, "data": CSV}).json["import"]
    exported = rest.post(
        "/v1/exports", export={"backtest_equity": {"backtest_id": platform.demo_backtest}}
    ).json["export"]
    run = rest.post("/v1/runs", run=RUN | {"account_id": account_id}).json["run"]
    for thing, path in (
        ("run", f"/v1/runs/{run['run_id']}"),
        ("import", f"/v1/imports/{imported['import_id']}"),
        ("export", f"/v1/exports/{exported['export_id']}"),
    ):
        until(lambda path=path, thing=thing: "end_time" in rest.get(path).json[thing])
    return {
        "account_id": account_id,
        "order_id": placed["order_id"],
        "instrument_id": "AAPL",
        "backtest_id": platform.demo_backtest,
        "run_id": run["run_id"],
        "import_id": imported["import_id"],
        "export_id": exported["export_id"],
        "strategy_id": "sma-cross",
    }


def try_cases(platform: Platform, ids: dict[str, str], *, examples: int, phases=PHASES) -> Outcome:
    """Makes every case and judges each answer; the same cases for the same document."""
    config = SchemathesisConfig.from_dict(
        {
            "base-url": platform.rest,
            "seed": SEED,
            "continue-on-failure": True,
            "request-timeout": 30,
            "headers": {"Authorization": f"Bearer {platform.token}"},
            "generation": {"deterministic": True, "max-examples": examples, "database": "none"},
            "phases": {"enabled": False, **{name: phase(name) for name in phases}},
            "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
        }
    )
    schema = schemathesis.openapi.from_dict(served(platform), config=config)

    KNOWN.clear()
    KNOWN.update(ids)
    outcome = Outcome()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            note(event, outcome)
        elif isinstance(event, events.NonFatalError):
            outcome.failures[f"{event.label}: {event.value}"] = ""
        elif isinstance(event, events.FatalError):
            raise event.exception
    return outcome


def served(platform: Platform) -> dict[str, Any]:
    """The document less its `one of these`: cases out of those take minutes to make up.

    What it forbids is then made too, and refused as everything else is.
    """
    document: dict[str, Any] = Rest(platform.rest, None).get("/openapi.json").json
    for schema in document["components"]["schemas"].values():
        schema.pop("allOf", None)
    return document


def phase(name: str) -> dict[str, Any]:
    """What answers teach is left unused: which ids they name depends on the clock."""
    learns = {} if name == "examples" else {"extra-data-sources": {"responses": False}}
    return {"enabled": True, **learns}


@schemathesis.hook("before_call")
def name_what_is_there(context, case, kwargs) -> None:
    case.path_parameters = with_known(case.path_parameters, KNOWN)
    call = case.operation.definition.raw["operationId"]
    if call in ("WatchAccount", "WatchBreaks"):  # they never end
        case.path_parameters = {"account_id": "nobodys"}
    case.query = with_known(case.query, KNOWN)
    if call == "WatchKillSwitches":  # nor does this, unless its cursor is that of no stream
        case.query = {**(case.query or {}), "cursor": "nobodys"}
    case.body = with_known(case.body, KNOWN)
    if isinstance(case.query, dict):
        case.query.pop("follow", None)


@schemathesis.hook("filter_failure")
def is_a_fault(context, failure, case, response) -> bool:
    """A stream may be empty; and JSON of protos is read more widely than it is written."""
    if isinstance(failure, AcceptedNegativeData):
        return not reads_otherwise(case.body)
    return bool(response.content) or LINES not in response.headers.get("content-type", [])


def reads_otherwise(part: Any) -> bool:
    """Whether there is a `null`, which is an unset field, or a number, which may name an enum."""
    if isinstance(part, dict):
        part = list(part.values())
    if isinstance(part, list):
        return any(reads_otherwise(one) for one in part)
    return part is None or (isinstance(part, int | float) and not isinstance(part, bool))


def note(event: events.ScenarioFinished, outcome: Outcome) -> None:
    recorder = event.recorder
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            outcome.statuses[interaction.response.status_code] += 1
            outcome.calls[recorder.label] += 1
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                name = f"{recorder.label}: {check.name}: {failure.title}: {failure.message}"
                outcome.failures.setdefault(name[:600], check.failure_info.code_sample[:600])


def with_known(part: Any, ids: dict[str, str]) -> Any:
    """Four of five ids, told apart by their own text, become those of things that are there."""
    if isinstance(part, list):
        return [with_known(one, ids) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: ids[key]
        if key in ids and isinstance(value, str) and zlib.crc32(value.encode()) % 5 < REAL
        else with_known(value, ids)
        for key, value in part.items()
    }


@schemathesis.deserializer(LINES)
def first_line(context, response) -> Any:
    """Every line is a message of one kind; an empty stream has none to look at."""
    lines = response.content.splitlines()
    return json.loads(lines[0]) if lines else None
