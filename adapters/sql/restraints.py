"""Whether anything restrains an account beyond its own terms: one question, mostly answered no.

What is there is then read by who keeps it: switches, breaks, and the gate of limits and trips.
"""

import sqlite3

from msgspec import Struct
from sqlalchemy import Connection, exists, select

from adapters.sql.kill_switch_halts import ENGAGED_HERE
from adapters.sql.prepared import Prepared
from adapters.sql.reconciliation_rows import STANDING_BREAKS
from adapters.sql.risk_rows import LIMITS_HERE, STANDING_TRIPS


class Restraints(Struct, frozen=True):
    """Which kinds there are."""

    switches: bool = True
    breaks: bool = True
    gate: bool = True


ANY = Restraints()
_THERE = Prepared(
    select(
        exists().where(*ENGAGED_HERE).label("switches"),
        exists().where(*STANDING_BREAKS).label("breaks"),
        exists().where(*LIMITS_HERE).label("limits"),
        exists().where(*STANDING_TRIPS).label("trips"),
    )
)


def restraints(connection: Connection, tenant: str, account_id: str) -> Restraints:
    """Of an account whose row is taken. All of them where that cannot be read: who reads each says.

    Of whatever is set later the next change hears.
    """
    try:
        row = _THERE.row(connection, tenant=tenant, account_id=account_id)
    except sqlite3.DatabaseError:
        return ANY
    assert row is not None
    return Restraints(bool(row.switches), bool(row.breaks), bool(row.limits or row.trips))
