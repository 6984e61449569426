"""How each noun looks to a person: which columns, in which order, in which words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Kind(Enum):
    """How a value is written, and on which side it stands."""

    TEXT = "text"
    STATE = "state"
    TIME = "time"
    COUNT = "count"
    NUMBER = "number"  # a decimal as it is: quantities and prices
    MONEY = "money"  # two decimals, thousands apart
    PERCENT = "percent"  # of a fraction, with its sign: what was won or lost
    SHARE = "share"  # of a fraction, without a sign: a part of something
    RATIO = "ratio"  # two decimals


@dataclass(frozen=True)
class Column:
    """One column of a list, or one line of a single thing. `path` is dotted."""

    title: str
    path: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class View:
    """`name` is the path of what `-o name` prints."""

    name: str
    columns: tuple[Column, ...]
    details: tuple[Column, ...] = ()  # more lines where one thing is shown alone


def lookup(thing: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; an empty string where there is none."""
    value: Any = thing
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return ""
        value = value[key]
    return value


def plain_view(name: str, *paths: str) -> View:
    """Columns of text under their own names."""
    return View(name, tuple(Column(path.replace("_", " "), path) for path in paths))


STRATEGY = View(
    "strategy_id",
    (
        Column("strategy", "strategy_id"),
        Column("class", "latest_version.class_name"),
        Column("parameters", "latest_version.parameters"),
        Column("what it does", "latest_version.summary"),
        Column("of the house", "built_in"),
    ),
    (
        Column("version", "latest_version.version_id"),
        Column("archived", "archived"),
        Column("pushed", "latest_version.create_time", Kind.TIME),
    ),
)

VERSION = View(
    "version_id",
    (
        Column("strategy", "strategy_id"),
        Column("class", "class_name"),
        Column("parameters", "parameters"),
        Column("what it does", "summary"),
        Column("version", "version_id"),
    ),
    (Column("pushed", "create_time", Kind.TIME),),
)

BACKTEST = View(
    "backtest_id",
    (
        Column("backtest", "backtest_id"),
        Column("strategy", "strategy_id"),
        Column("instrument", "instrument_id"),
        Column("state", "state", Kind.STATE),
        Column("return", "statistics.total_return", Kind.PERCENT),
        Column("sharpe", "statistics.sharpe", Kind.RATIO),
        Column("drawdown", "statistics.max_drawdown", Kind.PERCENT),
        Column("trades", "statistics.trade_count", Kind.COUNT),
        Column("created", "create_time", Kind.TIME),
    ),
    (
        Column("timeframe", "timeframe"),
        Column("from", "start_time", Kind.TIME),
        Column("to (exclusive)", "end_time", Kind.TIME),
        Column("parameters", "parameters"),
        Column("cash", "cash", Kind.MONEY),
        Column("equity", "statistics.final_equity", Kind.MONEY),
        Column("error", "error_message"),
        Column("result hash", "result_hash"),
    ),
)

EQUITY = View("time", (Column("time", "time", Kind.TIME), Column("equity", "equity", Kind.MONEY)))

RUN = View(
    "run_id",
    (
        Column("run", "run_id"),
        Column("strategy", "strategy_id"),
        Column("instrument", "instrument_id"),
        Column("account", "account_id"),
        Column("state", "state", Kind.STATE),
        Column("bars", "bar_count", Kind.COUNT),
        Column("of", "total_bar_count", Kind.COUNT),
        Column("market time", "market_time", Kind.TIME),
    ),
    (
        Column("parameters", "parameters"),
        Column("error", "error_message"),
        Column("created", "create_time", Kind.TIME),
        Column("ended", "end_time", Kind.TIME),
    ),
)

ORDER = View(
    "order_id",
    (
        Column("order", "order_id"),
        Column("no.", "number", Kind.COUNT),
        Column("instrument", "instrument_id"),
        Column("side", "side", Kind.STATE),
        Column("quantity", "quantity", Kind.NUMBER),
        Column("type", "order_type", Kind.STATE),
        Column("limit", "limit_price", Kind.NUMBER),
        Column("stop", "stop_price", Kind.NUMBER),
        Column("tif", "time_in_force", Kind.STATE),
        Column("state", "state", Kind.STATE),
        Column("filled", "filled_quantity", Kind.NUMBER),
        Column("at", "average_fill_price", Kind.NUMBER),
        Column("reason", "reason"),
    ),
    (
        Column("account", "account_id"),
        Column("run", "run_id"),
        Column("created", "create_time", Kind.TIME),
        Column("changed", "update_time", Kind.TIME),
    ),
)

FILL = View(
    "fill_id",
    (
        Column("fill", "fill_id"),
        Column("order", "order_id"),
        Column("instrument", "instrument_id"),
        Column("side", "side", Kind.STATE),
        Column("quantity", "quantity", Kind.NUMBER),
        Column("price", "price", Kind.NUMBER),
        Column("fee", "fee", Kind.NUMBER),
        Column("time", "fill_time", Kind.TIME),
    ),
)

POSITION = View(
    "instrument_id",
    (
        Column("account", "account_id"),
        Column("instrument", "instrument_id"),
        Column("quantity", "quantity", Kind.NUMBER),
        Column("average price", "average_price", Kind.NUMBER),
        Column("last price", "last_price", Kind.NUMBER),
        Column("value", "market_value", Kind.MONEY),
        Column("unrealised", "unrealised_pnl", Kind.MONEY),
        Column("realised", "realised_pnl", Kind.MONEY),
    ),
)

ACCOUNT = View(
    "account_id",
    (
        Column("account", "account_id"),
        Column("name", "display_name"),
        Column("broker", "broker"),
        Column("currency", "currency"),
        Column("equity", "equity", Kind.MONEY),
        Column("cash", "cash", Kind.MONEY),
        Column("reserved", "reserved", Kind.MONEY),
        Column("buying power", "buying_power", Kind.MONEY),
        Column("realised", "realised_pnl", Kind.MONEY),
    ),
    (
        Column("capital", "capital", Kind.MONEY),
        Column("fees", "fees", Kind.MONEY),
        Column("created", "create_time", Kind.TIME),
    ),
)

LEDGER_ENTRY = View(
    "number",
    (
        Column("no.", "number", Kind.COUNT),
        Column("time", "time", Kind.TIME),
        Column("kind", "kind"),
        Column("instrument", "instrument_id"),
        Column("cash", "cash", Kind.MONEY),
        Column("basis", "basis", Kind.MONEY),
        Column("fee", "fee", Kind.MONEY),
        Column("realised", "realised_pnl", Kind.MONEY),
        Column("cash after", "cash_after", Kind.MONEY),
    ),
    (Column("fill", "fill_id"),),
)

PREVIEW = View(
    "order.instrument_id",
    (
        Column("instrument", "order.instrument_id"),
        Column("side", "order.side", Kind.STATE),
        Column("quantity", "order.quantity", Kind.NUMBER),
        Column("type", "order.order_type", Kind.STATE),
        Column("reckoned at", "preview.reference_price", Kind.NUMBER),
        Column("value", "preview.notional", Kind.MONEY),
        Column("fee", "preview.fee", Kind.MONEY),
        Column("would set aside", "preview.reserved", Kind.MONEY),
        Column("buying power after", "preview.buying_power_after", Kind.MONEY),
        Column("position after", "preview.position_after", Kind.NUMBER),
    ),
)

RUN_LOG = View(
    "number",
    (
        Column("no.", "number", Kind.COUNT),
        Column("market time", "market_time", Kind.TIME),
        Column("writer", "writer"),
        Column("text", "text"),
    ),
)
