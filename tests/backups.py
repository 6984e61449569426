"""Backups against the platform they were made of: is each one moment of it, and does it go on?"""

import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from adapters.parquet.files import content_hash, read_columns
from domain.orders.events import OrderFilled, event_from_bytes
from tests.journeys.clients import Rest, until
from tests.journeys.conftest import TRADEMESH

BOOKS = ("cash", "cost", "fees", "capital", "realised")
# What is only ever added to, and what says where in its account a row stands.
GROWING = {"account_events": "version", "ledger_entries": "version", "fills": "place"}
UNSETTLED = {
    "STATE_CREATED",
    "STATE_SUBMITTED",
    "STATE_PENDING_CANCEL",
    "STATE_PENDING_REPLACE",
    "STATE_IN_DOUBT",
}


def trademesh(*arguments: str) -> None:
    """One command of the installed `trademesh`, which must succeed."""
    done = subprocess.run(
        [TRADEMESH, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def back_up(folder: Path, file: Path) -> None:
    trademesh("admin", "backup", str(file), "--data-dir", str(folder))


def restore(file: Path, folder: Path) -> Path:
    trademesh("admin", "restore", str(file), "--data-dir", str(folder))
    return folder


def assert_balanced(folder: Path) -> None:
    """The postings of each account add up to what the account says; each has two equal sides."""
    sums = ", ".join(f"sum({book})" for book in BOOKS)
    wrong = rows(
        folder,
        f"SELECT account_id, {', '.join(BOOKS)} FROM accounts EXCEPT"
        f" SELECT account_id, {sums} FROM ledger_entries GROUP BY account_id",
    )
    postings = rows(folder, f"SELECT {', '.join(BOOKS)} FROM ledger_entries")
    assert wrong == []
    assert postings
    for cash, cost, fees, capital, realised in postings:
        assert cash + cost + fees == capital + realised


def assert_is_a_moment_of(folder: Path, whole: Path) -> Counter[str]:
    """Nothing but what the platform had kept up to then, without a hole, in books that agree.

    Returns how many rows of each kind there are.
    """
    assert_balanced(folder)
    _assert_positions_follow(folder)
    _assert_bars(folder, whole)
    count: Counter[str] = Counter()
    for table, order in GROWING.items():
        query = f"SELECT * FROM {table} ORDER BY account_id, {order}"
        before, after = _by_account(folder, query), _by_account(whole, query)
        for account_id, kept in before.items():
            assert kept == after[account_id][: len(kept)], (table, account_id)
            count[table] += len(kept)
    reports = "SELECT account_id, number, report FROM paper_reports ORDER BY account_id, number"
    before, after = (_by_account(one, reports, "paper.db") for one in (folder, whole))
    for account_id, told in before.items():
        assert told == after[account_id][: len(told)], account_id
        count["reports"] += len(told)
    heard = dict(rows(folder, "SELECT account_id, report_count FROM accounts"))
    for account_id, number in heard.items():
        assert number <= len(before.get(account_id, ())), "a report was booked that nobody made"
    return count


def settled(rest: Rest) -> list[dict[str, Any]]:
    """All orders, once the broker has said of each what it knows."""

    def read() -> list[dict[str, Any]]:
        accounts = rest.get("/v1/accounts", page_size=1000).json["accounts"]
        paths = [f"/v1/accounts/{one['account_id']}/orders" for one in accounts]
        return [order for path in paths for order in every(rest, path, "orders")]

    until(lambda: not UNSETTLED & {order["state"] for order in read()}, 60)
    return read()


def every(rest: Rest, path: str, key: str) -> list[dict[str, Any]]:
    """Of a paged list."""
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        page = rest.get(path, page_size=1000, **({"page_token": token} if token else {})).json
        found += page[key]
        token = page["next_page_token"]
        if not token:
            return found


def assert_broker_agrees(folder: Path) -> None:
    """What works with us works at the broker, and nothing else. Of a platform that has stopped."""
    ours = rows(folder, "SELECT account_id, order_id FROM orders WHERE is_working = 1")
    theirs = rows(
        folder, "SELECT account_id, order_id FROM paper_orders WHERE is_working = 1", "paper.db"
    )
    assert sorted(ours) == sorted(theirs)


def rows(folder: Path, query: str, store: str = "trademesh.db") -> list[Any]:
    with closing(sqlite3.connect(folder / store)) as connection:
        return connection.execute(query).fetchall()


def _by_account(folder: Path, query: str, store: str = "trademesh.db") -> dict[str, list[Any]]:
    with closing(sqlite3.connect(folder / store)) as connection:
        connection.row_factory = sqlite3.Row
        found: dict[str, list[Any]] = {}
        for row in connection.execute(query):
            found.setdefault(row["account_id"], []).append(tuple(row))
    return found


def _assert_positions_follow(folder: Path) -> None:
    """Each position is the sum of its fills."""
    orders = {
        (account_id, number): (instrument_id, side)
        for account_id, number, instrument_id, side in rows(
            folder, "SELECT account_id, number, instrument_id, side FROM orders"
        )
    }
    held: Counter[tuple[str, str]] = Counter()
    for account_id, packed in rows(folder, "SELECT account_id, event FROM account_events"):
        event = event_from_bytes(packed)
        if isinstance(event, OrderFilled):
            instrument_id, side = orders[account_id, event.order_id]
            held[account_id, instrument_id] += side * event.quantity
    kept = rows(folder, "SELECT account_id, instrument_id, quantity FROM positions")
    assert {(account, name): quantity for account, name, quantity in kept if quantity} == {
        place: quantity for place, quantity in held.items() if quantity
    }


def _assert_bars(folder: Path, whole: Path) -> None:
    query = "SELECT instrument_id, timeframe, content_hash FROM bar_files ORDER BY seq"
    named, all_named = rows(folder, query), rows(whole, query)
    assert named == all_named[: len(named)]
    for instrument_id, timeframe, content in named:
        file = folder / "bars" / instrument_id / timeframe / f"{content}.parquet"
        assert content_hash(read_columns([str(file)])) == content
