"""Quotes and trades between the domain and protobuf."""

from adapters.wire.rows import add_rows
from adapters.wire.values import Choices, time_to_wire
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.tick_columns import TickKind
from domain.market_data.trade_columns import TradeColumns
from ports.tick_store import TickSeries
from trademesh.market_data.v1 import market_data_service_pb2, tick_pb2

TICK_KINDS = Choices(
    {
        tick_pb2.TICK_KIND_QUOTES: TickKind.QUOTES,
        tick_pb2.TICK_KIND_TRADES: TickKind.TRADES,
    }
)


def add_quotes(
    message: market_data_service_pb2.ListQuotesResponse
    | market_data_service_pb2.StreamQuotesResponse,
    quotes: QuoteColumns,
) -> None:
    """Appends whole columns to a message."""
    add_rows(message, "quotes", quotes.arrays)


def add_trades(
    message: market_data_service_pb2.ListTradesResponse
    | market_data_service_pb2.StreamTradesResponse,
    trades: TradeColumns,
) -> None:
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
