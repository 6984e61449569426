"""SIGKILL at twenty random points of a run: the books end as if nothing had happened."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sigkill import begun, finished, killed_again_and_again
from trademesh.strategies.v1 import run_pb2

KILLS = 20


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1])
def test_a_run_killed_twenty_times_has_the_books_of_one_left_alone(
    tmp_path: Path, seed: int
) -> None:
    time_range = datetime(2000, 3, 1, tzinfo=UTC), datetime(2006, 3, 1, tzinfo=UTC)
    account_id, run_id = begun(tmp_path / "alone", *time_range)
    run, expected = finished(tmp_path / "alone", account_id, run_id)
    assert run.state == run_pb2.Run.STATE_FINISHED
    assert len(expected.fills) > 100

    account_id, run_id = begun(tmp_path / "killed", *time_range)
    met = killed_again_and_again(tmp_path / "killed", run_id, KILLS, seed)
    run, books = finished(tmp_path / "killed", account_id, run_id)
    assert met >= KILLS * 3 // 5, "the kills met the run at work"
    assert run.state == run_pb2.Run.STATE_FINISHED
    assert run.bar_count == run.total_bar_count
    assert books.orders == expected.orders
    assert books.fills == expected.fills
    assert books.money == expected.money
    assert books.positions == expected.positions
    assert books.postings == expected.postings
    assert len(books.at_broker) == len(set(books.at_broker)), "no order twice at the broker"
    assert sorted(books.at_broker) == books.order_ids
