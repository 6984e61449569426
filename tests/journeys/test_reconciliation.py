"""A difference between the broker's book and ours: found, told, forbidding, approved, gone."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from tests.journeys.cli import Cli
from tests.journeys.clients import Rest
from tests.journeys.conftest import Platform
from tests.journeys.test_orders import LIMIT, open_account


def cash_goes(platform: Platform, account: str, amount: int) -> None:
    """Behind everybody's back, at the broker."""
    with closing(sqlite3.connect(platform.data_dir / "paper.db")) as book, book:
        moved = book.execute(
            "UPDATE paper_accounts SET cash = cash - ? WHERE account_id = ?", (amount, account)
        )
        assert moved.rowcount == 1


def test_a_break_is_found_told_and_settled(rest: Rest, cli: Cli, platform: Platform) -> None:
    account = open_account(rest)
    here = f"/v1/accounts/{account}"
    first = rest.post(f"{here}:reconcile").json
    assert first["reconciliation"]["outcome"] == "OUTCOME_CLEAN"
    watch = rest.lines(f"{here}/breaks:watch")
    assert next(watch)["snapshot"].get("breaks", []) == []

    cash_goes(platform, account, 5 * 10**9)
    run = cli("reconciliation", "run", "--account", account, "-o", "json")
    assert (run.code, "[BREAKS_OPEN]" in run.err) == (13, True)
    looked = run.data
    assert looked["reconciliation"]["outcome"] == "OUTCOME_BREAKS"
    [found] = looked["breaks"]
    assert (found["kind"], found["fix"]) == ("KIND_CASH_DRIFT", "FIX_ADJUST_CASH")
    assert (found["broker_figure"], found["books_figure"]) == ("99995", "100000")
    assert _told(watch)["break_id"] == found["break_id"]
    refused = rest.post(f"{here}/orders", order=LIMIT)
    assert (refused.status, refused.reason) == (400, "RECONCILIATION_BREAK")
    again = cli("reconciliation", "run", "--account", account, "-o", "json").data
    assert [one["break_id"] for one in again["breaks"]] == [found["break_id"]]

    decide = ("reconciliation", "approve", found["break_id"], "--account", account)
    asked = cli(*decide, "--reason", "a fee")
    assert (asked.code, "ADJUST_CASH" in asked.err) == (2, True)
    stale = cli(*decide, "--reason", "a fee", "--etag", "another", "--yes")
    assert "[BREAK_CHANGED]" in stale.err
    fixed = cli(*decide, "--reason", "a fee", "--yes", "-o", "json").data
    assert (fixed["state"], fixed["decided_by"], fixed["reason"]) == (
        "STATE_FIXED",
        "local-user",
        "a fee",
    )
    assert _told(watch)["state"] == "STATE_FIXED"
    assert rest.post(f"{here}/orders", order=LIMIT).status == 200
    entry = rest.get(f"{here}/ledger").json["ledger_entries"][0]
    assert (entry["kind"], entry["cash"], entry["break_id"]) == (
        "ADJUSTMENT",
        "-5",
        found["break_id"],
    )
    last = rest.post(f"{here}:reconcile").json["reconciliation"]
    assert last["outcome"] == "OUTCOME_CLEAN"
    listed = rest.get(f"{here}/reconciliations", page_size=1).json
    assert listed["reconciliations"][0]["reconciliation_id"] == last["reconciliation_id"]
    assert listed["next_page_token"]


def test_a_dismissed_break_forbids_nothing(rest: Rest, cli: Cli, platform: Platform) -> None:
    account = open_account(rest)
    here = f"/v1/accounts/{account}"
    rest.post(f"{here}:reconcile")
    cash_goes(platform, account, 1)
    [found] = rest.post(f"{here}:reconcile").json["breaks"]
    none = rest.post(f"{here}/breaks/{found['break_id']}:dismiss", reason=" ")
    assert (none.status, none.fields) == (400, ["reason"])
    dismissed = rest.post(f"{here}/breaks/{found['break_id']}:dismiss", reason="a cent")
    assert dismissed.json["account_break"]["state"] == "STATE_DISMISSED"
    assert rest.post(f"{here}/orders", order=LIMIT).status == 200
    shown = cli("reconciliation", "show", found["break_id"], "--account", account).data
    assert shown["reason"] == "a cent"
    assert cli("reconciliation", "breaks", "--open", "--account", account).data == []


def _told(watch: Iterator[Any]) -> Any:
    return next(watch)["account_break"]
