"""Everything that a platform tells about itself, as one JSON value that a later one must equal."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.journeys.clients import Rest

Json = dict[str, Any]

LISTS = {
    "instruments": "/v1/instruments",
    "bar_series": "/v1/bar_series",
    "imports": "/v1/imports",
    "strategies": "/v1/strategies",
    "backtests": "/v1/backtests",
    "runs": "/v1/runs",
    "accounts": "/v1/accounts",
}


def record(rest: Rest) -> Json:
    """Every list to its end; of long series their digest."""
    kept: Json = {name: _listed(rest, path, name) for name, path in LISTS.items()}
    for one in kept["strategies"]:
        path = f"/v1/strategies/{one['strategy_id']}/versions"
        kept[path] = _listed(rest, path, "strategy_versions")
    for one in kept["accounts"]:
        for name in ("orders", "fills", "positions"):
            path = f"/v1/accounts/{one['account_id']}/{name}"
            kept[path] = _listed(rest, path, name)
    for one in kept["bar_series"]:
        name, timeframe = one["instrument_id"], one["timeframe"]
        path = f"/v1/instruments/{name}/corporate_actions"
        kept[path] = _listed(rest, path, "corporate_actions")
        path = f"/v1/instruments/{name}/bars"
        kept[f"{path} {timeframe}"] = digest(_listed(rest, path, "bars", timeframe=timeframe))
    for one in kept["backtests"]:
        if one["state"] == "STATE_SUCCEEDED":
            for name in ("orders", "fills", "equity"):
                path = f"/v1/backtests/{one['backtest_id']}/{name}"
                kept[path] = digest(_listed(rest, path, name))
    return kept


def digest(rows: Sequence[Json], fields: Sequence[str] | None = None) -> Json:
    """How many rows, and the hash of their values in these fields, or in those the rows have."""
    named = sorted({name for row in rows for name in row}) if fields is None else fields
    values = [[row.get(name) for name in named] for row in rows]
    whole = hashlib.sha256(json.dumps(values).encode()).hexdigest()
    return {"rows": len(rows), "fields": list(named), "sha256": whole}


def differences(before: Json, rest: Rest) -> Iterator[str]:
    """What the platform tells otherwise than the record. New fields and new things are none."""
    for place, recorded in before.items():
        path, _, timeframe = LISTS.get(place, place).partition(" ")
        query = {"timeframe": timeframe} if timeframe else {}
        key = path.rpartition("/")[2]
        now = _listed(rest, path, "strategy_versions" if key == "versions" else key, **query)
        if isinstance(recorded, Mapping):
            if digest(now, recorded["fields"]) != recorded:
                yield f"{place}: other rows than before"
            continue
        for one in recorded:
            if not any(_holds(other, one) for other in now):
                yield f"{place}: {one} is gone or another"


def _holds(now: Any, before: Any) -> bool:
    """Whether all that was said is still said."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        return all(name in now and _holds(now[name], value) for name, value in before.items())
    if isinstance(before, list) and isinstance(now, list):
        return len(now) == len(before) and all(map(_holds, now, before))
    return bool(now == before)


def _listed(rest: Rest, path: str, key: str, **query: Any) -> list[Json]:
    found: list[Json] = []
    token = ""
    while True:
        more = {"page_token": token} if token else {}
        answer = rest.get(path, page_size=1000, **query, **more)
        assert answer.status == 200, (path, answer.json)
        found += answer.json[key]
        token = answer.json["next_page_token"]
        if not token:
            return found
