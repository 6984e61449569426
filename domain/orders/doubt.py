"""Orders that a broker is silent about: what is known of each, and what may be concluded.

Silence is no answer. What ends a doubt follows from what the broker promises (RELIABILITY 2.6):
one that takes an id once is simply sent the order again; of another we ask until nothing can be
under way any more, and then only presume.
"""

from enum import Enum, StrEnum, auto

from msgspec import Struct, structs

SECOND = 10**9
ASK_EVERY = 10 * SECOND
"""Rounds of questions that are closer together than this count as one."""
ASK_ABSENT_EVERY = 60 * SECOND
WATCH_ABSENT = 2 * 24 * 3600 * SECOND
"""How long an order that is presumed absent is still asked about: a day-end statement and a day."""
MOST_IN_DOUBT = 5
LONGEST_DOUBT = 60 * SECOND
"""More orders, or one longer in doubt than this, halt new risk in their account."""


class Question(StrEnum):
    """What a broker can be asked about an order of ours."""

    BY_ID = "by_id"
    """Have you this order? Its no is firm for what has arrived there."""
    OPEN_ORDERS = "open_orders"
    COMPLETED_ORDERS = "completed_orders"
    EXECUTIONS = "executions"


class Capabilities(Struct, frozen=True):
    """What a broker promises: it decides how an order in doubt is resolved, not the broker's name.

    `questions` are those worth asking, the best first; `max_inflight` is the longest that an order
    may be on its way and still arrive, in nanoseconds.
    """

    unique_order_ids: bool
    """It takes an order id once, for ever: sending the same again is harmless."""
    questions: tuple[Question, ...]
    max_inflight: int
    trailing_stops: bool = False
    """It moves the stop of a trailing order by itself; else we do."""
    trades_when_shown: bool = False
    """It trades only while a run shows the account a market: paper."""

    @property
    def says_no(self) -> bool:
        """Whether it can tell firmly that an order has not arrived."""
        return Question.BY_ID in self.questions

    @property
    def rounds(self) -> int:
        """How often it must have said no: a clock that jumps must not shorten the waiting."""
        return 1 + -(-self.max_inflight // ASK_EVERY)


class Conclusion(Enum):
    """What follows when the broker shows no sign of an order."""

    WAIT = auto()
    SEND_AGAIN = auto()
    NEVER_ARRIVED = auto()
    """Proven: it did not arrive and nothing is under way."""
    PRESUMED_ABSENT = auto()
    """Concluded, not proven."""


class Doubt(Struct, frozen=True):
    """What is known of an order in doubt. Times by our clock, nanoseconds UTC."""

    since_ts: int
    sent_ts: int
    """The latest at which something that may still arrive was sent."""
    refusal: str = ""
    """What a later sending was refused with: that says nothing of the earlier ones."""
    cancel_wanted: bool = False
    """It is canceled as soon as it is found, and not sent again."""
    healthy_ts: int = 0
    """Since when we could have heard of it, for the rounds counted."""
    noes: int = 0
    """Rounds of all questions without a sign of it, in one healthy session."""
    asked_ts: int = 0
    """When the last of these rounds began."""
    quiet_ts: int = 0
    """Since when nothing was sent and everything could have been heard, for the rounds counted."""

    def sent_again(self, ts: int) -> "Doubt":
        """After another sending."""
        return structs.replace(self, sent_ts=max(ts, self.sent_ts), noes=0)

    def refused(self, reason: str) -> "Doubt":
        """After a later sending was refused."""
        return structs.replace(self, refusal=reason)

    def without(self, *, cancel: bool) -> "Doubt":
        """With the wish that it shall not live on, if `cancel`."""
        return structs.replace(self, cancel_wanted=self.cancel_wanted or cancel)

    def answered_no(self, asked_ts: int, healthy_ts: int | None) -> "Doubt":
        """After a round without a sign. One of a session that was not healthy does not count.

        When the clock was set back the waiting begins anew.
        """
        if healthy_ts is None:
            return structs.replace(self, noes=0, healthy_ts=0)
        was_set_back = asked_ts < self.asked_ts - ASK_EVERY
        if not self.noes or healthy_ts != self.healthy_ts or was_set_back:
            quiet_ts = max(self.sent_ts, healthy_ts)
            return structs.replace(
                self,
                noes=1,
                healthy_ts=healthy_ts,
                asked_ts=asked_ts,
                quiet_ts=asked_ts if was_set_back else min(quiet_ts, asked_ts),
            )
        if asked_ts - self.asked_ts < ASK_EVERY * 9 // 10:
            return self
        return structs.replace(self, noes=self.noes + 1, asked_ts=asked_ts)


def conclude(doubt: Doubt, broker: Capabilities) -> Conclusion:
    """What the rounds so far allow to conclude. Call it after a round without a sign."""
    unwanted = bool(doubt.refusal) or doubt.cancel_wanted
    is_safe = broker.unique_order_ids and broker.says_no
    if is_safe and not unwanted:
        return Conclusion.SEND_AGAIN
    quiet = doubt.asked_ts - doubt.quiet_ts
    if doubt.noes < broker.rounds or quiet < broker.max_inflight:
        return Conclusion.WAIT
    if is_safe:
        return Conclusion.NEVER_ARRIVED
    if broker.says_no or len(set(broker.questions)) > 1:
        return Conclusion.PRESUMED_ABSENT
    return Conclusion.WAIT
