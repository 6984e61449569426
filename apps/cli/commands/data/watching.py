"""`trademesh data watch`: bars, quotes or trades as they come."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import typer

from apps.cli.command import command, group
from apps.cli.output.market_views import BAR, QUOTE, TRADE
from apps.cli.output.views import View
from apps.cli.session import Session
from apps.cli.times import time_range

Json = dict[str, Any]

app = group()

_SERVICE = "market_data.MarketDataService"


class What(StrEnum):
    """What is watched."""

    BARS = "bars"
    QUOTES = "quotes"
    TRADES = "trades"


class _Source(NamedTuple):
    stream: str
    series: str
    last_time: str
    view: View


_SOURCES = {
    What.BARS: _Source("StreamBars", "bar_series", "last_open_time", BAR),
    What.QUOTES: _Source("StreamQuotes", "tick_series", "last_time", QUOTE),
    What.TRADES: _Source("StreamTrades", "tick_series", "last_time", TRADE),
}


@command(
    app,
    "watch",
    example=(
        "trademesh data watch bars AAPL --timeframe 1d\n"
        "trademesh data watch quotes AAPL --start 2024-01-02 --no-follow"
    ),
)
def watch(
    session: Session,
    what: Annotated[
        What, typer.Argument(metavar="bars|quotes|trades", case_sensitive=False, help="Of what.")
    ],
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="AAPL or AAPL.XNAS.")],
    timeframe: Annotated[
        str, typer.Option("--timeframe", "-t", help="Length of a bar; only for bars.")
    ] = "1d",
    start: Annotated[
        str | None, typer.Option(help="From this date or time on; else from the last one kept.")
    ] = None,
    end: Annotated[
        str | None, typer.Option(help="Up to this date or time, which is no longer part.")
    ] = None,
    no_follow: Annotated[
        bool, typer.Option("--no-follow", help="End with the last one that is kept.")
    ] = False,
) -> None:
    """Print what is kept, then what comes, until Ctrl-C (exit 130).

    Each is a JSON object on a line of its own, as the API writes it; on a terminal the last ones
    stand in a table.
    """
    source = _SOURCES[what]
    request = {"instrument_id": instrument, "follow": not no_follow} | time_range(start, end)
    if what is What.BARS:
        request["timeframe"] = timeframe
    if "start_time" not in request:
        request |= _from_the_last(session, what, request)
    with session.showing(source.view) as show:
        for batch in session.stream(f"{_SERVICE}/{source.stream}", request):
            for each in batch[what]:
                show(each)


def _from_the_last(session: Session, what: What, request: Mapping[str, Any]) -> Json:
    """Where the last one is; nothing where none is kept yet."""
    asked = {"instrument_id": request["instrument_id"]}
    instrument = session.call(f"{_SERVICE}/GetInstrument", asked)["instrument"]["instrument_id"]
    source = _SOURCES[what]
    if what is What.BARS:
        wanted = {"instrument_id": instrument, "timeframe": request["timeframe"]}
        kept = session.listed(f"{_SERVICE}/ListBarSeries", {}, source.series)
    else:
        wanted = {"instrument_id": instrument, "kind": f"TICK_KIND_{what.upper()}"}
        kept = session.listed(f"{_SERVICE}/ListTickSeries", {}, source.series)
    for series in kept:
        if wanted.items() <= series.items():
            return {"start_time": series[source.last_time]}
    return {}
