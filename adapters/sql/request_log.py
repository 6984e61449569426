"""Repeated requests, inside the transaction of the change they ask for."""

from sqlalchemy import Connection, bindparam, select

from adapters.sql.locks import hold
from adapters.sql.prepared import Prepared, inserting
from adapters.sql.tables.events import requests
from ports.request_log import RequestIdReused, RequestKey

_SCOPE = ("tenant", "principal", "method", "request_id")
_ASK = Prepared(
    select(requests.c.fingerprint, requests.c.answer).where(
        *(requests.c[name] == bindparam(name) for name in _SCOPE)
    )
)
_KEEP = inserting(requests)


def kept_answer(connection: Connection, key: RequestKey) -> bytes | None:
    """The answer given before, or None for a new request. Raises `RequestIdReused`.

    In a transaction that writes it waits until the same request, if it runs, has ended.
    """
    hold(connection, "request", key.tenant, key.principal, key.method, key.request_id)
    row = _ASK.row(
        connection,
        tenant=key.tenant,
        principal=key.principal,
        method=key.method,
        request_id=key.request_id,
    )
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise RequestIdReused(key.request_id)
    return bytes(row.answer)


def keep_answer(connection: Connection, key: RequestKey, answer: bytes, *, ts: int) -> None:
    """Keeps the answer of a new request."""
    row = {
        "tenant": key.tenant,
        "principal": key.principal,
        "method": key.method,
        "request_id": key.request_id,
        "fingerprint": key.fingerprint,
        "answer": answer,
        "create_ts": ts,
    }
    _KEEP.run(connection, [row])
