from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

from domain.errors import InvalidRequest
from domain.market_data.columns import BarColumns, bar_columns
from domain.market_data.corporate_actions import Dividend, Split, split_adjusted
from tests.builders import an_instrument

AAPL = an_instrument()


def sessions(*days: tuple[str, float]) -> BarColumns:
    """One bar a session, flat at its price."""
    opened = [datetime.fromisoformat(f"{day}T14:30:00").replace(tzinfo=UTC) for day, _ in days]
    open_ts = np.array([int(one.timestamp()) * 10**9 for one in opened])
    price = np.array([price for _, price in days])
    return bar_columns(
        open_ts + 23_400 * 10**9, open_ts, price, price, price, price, np.full(len(days), 700.0)
    )


HISTORY = sessions(("2005-02-24", 88.93), ("2005-02-25", 88.99), ("2005-02-28", 44.86))
SPLIT = Split(date(2005, 2, 28), Decimal(2))


def test_a_split_is_no_loss() -> None:
    adjusted = split_adjusted(HISTORY, [SPLIT], AAPL)
    assert adjusted.close.tolist() == [44.465, 44.495, 44.86]
    assert adjusted.volume.tolist() == [1400.0, 1400.0, 700.0]
    assert adjusted.ts is HISTORY.ts


def test_splits_multiply() -> None:
    later = Split(date(2014, 6, 9), Decimal(7))
    adjusted = split_adjusted(HISTORY, [later, SPLIT], AAPL)
    assert adjusted.close.tolist() == [6.352143, 6.356429, 6.408571]


def test_a_bar_belongs_to_the_date_of_its_zone() -> None:
    evening = sessions(("2005-02-27", 89.0), ("2005-02-28", 44.5))
    late = BarColumns(evening.ts, evening.open_ts + 14 * 3600 * 10**9, *evening.arrays[2:])
    assert split_adjusted(late, [SPLIT], AAPL).close.tolist() == [44.5, 44.5]


def test_dividends_and_later_bars_change_nothing() -> None:
    assert split_adjusted(HISTORY, [Dividend(date(2005, 2, 25), Decimal("0.5"))], AAPL) is HISTORY
    assert split_adjusted(HISTORY, [Split(date(2000, 1, 1), Decimal(2))], AAPL) is HISTORY
    assert split_adjusted(HISTORY, [], AAPL) is HISTORY


def test_a_reverse_split_raises_what_came_before() -> None:
    adjusted = split_adjusted(HISTORY, [Split(date(2005, 2, 25), Decimal("0.1"))], AAPL)
    assert adjusted.close.tolist() == [889.3, 88.99, 44.86]
    assert adjusted.volume.tolist() == pytest.approx([70.0, 700.0, 700.0])


@pytest.mark.parametrize("value", ["0", "-2", "NaN", "Infinity"])
def test_an_action_without_sense_is_refused(value: str) -> None:
    with pytest.raises(InvalidRequest):
        Split(date(2005, 2, 28), Decimal(value))
    with pytest.raises(InvalidRequest):
        Dividend(date(2005, 2, 28), Decimal(value))
