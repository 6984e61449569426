"""A synthetic market from its first session to its last."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import cycle

from domain.errors import invalid
from domain.market_data.columns import BarColumns, join_bars
from domain.market_data.corporate_actions import CorporateAction, Split
from domain.market_data.files.checked_rows import AnyColumns
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
RATIOS = (Decimal(2), Decimal(5), Decimal("0.1"))  # in turns, so that the price stays
CHEAP = Decimal(50)  # below it shares are put together first


class SyntheticMarket:
    """Makes the rows of terms that `check_synthetic` let pass.

    Prices are those of the day: at a split they fall, or rise where shares are put together.
    """

    def __init__(self, terms: SyntheticTerms, sessions: Sessions | None) -> None:
        """Takes the first `session_count` of the sessions, breaks and all.

        Raises InvalidRequest (`SESSIONS_UNKNOWN`) where there are fewer, or the start of them is
        not known.
        """
        start = terms.start_date.toordinal() - EPOCH_DAY
        if sessions is None or len(sessions) < terms.session_count or start < sessions.first_day:
            raise invalid(
                "import.synthetic.start_date",
                f"the calendar does not know {terms.session_count} sessions from there on",
                reason="SESSIONS_UNKNOWN",
            )
        self._terms = terms
        self._sessions = sessions
        self._plan = plan(terms)
        ratios = RATIOS if terms.start_price >= CHEAP else (RATIOS[-1], *RATIOS[:-1])
        self.splits = tuple(
            Split(self._day(number), ratio)
            for number, ratio in zip(sorted(self._plan.splits), cycle(ratios), strict=False)
        )

    def actions(self, known: Iterable[CorporateAction]) -> tuple[CorporateAction, ...]:
        """What happened to the shares: the splits, and what is known of other times."""
        first, last = self._day(0), self._day(self._terms.session_count - 1)
        others = (action for action in known if not first <= action.ex_date <= last)
        return tuple(sorted((*others, *self.splits), key=lambda action: action.ex_date))

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
        mood, price = Mood(), float(terms.start_price)
        splits = iter(self.splits)
        for number in range(terms.session_count):
            open_ts, close_ts = int(sessions.opens[number]), int(sessions.closes[number])
            minutes, draws = (close_ts - open_ts) // MINUTE, Draws(terms.seed, number + 1)
            if number in self._plan.splits:
                price /= float(next(splits).ratio)
            gaps, halts = int(self._plan.gaps[number]), int(self._plan.halts[number])
            paused = pauses(gaps, halts, minutes, draws)
            events, price = session_events(open_ts, minutes, price, paused, mood, draws)
            yield events, open_ts, close_ts

    def _day(self, number: int) -> date:
        return date.fromordinal(EPOCH_DAY + int(self._sessions.days[number]))


def _joined(made: Sequence[AnyColumns]) -> AnyColumns:
    """Columns of one kind, one after the other."""
    if isinstance(made[0], BarColumns):
        return join_bars([one for one in made if isinstance(one, BarColumns)])
    if isinstance(made[0], QuoteColumns):
        return join_ticks(QuoteColumns, [one for one in made if isinstance(one, QuoteColumns)])
    return join_ticks(TradeColumns, [one for one in made if isinstance(one, TradeColumns)])
