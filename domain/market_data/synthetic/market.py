"""A synthetic market from its first session to its last."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from domain.errors import invalid
from domain.market_data.checked_rows import AnyColumns
from domain.market_data.columns import BarColumns, join_bars
from domain.market_data.corporate_actions import Split
from domain.market_data.imports import Content, SyntheticTerms
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.sessions import Sessions
from domain.market_data.synthetic.draws import Draws
from domain.market_data.synthetic.plan import pauses, plan
from domain.market_data.synthetic.regimes import Mood
from domain.market_data.synthetic.rows import bars_of, quotes_of, trades_of
from domain.market_data.synthetic.session import MINUTE, Events, session_events
from domain.market_data.ticks import join_ticks
from domain.market_data.trade_columns import TradeColumns

TOGETHER = 20  # sessions in a piece
EPOCH_DAY = date(1970, 1, 1).toordinal()
SPLITS = ((200.0, Decimal(4)), (20.0, Decimal(2)), (0.0, Decimal("0.1")))  # from which price on


class SyntheticMarket:
    """Makes the rows of terms that `check_synthetic` let pass. Draw them once, from the start.

    Prices are those of the day: at a split they fall, or rise where shares are put together.
    """

    def __init__(self, terms: SyntheticTerms, sessions: Sessions) -> None:
        """Takes the first `session_count` of the sessions, breaks and all.

        Raises InvalidRequest (`SESSIONS_UNKNOWN`) where the calendar has fewer.
        """
        if len(sessions) < terms.session_count:
            raise invalid(
                "import.synthetic.session_count",
                f"the calendar {sessions.calendar} knows {len(sessions)} sessions from there on",
                reason="SESSIONS_UNKNOWN",
            )
        self._terms = terms
        self._sessions = sessions
        self.splits: list[Split] = []
        """Those of the rows that were drawn so far."""

    def pieces(self, content: Content, timeframe: str = "") -> Iterator[AnyColumns]:
        """The rows in pieces of some sessions, oldest first; none is empty."""
        made: list[AnyColumns] = []
        for events, open_ts, close_ts in self._events():
            if content is Content.QUOTES:
                made.append(quotes_of(events))
            elif content is Content.TRADES:
                made.append(trades_of(events))
            else:
                made.append(bars_of(trades_of(events), timeframe, open_ts, close_ts))
            if len(made) == TOGETHER:
                yield _joined(made)
                made = []
        if made:
            yield _joined(made)

    def _events(self) -> Iterator[tuple[Events, int, int]]:
        """The events of each session, with its open and its close."""
        terms, sessions = self._terms, self._sessions
        planned, mood, price = plan(terms), Mood(), float(terms.start_price)
        self.splits.clear()
        for number in range(terms.session_count):
            open_ts, close_ts = int(sessions.opens[number]), int(sessions.closes[number])
            minutes, draws = (close_ts - open_ts) // MINUTE, Draws(terms.seed, number + 1)
            if number in planned.splits:
                price = self._split(price, int(sessions.days[number]))
            paused = pauses(int(planned.gaps[number]), int(planned.halts[number]), minutes, draws)
            events, price = session_events(open_ts, minutes, price, paused, mood, draws)
            yield events, open_ts, close_ts

    def _split(self, price: float, day: int) -> float:
        ratio = next(ratio for least, ratio in SPLITS if price >= least)
        self.splits.append(Split(date.fromordinal(EPOCH_DAY + day), ratio))
        return price / float(ratio)


def _joined(made: Sequence[AnyColumns]) -> AnyColumns:
    """Columns of one kind, one after the other."""
    if isinstance(made[0], BarColumns):
        return join_bars([one for one in made if isinstance(one, BarColumns)])
    if isinstance(made[0], QuoteColumns):
        return join_ticks(QuoteColumns, [one for one in made if isinstance(one, QuoteColumns)])
    return join_ticks(TradeColumns, [one for one in made if isinstance(one, TradeColumns)])
