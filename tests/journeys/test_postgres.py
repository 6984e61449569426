"""The platform on PostgreSQL: the same calls, and one process that trades."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.clients import Rest, until
from tests.journeys.conftest import Platform
from tests.journeys.test_orders import LIMIT, open_account, order_when
from tests.postgres import TestDatabase, new_database


@pytest.fixture(scope="module")
def store() -> Iterator[TestDatabase]:
    store = new_database()
    yield store
    store.drop()


@contextmanager
def a_platform(store: TestDatabase) -> Iterator[Platform]:
    """A process with a folder of its own, on the same store as every other one here."""
    with tempfile.TemporaryDirectory(prefix="tm-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADEMESH_STORE_URL", store.url)
        patch.setenv("TRADEMESH_LEASE_TTL", "2")
        platform = Platform(Path(folder), "--no-demo")
        try:
            yield platform
        finally:
            if platform.process.poll() is None:
                assert platform.stop() == 0


def test_one_process_trades_and_the_next_takes_over(store: TestDatabase) -> None:
    with a_platform(store) as first:
        rest = Rest(first.rest, first.token)
        account = open_account(rest)
        placed = rest.post(f"/v1/accounts/{account}/orders", order=LIMIT).json["order"]
        accepted = order_when(rest, account, placed["order_id"], "STATE_ACCEPTED")
        assert not (first.data_dir / "trademesh.db").exists()
        with a_platform(store) as second:
            other = Rest(second.rest, second.token)
            seen = other.get(f"/v1/accounts/{account}/orders/{placed['order_id']}")
            assert seen.json["order"] == accepted
            refused = other.post("/v1/accounts", account={"display_name": "b", "capital": "1"})
            assert (refused.status, refused.reason) == (503, "NOT_THE_HOLDER")
            assert first.stop() == 0
            until(
                lambda: (
                    other.post("/v1/accounts", account={"display_name": "b", "capital": "1"}).status
                    == 200
                )
            )
