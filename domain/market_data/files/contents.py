"""Which columns a file of bars, quotes or trades has."""

from collections.abc import Mapping

from msgspec import Struct

from domain.market_data.imports import Content

TIME = "time"
TIME_NAMES = (TIME, "timestamp", "date", "datetime", "open_time")  # as we export it
PRICES = ("open", "high", "low", "close")


class Columns(Struct, frozen=True):
    """Columns of numbers beside the time, by our names. What is optional counts as 0."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """All of them, in the order of the fields of bars, quotes and trades."""
        return self.required + self.optional

    @property
    def names(self) -> tuple[str, ...]:
        """The time too."""
        return (TIME, *self.numbers)


COLUMNS: Mapping[Content, Columns] = {
    Content.BARS: Columns((*PRICES, "volume")),
    Content.QUOTES: Columns(("bid", "ask"), ("bid_size", "ask_size")),
    Content.TRADES: Columns(("price", "size")),
}
