"""`trademesh data catalog`, `instruments` and `check`: what is kept, and how good it is."""

from typing import Annotated, Any

import typer

from apps.cli.command import command, group
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.output.market_views import FINDING, INSTRUMENT, SERIES, TICK_SERIES
from apps.cli.output.views import Column, View
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_SERVICE = "market_data.MarketDataService"
_SHOWN = 20  # findings of a series, in a table
_CHECKED = View(
    "bar_series.instrument_id",
    tuple(
        Column(each.title, f"bar_series.{each.path}", each.kind)
        for each in SERIES.columns + SERIES.details
        if each.path != "source"
    ),
)


@command(
    app,
    "catalog",
    example="trademesh data catalog\ntrademesh data catalog --ticks",
    prints="market_data.BarSeries[]",
)
def catalog(
    session: Session,
    ticks: Annotated[bool, typer.Option("--ticks", help="Quotes and trades instead.")] = False,
) -> None:
    """List which bars are kept: instruments, timeframes, ranges, and what checks found."""
    if ticks:
        session.show(session.listed(f"{_SERVICE}/ListTickSeries", {}, "tick_series"), TICK_SERIES)
    else:
        session.show(_series(session), SERIES)


@command(
    app,
    "instruments",
    example="trademesh data instruments -o csv",
    prints="market_data.Instrument[]",
)
def instruments(session: Session) -> None:
    """List instruments with their tick and lot."""
    found = session.listed(f"{_SERVICE}/ListInstruments", {}, "instruments")
    session.show(found, INSTRUMENT)


@command(
    app,
    "check",
    example="trademesh data check\ntrademesh data check AAPL --timeframe 1d",
    prints="market_data.CheckBarsResponse[]",
)
def check(
    session: Session,
    instrument: Annotated[
        str | None, typer.Argument(metavar="[INSTRUMENT]", help="AAPL or AAPL.XNAS; else all.")
    ] = None,
    timeframe: Annotated[
        str | None, typer.Option("--timeframe", "-t", help="Only bars of this length.")
    ] = None,
) -> None:
    """Hold bars against the calendar of their venue and against themselves.

    Finds gaps, outliers, bars while the venue is closed and splits that nobody told of. Exit 13
    where something was found.
    """
    checked = [
        _checked(session, *series, step=f"check {series}")
        for series in _meant(session, instrument, timeframe)
    ]
    _show(session, checked)
    found = sum(len(each["findings"]) for each in checked)
    if found:
        where = sum(bool(each["findings"]) for each in checked)
        raise Failure(
            ExitCode.PROBLEMS_FOUND,
            f"{_counted(found, 'finding')} in {where} of {len(checked)} series",
            reason="FINDINGS",
            hint="trademesh data check INSTRUMENT -o json, for every one of them",
        )
    session.talk("nothing was found")


def _series(session: Session) -> list[Json]:
    return session.listed(f"{_SERVICE}/ListBarSeries", {}, "bar_series")


def _meant(
    session: Session, instrument: str | None, timeframe: str | None
) -> list[tuple[str, str]]:
    """Instruments and timeframes to check. One that is named in full need not be known."""
    if instrument and timeframe:
        return [(instrument, timeframe)]
    if instrument:
        asked = {"instrument_id": instrument}
        instrument = session.call(f"{_SERVICE}/GetInstrument", asked)["instrument"]["instrument_id"]
    return [
        (each["instrument_id"], each["timeframe"])
        for each in _series(session)
        if instrument in {None, each["instrument_id"]} and timeframe in {None, each["timeframe"]}
    ]


def _checked(session: Session, instrument: str, timeframe: str, step: str) -> Json:
    request = {
        "instrument_id": instrument,
        "timeframe": timeframe,
        "request_id": session.request_id(step),
    }
    return session.call(f"{_SERVICE}/CheckBars", request)


def _show(session: Session, checked: list[Json]) -> None:
    """For people the series, then what was found in each; for programs the answers."""
    session.show(checked, _CHECKED)
    if not session.is_for_people or session.fields:
        return
    for each in checked:
        findings = each["findings"]
        if findings:
            series = each["bar_series"]
            print(f"\n{series['instrument_id']} {series['timeframe']}")
            session.show(findings[:_SHOWN], FINDING)
        if len(findings) > _SHOWN:
            session.talk(f"… and {len(findings) - _SHOWN:,} more; -o json has all")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
