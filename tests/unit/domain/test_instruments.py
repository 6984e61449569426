from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

from domain.errors import InvalidRequest, NotFound
from domain.instruments import Instruments
from tests.builders import a_round_the_clock_instrument, an_instrument


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def test_a_notional_needs_no_division() -> None:
    share = an_instrument()
    price, quantity = share.price_to_int(Decimal("10.25")), share.quantity_to_int(Decimal(3))
    assert price * quantity * share.money_factor == 30_750_000_000


@pytest.mark.parametrize("price", ["10.255", "0", "-1", "0.001"])
def test_a_price_off_the_tick_or_not_above_zero_is_refused(price: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        an_instrument().price_to_int(Decimal(price), "limit_price")
    assert list(refusal.value.violations) == ["limit_price"]
    assert refusal.value.reason in {"OFF_TICK", "NOT_POSITIVE"}


@pytest.mark.parametrize(
    ("quantity", "reason"), [("0", "NOT_POSITIVE"), ("-5", "NOT_POSITIVE"), ("150", "OFF_LOT")]
)
def test_a_quantity_off_the_lot_or_not_above_zero_is_refused(quantity: str, reason: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        an_instrument(lot_size=Decimal(100)).quantity_to_int(Decimal(quantity))
    assert refusal.value.reason == reason


def test_a_computed_price_goes_to_the_nearest_tick() -> None:
    share = an_instrument(tick_size=Decimal("0.05"))
    assert share.to_tick(10.12) == Decimal("10.10")
    assert share.to_tick(10.13) == Decimal("10.15")
    assert share.to_tick(np.float64(10.13)) == Decimal("10.15")


@pytest.mark.parametrize(
    ("moment", "close"),
    [
        ("2014-06-09T13:30:00", "2014-06-09T20:00:00"),  # within the session, summer time
        ("2014-06-09T19:59:59", "2014-06-09T20:00:00"),
        ("2014-06-09T20:00:00", "2014-06-10T20:00:00"),  # a close belongs to the session it ends
        ("2014-01-10T01:00:00", "2014-01-10T21:00:00"),  # still the day before in New York
        ("2014-03-09T03:00:00", "2014-03-09T20:00:00"),  # the clocks go forward
    ],
)
def test_a_session_lasts_from_one_close_to_the_next(moment: str, close: str) -> None:
    assert an_instrument().session_close_after(at(moment)) == at(close)


def test_a_market_that_never_sleeps_closes_at_midnight() -> None:
    coin = a_round_the_clock_instrument()
    assert coin.session_close_after(at("2014-06-09T13:30:00")) == at("2014-06-10T00:00:00")
    assert coin.session_close_of(date(2014, 6, 9)) == at("2014-06-09T00:00:00")


def test_a_bare_symbol_is_understood_where_it_is_unambiguous() -> None:
    both = Instruments([an_instrument("ABC.XNAS"), an_instrument("ABC.XNYS"), an_instrument()])
    assert both.resolve("AAPL").instrument_id == "AAPL.XNAS"
    assert both.resolve("ABC.XNYS").venue == "XNYS"
    with pytest.raises(InvalidRequest) as ambiguous:
        both.resolve("ABC")
    assert ambiguous.value.reason == "AMBIGUOUS_SYMBOL"
    with pytest.raises(NotFound) as unknown:
        both.resolve("XYZ")
    assert unknown.value.reason == "INSTRUMENT_NOT_FOUND"


@pytest.mark.parametrize(
    "fields",
    [
        {"price_decimals": 8, "quantity_decimals": 8},
        {"tick_size": Decimal(0)},
        {"lot_size": Decimal(-1)},
        {"tick_size": Decimal("0.0000001")},
        {"timezone": "Mars/Olympus"},
    ],
)
def test_an_instrument_whose_figures_do_not_fit_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        an_instrument(**fields)
