"""What may be asked of a synthetic market."""

from decimal import Decimal

from domain.errors import invalid
from domain.market_data.imports import SyntheticTerms
from domain.market_data.new_instruments import SYNTHETIC

VENUE = SYNTHETIC
MOST_SESSIONS = 2520
MOST_PAUSES = 1000  # gaps and halts in a hundred sessions, so that each finds its place
TICK = Decimal("0.01")
LOWEST_START, HIGHEST_START = Decimal(1), Decimal(100_000)


def check_synthetic(instrument_id: str, terms: SyntheticTerms) -> None:
    """Raises InvalidRequest naming the field of the import.

    SYNTHETIC_VENUE_REQUIRED for an instrument of another venue, OUT_OF_RANGE, and OFF_TICK for a
    price that is no whole number of cents.
    """
    if not instrument_id.endswith(f".{VENUE}"):
        raise invalid(
            "import.instrument_id",
            f"is of no venue {VENUE}: rows that are made up go nowhere else, as in DEMO.{VENUE}",
            reason="SYNTHETIC_VENUE_REQUIRED",
        )
    _check_range("session_count", terms.session_count, 1, MOST_SESSIONS)
    _check_range("gaps_per_100_sessions", terms.gaps_per_100_sessions, 0, MOST_PAUSES)
    rest = MOST_PAUSES - terms.gaps_per_100_sessions
    _check_range("halts_per_100_sessions", terms.halts_per_100_sessions, 0, rest)
    _check_range("split_count", terms.split_count, 0, terms.session_count - 1)
    _check_range("start_price", terms.start_price, LOWEST_START, HIGHEST_START)
    if terms.start_price % TICK:
        raise invalid(
            "import.synthetic.start_price", f"is not a multiple of {TICK}", reason="OFF_TICK"
        )


def _check_range(
    name: str, value: Decimal | int, least: Decimal | int, most: Decimal | int
) -> None:
    if not least <= value <= most:
        raise invalid(
            f"import.synthetic.{name}", f"must be {least} to {most}", reason="OUT_OF_RANGE"
        )
