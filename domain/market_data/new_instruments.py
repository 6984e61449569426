"""What we take for granted of an instrument that nobody described to us."""

import re
from datetime import time

from domain.instruments import Instrument

SYNTHETIC = "SYNTHETIC"  # the venue of what is made up
_FULL_ID = re.compile(r"([A-Z0-9][A-Z0-9._-]{0,31})\.([A-Z][A-Z0-9]{3}|SYNTHETIC)", re.ASCII)
_NEW_YORK = frozenset(
    {"ARCX", "BATS", "BATY", "EDGA", "EDGX", "IEXG", "XASE", "XNAS", "XNYS", SYNTHETIC}
)


def new_instrument(instrument_id: str) -> Instrument | None:
    """A share in US dollars, tick 0.01, lot 1; None where the id is not `SYMBOL.VENUE` in capitals.

    The venue is a market identifier code of four characters, or SYNTHETIC. Those of New York keep
    its hours, and so does SYNTHETIC; any other is taken as one that never sleeps, in UTC.
    """
    found = _FULL_ID.fullmatch(instrument_id)
    if found is None:
        return None
    symbol, venue = found[1], found[2]
    if venue in _NEW_YORK:
        return Instrument(instrument_id, symbol, venue, name=symbol)
    return Instrument(
        instrument_id,
        symbol,
        venue,
        name=symbol,
        timezone="UTC",
        session_open=time(),
        session_close=time(),
    )
