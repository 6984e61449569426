"""Limits as values."""

from decimal import Decimal

import pytest

from domain.errors import InvalidRequest
from domain.orders.risk.limits import Limits, Scope, check_limits, tightest
from tests.builders import AAPL

D = Decimal


@pytest.mark.parametrize(
    ("limits", "field", "reason"),
    [
        (Limits(max_order_quantity=D(0)), "max_order_quantity", "NOT_POSITIVE"),
        (Limits(max_daily_loss=D(-1)), "max_daily_loss", "NOT_POSITIVE"),
        (Limits(max_daily_loss=D("1e30")), "max_daily_loss", "OUT_OF_RANGE"),
        (Limits(max_drawdown=D("NaN")), "max_drawdown", "NOT_A_DECIMAL"),
        (Limits(price_collar_percent=D("0.00001")), "price_collar_percent", "TOO_MANY_DECIMALS"),
        (Limits(max_net_exposure_percent=D(1_000_001)), "max_net_exposure_percent", "OUT_OF_RANGE"),
        (Limits(max_orders_per_second=0), "max_orders_per_second", "NOT_POSITIVE"),
        (Limits(max_orders_per_minute=1_001), "max_orders_per_minute", "OUT_OF_RANGE"),
        (Limits(identical_order_window=3_601 * 10**9), "identical_order_window", "OUT_OF_RANGE"),
        (Limits(max_gross_exposure=D(1)), "max_gross_exposure", "NOT_OF_AN_INSTRUMENT"),
    ],
)
def test_a_limit_that_is_none_is_refused_by_its_name(
    limits: Limits, field: str, reason: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        check_limits(Scope(instrument_id=AAPL), limits)
    assert refusal.value.reason == reason
    assert list(refusal.value.violations) == [field]


def test_good_limits_pass() -> None:
    check_limits(Scope(), Limits(max_drawdown=D("0.01"), max_orders_per_decision=1_000))
    check_limits(Scope("acc"), Limits())


def test_the_least_of_each_binds_and_every_ban() -> None:
    found = tightest([
        Limits(max_order_quantity=D(5), restricted=True),
        Limits(max_order_quantity=D(3), max_orders_per_second=7),
        Limits(max_orders_per_second=9, halted=True),
    ])  # fmt: skip
    assert found == Limits(
        max_order_quantity=D(3), max_orders_per_second=7, restricted=True, halted=True
    )
    assert tightest([]) == Limits()
