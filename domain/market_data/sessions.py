"""When a venue trades."""

from msgspec import Struct

from domain.market_data.files.raw_rows import Ints

DAY = 86_400 * 1_000_000_000


class Sessions(Struct, frozen=True, eq=False):
    """The regular sessions of a venue, oldest first. Times are nanoseconds UTC.

    `days` are the dates they belong to, counted from 1970-01-01. A session without a break has it
    where it closes. What lies before `first_day` or behind `last_day` the calendar does not
    know.
    """

    calendar: str
    time_zone: str
    first_day: int
    last_day: int
    days: Ints
    opens: Ints
    break_starts: Ints
    break_ends: Ints
    closes: Ints

    def __len__(self) -> int:
        return len(self.days)
