"""The real platform killed with SIGKILL three times; `test_sigkill.py` kills it twenty times."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sigkill import begun, finished, killed_again_and_again
from trademesh.strategies.v1 import run_pb2


@pytest.mark.timeout(300)
def test_a_run_that_was_killed_goes_on_and_no_order_is_sent_twice(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    time_range = datetime(2004, 6, 1, tzinfo=UTC), datetime(2005, 6, 1, tzinfo=UTC)
    account_id, run_id = begun(folder, *time_range)
    killed_again_and_again(folder, run_id, 3, seed=7)
    run, books = finished(folder, account_id, run_id)
    assert run.state == run_pb2.Run.STATE_FINISHED
    assert run.bar_count == run.total_bar_count == 252
    numbers = [int(str(order["number"])) for order in reversed(books.orders)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(books.at_broker) == len(set(books.at_broker))
    assert sorted(books.at_broker) == books.order_ids
