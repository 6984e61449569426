"""Puts the sample data into the stores of a new house."""

import asyncio
import csv
import glob
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np

from domain.instruments import Instrument
from domain.market_data.columns import BarColumns, bar_columns
from domain.market_data.corporate_actions import CorporateAction, Dividend, Split
from domain.market_data.timeframe import DAILY
from ports.bar_store import BarStore
from ports.instrument_store import InstrumentStore

HERE = Path(__file__).parent
SOURCE = "sample"
EPOCH = date(1970, 1, 1)


class SampleData:
    """The shipped instruments, their corporate actions and daily bars as traded."""

    def __init__(self, instruments: InstrumentStore, bars: BarStore) -> None:
        self._instruments = instruments
        self._bars = bars

    async def load(self) -> int:
        """Loads what is not there yet, and says how many series that were.

        Harmless twice: a series that has daily bars, from wherever, stays as it is.
        """
        there = {one.instrument_id for one in await self._bars.series() if one.timeframe == DAILY}
        missing = [one for one in sample_instruments() if one.instrument_id not in there]
        for instrument in missing:
            name = instrument.instrument_id
            await self._instruments.save(instrument, sample_actions(name))
            bars = await asyncio.to_thread(sample_bars, instrument)
            await self._bars.append(name, DAILY, bars, source=SOURCE)
        return len(missing)


def sample_instruments() -> Sequence[Instrument]:
    """What is shipped, by id."""
    listed = tomllib.loads((HERE / "instruments.toml").read_text("utf-8"))["instrument"]
    return [msgspec.convert(one, Instrument) for one in listed]


def sample_actions(instrument_id: str) -> Sequence[CorporateAction]:
    """Splits and dividends of one instrument, oldest first."""
    with (HERE / "corporate_actions.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["instrument_id"] == instrument_id]
    return [_action(row) for row in rows]


def sample_bars(instrument: Instrument) -> BarColumns:
    """Daily bars as traded. Reads a file: call it in a thread."""
    with duckdb.connect() as connection:
        path = HERE / "bars" / f"{instrument.instrument_id}.parquet"
        found = connection.read_parquet(glob.escape(str(path))).fetchnumpy()
    sessions = list(_dates(found["session"]))
    return bar_columns(
        ts=np.array([instrument.session_close_of(day) for day in sessions]),
        open_ts=np.array([instrument.session_open_of(day) for day in sessions]),
        price_decimals=instrument.price_decimals,
        **{name: found[name] for name in ("open", "high", "low", "close", "volume")},
    )


def _dates(column: Any) -> Iterator[date]:
    for days in column.astype("datetime64[D]").astype(np.int64).tolist():
        yield EPOCH + timedelta(days=days)


def _action(row: dict[str, str]) -> CorporateAction:
    ex_date, value = date.fromisoformat(row["ex_date"]), Decimal(row["value"])
    return Split(ex_date, value) if row["kind"] == "split" else Dividend(ex_date, value)
