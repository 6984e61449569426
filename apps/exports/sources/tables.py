"""The columns of each kind of file, and how a record becomes a row of them."""

from collections.abc import Sequence

from domain.market_data.columns import BarColumns
from domain.orders.records import FillRecord, OrderRecord
from ports.backtest_results import EquityPoint
from ports.export_files import Column, Kind, Row

BARS = (
    Column("open_time", Kind.TIME),
    Column("close_time", Kind.TIME),
    Column("open", Kind.DOUBLE),
    Column("high", Kind.DOUBLE),
    Column("low", Kind.DOUBLE),
    Column("close", Kind.DOUBLE),
    Column("volume", Kind.DOUBLE),
)
ORDERS = (
    Column("order_id", Kind.TEXT),
    Column("number", Kind.WHOLE),
    Column("run_id", Kind.TEXT),
    Column("instrument_id", Kind.TEXT),
    Column("side", Kind.TEXT),
    Column("quantity", Kind.DECIMAL),
    Column("order_type", Kind.TEXT),
    Column("limit_price", Kind.DECIMAL),
    Column("stop_price", Kind.DECIMAL),
    Column("time_in_force", Kind.TEXT),
    Column("state", Kind.TEXT),
    Column("reason", Kind.TEXT),
    Column("filled_quantity", Kind.DECIMAL),
    Column("average_fill_price", Kind.DECIMAL),
    Column("broker_order_id", Kind.TEXT),
    Column("create_time", Kind.TIME),
    Column("update_time", Kind.TIME),
)
FILLS = (
    Column("fill_id", Kind.TEXT),
    Column("order_id", Kind.TEXT),
    Column("instrument_id", Kind.TEXT),
    Column("side", Kind.TEXT),
    Column("quantity", Kind.DECIMAL),
    Column("price", Kind.DECIMAL),
    Column("fee", Kind.DECIMAL),
    Column("fill_time", Kind.TIME),
)
EQUITY = (
    Column("time", Kind.TIME),
    Column("equity", Kind.DOUBLE),
)


def bar_rows(bars: BarColumns) -> Sequence[Row]:
    """A row a bar."""
    columns = (
        *(bars.open_ts, bars.ts),
        *(bars.open, bars.high, bars.low, bars.close, bars.volume),
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


def order_row(order: OrderRecord) -> Row:
    """As the API shows it, the words of its enums without their prefix."""
    return (
        order.order_id,
        order.number,
        order.run_id or None,
        order.instrument_id,
        order.side.name,
        order.quantity,
        order.order_type.name,
        order.limit_price,
        order.stop_price,
        order.time_in_force.name,
        order.state.name,
        order.reason or None,
        order.filled_quantity,
        order.average_fill_price,
        order.broker_order_id or None,
        order.create_ts,
        order.update_ts,
    )


def fill_row(fill: FillRecord) -> Row:
    """As the API shows it."""
    return (
        fill.fill_id,
        fill.order_id,
        fill.instrument_id,
        fill.side.name,
        fill.quantity,
        fill.price,
        fill.fee,
        fill.ts,
    )


def equity_row(point: EquityPoint) -> Row:
    """A point of the curve."""
    return point.ts, point.equity
