"""A few of the made-up files; `make verify` reads tens of thousands."""

import pytest

from domain.market_data.imports import FileRefused
from tests.unit.market_data.csv_cases import a_case, check
from tests.unit.market_data.house import APPLE

CASES = 400


@pytest.mark.parametrize("first", range(0, CASES, 100))
def test_a_made_up_file_is_read_as_it_is_written(first: int) -> None:
    read = 0
    for seed in range(first, first + 100):
        case = a_case(seed)
        try:
            found = case.read(APPLE)
        except FileRefused:
            continue
        check(case, found, APPLE)
        read += 1
    assert read > 50
