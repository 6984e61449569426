"""Instruments, bars and imports between the domain and protobuf."""

from google.protobuf.timestamp_pb2 import Timestamp

from adapters.wire.quality import quality_to_wire
from adapters.wire.rows import add_rows
from adapters.wire.values import Choices, decimal_to_wire, time_from_wire, time_to_wire
from domain.instruments import Instrument
from domain.market_data.columns import BarColumns
from domain.market_data.corporate_actions import CorporateAction, Split
from domain.market_data.quality.finding import Quality
from ports.bar_store import Adjustment, BarSeries
from trademesh.market_data.v1 import (
    bar_pb2,
    corporate_action_pb2,
    instrument_pb2,
    market_data_service_pb2,
)

ADJUSTMENTS = Choices(
    {
        bar_pb2.ADJUSTMENT_NONE: Adjustment.NONE,
        bar_pb2.ADJUSTMENT_SPLITS: Adjustment.SPLITS,
    }
)


def adjustment_from_wire(value: "bar_pb2.Adjustment.ValueType") -> Adjustment:
    """Splits are taken out unless the client says otherwise. Raises InvalidRequest."""
    return ADJUSTMENTS.from_wire("adjustment", value, unset=Adjustment.SPLITS)


def optional_time(field: str, time: Timestamp, given: bool) -> int | None:
    """Nanoseconds UTC, or None where the client set nothing. Raises InvalidRequest (BAD_TIME)."""
    return time_from_wire(field, time) if given else None


def instrument_to_wire(instrument: Instrument) -> instrument_pb2.Instrument:
    """The whole instrument."""
    return instrument_pb2.Instrument(
        instrument_id=instrument.instrument_id,
        symbol=instrument.symbol,
        venue=instrument.venue,
        name=instrument.name,
        currency=instrument.currency,
        tick_size=decimal_to_wire(instrument.tick_size),
        lot_size=decimal_to_wire(instrument.lot_size),
        time_zone=instrument.timezone,
    )


def action_to_wire(
    instrument_id: str, action: CorporateAction
) -> corporate_action_pb2.CorporateAction:
    """A split or a dividend."""
    wire = corporate_action_pb2.CorporateAction(
        instrument_id=instrument_id, ex_date=action.ex_date.isoformat()
    )
    if isinstance(action, Split):
        wire.kind = corporate_action_pb2.CorporateAction.KIND_SPLIT
        wire.ratio = decimal_to_wire(action.ratio)
    else:
        wire.kind = corporate_action_pb2.CorporateAction.KIND_DIVIDEND
        wire.amount = decimal_to_wire(action.amount)
    return wire


def add_bars(
    message: market_data_service_pb2.ListBarsResponse | market_data_service_pb2.StreamBarsResponse,
    bars: BarColumns,
) -> None:
    """Appends whole columns to a message."""
    values = (bars.open, bars.high, bars.low, bars.close, bars.volume)
    add_rows(message, "bars", (bars.open_ts, bars.ts, *values))


def series_to_wire(series: BarSeries, quality: Quality | None) -> bar_pb2.BarSeries:
    """One line of the catalogue, with the last look at it, if somebody looked."""
    return bar_pb2.BarSeries(
        instrument_id=series.instrument_id,
        timeframe=series.timeframe,
        first_open_time=time_to_wire(series.first_open_ts),
        last_open_time=time_to_wire(series.last_open_ts),
        bar_count=series.bar_count,
        source=series.source,
        quality=None if quality is None else quality_to_wire(quality),
    )
