"""Repeated requests, inside the transaction of the change they ask for."""

from sqlalchemy import Connection, insert, select

from adapters.sql.tables.events import requests
from ports.request_log import RequestIdReused, RequestKey


def kept_answer(connection: Connection, key: RequestKey) -> bytes | None:
    """The answer given before, or None for a new request. Raises `RequestIdReused`."""
    row = connection.execute(
        select(requests.c.fingerprint, requests.c.answer).where(
            requests.c.tenant == key.tenant,
            requests.c.principal == key.principal,
            requests.c.method == key.method,
            requests.c.request_id == key.request_id,
        )
    ).first()
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise RequestIdReused(key.request_id)
    answer: bytes = row.answer
    return answer


def keep_answer(connection: Connection, key: RequestKey, answer: bytes, *, ts: int) -> None:
    """Keeps the answer of a new request."""
    connection.execute(
        insert(requests).values(
            tenant=key.tenant,
            principal=key.principal,
            method=key.method,
            request_id=key.request_id,
            fingerprint=key.fingerprint,
            answer=answer,
            create_ts=ts,
        )
    )
