"""Quotes and trades between the domain and protobuf."""

from typing import Any, Generic, Self

from google.protobuf.message import Message
from msgspec import Struct
from numpy.typing import NDArray

from adapters.wire.rows import add_rows, rows_of
from adapters.wire.values import Choices, time_to_wire
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.tick_columns import TickKind
from domain.market_data.ticks import T
from domain.market_data.trade_columns import TradeColumns
from ports.tick_store import TickSeries
from trademesh.market_data.v1 import market_data_service_pb2, tick_pb2

TICK_KINDS = Choices(
    {
        tick_pb2.TICK_KIND_QUOTES: TickKind.QUOTES,
        tick_pb2.TICK_KIND_TRADES: TickKind.TRADES,
    }
)
_STREAMED: dict[TickKind, type[Message]] = {
    TickKind.QUOTES: market_data_service_pb2.StreamQuotesResponse,
    TickKind.TRADES: market_data_service_pb2.StreamTradesResponse,
}


class TickRows(Struct, Generic[T], frozen=True, eq=False):
    """Ticks with their bytes on the wire: written for many at once, to be cut into messages."""

    ticks: T
    rows: NDArray[Any]

    def __len__(self) -> int:
        return len(self.ticks)

    def slice(self, start: int, end: int) -> Self:
        """Those from row `start` up to, not including, `end`."""
        return type(self)(self.ticks.slice(start, end), self.rows[start:end])

    def add_to(self, message: Message) -> None:
        """Appends them to the message of a stream of their kind."""
        message.MergeFromString(self.rows.tobytes())


def tick_rows(ticks: T) -> TickRows[T]:
    """The ticks as a stream will send them."""
    return TickRows(ticks, rows_of(_STREAMED[ticks.kind], ticks.kind, ticks.arrays))


def add_quotes(message: market_data_service_pb2.ListQuotesResponse, quotes: QuoteColumns) -> None:
    """Appends whole columns to a message."""
    add_rows(message, "quotes", quotes.arrays)


def add_trades(message: market_data_service_pb2.ListTradesResponse, trades: TradeColumns) -> None:
    """Appends whole columns to a message."""
    add_rows(message, "trades", trades.arrays)


def tick_series_to_wire(series: TickSeries) -> tick_pb2.TickSeries:
    """One line of the catalogue."""
    return tick_pb2.TickSeries(
        instrument_id=series.instrument_id,
        kind=TICK_KINDS.to_wire(series.kind),
        first_time=time_to_wire(series.first_ts),
        last_time=time_to_wire(series.last_ts),
        tick_count=series.tick_count,
        source=series.source,
    )
