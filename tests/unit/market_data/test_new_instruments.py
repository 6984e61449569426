"""What is taken for granted of an instrument that nobody described."""

import pytest

from domain.market_data.new_instruments import new_instrument


@pytest.mark.parametrize("name", ["KO.XNYS", "BRK.B.XNYS", "SPY.ARCX", "0700.XHKG", "BTC-USD.COIN"])
def test_a_full_id_is_symbol_and_venue(name: str) -> None:
    instrument = new_instrument(name)
    assert instrument is not None
    assert f"{instrument.symbol}.{instrument.venue}" == instrument.instrument_id == name
    assert len(instrument.venue) == 4


NO_IDS = [
    *("KO", "BRK.B", "ko.XNYS", "KO.xnys", ".XNYS", "../KO.XNYS", "K/O.XNYS", "KO.XNYS\n"),
    *("KO .XNYS", "-KO.XNYS", "K" * 33 + ".XNYS", ""),
]


@pytest.mark.parametrize("name", NO_IDS)
def test_anything_else_is_not(name: str) -> None:
    assert new_instrument(name) is None


def test_new_york_venues_keep_its_hours_and_others_never_sleep() -> None:
    new_york, elsewhere = new_instrument("KO.XNYS"), new_instrument("BTC-USD.COIN")
    assert new_york is not None
    assert elsewhere is not None
    assert (new_york.timezone, str(new_york.session_close)) == ("America/New_York", "16:00:00")
    assert (elsewhere.timezone, str(elsewhere.session_close)) == ("UTC", "00:00:00")


def test_what_is_made_up_has_a_venue_of_its_own_with_the_hours_of_new_york() -> None:
    made_up = new_instrument("DEMO.SYNTHETIC")
    assert made_up is not None
    assert (made_up.symbol, made_up.venue) == ("DEMO", "SYNTHETIC")
    assert (str(made_up.tick_size), str(made_up.lot_size)) == ("0.01", "1")
    assert (made_up.timezone, str(made_up.session_open)) == ("America/New_York", "09:30:00")
