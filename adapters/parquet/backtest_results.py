"""Results of backtests: three Parquet files a backtest, `orders`, `fills` and `equity`."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from adapters.parquet.session import cursor, path_for_reading, path_for_writing
from domain.backtests.result import BacktestResult
from domain.errors import Unavailable
from domain.orders.records import FillRecord, OrderRecord, OrderTag, order_record
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.state import OrderState
from domain.values import money_to_decimal
from ports.backtest_results import BacktestResults, EquityPoint

PIECE = 50_000  # rows on their way to a file
UNFINISHED = ".unfinished"

Row = tuple[Any, ...]

ORDERS = (
    "place BIGINT, request BIGINT, instrument_id TEXT, side TINYINT, quantity TEXT,"
    " order_type TINYINT, limit_price TEXT, stop_price TEXT, time_in_force TINYINT,"
    " state TINYINT, reason TEXT, filled_quantity TEXT, average_fill_price TEXT,"
    " create_ts BIGINT, update_ts BIGINT"
)
FILLS = (
    "place BIGINT, number BIGINT, instrument_id TEXT, side TINYINT, quantity TEXT,"
    " price TEXT, fee TEXT, ts BIGINT"
)


def write_results(folder: Path, result: BacktestResult) -> None:
    """Writes the three files, whole and on the disk; what a worker does at its end.

    Raises `Unavailable` STORE_UNAVAILABLE when the disk refuses.
    """
    try:
        with cursor() as duck:
            _write_rows(duck, folder / "orders.parquet", ORDERS, _order_rows(result))
            _write_rows(duck, folder / "fills.parquet", FILLS, _fill_rows(result))
            _write_equity(duck, folder / "equity.parquet", result)
        for file in folder.iterdir():
            _sync(file)
    except (OSError, duckdb.Error) as error:
        raise Unavailable(
            f"the results cannot be kept: {error}", reason="STORE_UNAVAILABLE"
        ) from error


class ParquetBacktestResults(BacktestResults):
    """`folder` holds a folder a backtest, named by its id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    async def prepare(self, backtest_id: str) -> str:
        unfinished = self._unfinished(backtest_id)

        def make() -> None:
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)

        await asyncio.to_thread(make)
        return str(unfinished)

    async def keep(self, backtest_id: str) -> None:
        unfinished, place = self._unfinished(backtest_id), self._folder / backtest_id

        def move() -> None:
            shutil.rmtree(place, ignore_errors=True)  # of a try whose end was not kept
            _sync(unfinished)
            unfinished.rename(place)
            _sync(self._folder)

        await asyncio.to_thread(move)

    async def discard(self, backtest_id: str) -> None:
        await asyncio.to_thread(shutil.rmtree, self._unfinished(backtest_id), ignore_errors=True)

    async def orders(self, backtest_id: str, *, after: int, limit: int) -> Sequence[OrderRecord]:
        rows = await self._rows(backtest_id, "orders", after, limit)
        return [_order(row) for row in rows]

    async def fills(
        self, backtest_id: str, *, after: int, limit: int
    ) -> Sequence[tuple[int, FillRecord]]:
        rows = await self._rows(backtest_id, "fills", after, limit)
        return [(row[0], _fill(row)) for row in rows]

    async def equity(self, backtest_id: str, *, after: int, limit: int) -> Sequence[EquityPoint]:
        rows = await self._rows(backtest_id, "equity", after, limit)
        return [EquityPoint(*row) for row in rows]

    async def _rows(self, backtest_id: str, name: str, after: int, limit: int) -> list[Row]:
        file = self._folder / backtest_id / f"{name}.parquet"
        return await asyncio.to_thread(_page, file, after, limit)

    def _unfinished(self, backtest_id: str) -> Path:
        return self._folder / (backtest_id + UNFINISHED)


def _write_rows(
    duck: duckdb.DuckDBPyConnection, file: Path, columns: str, rows: Sequence[Row]
) -> None:
    names = [column.split()[0] for column in columns.split(",")]
    duck.execute(f"CREATE OR REPLACE TEMP TABLE kept ({columns})")
    for first in range(0, len(rows), PIECE):
        piece = zip(*rows[first : first + PIECE], strict=True)
        duck.register(
            "piece", {name: _column(values) for name, values in zip(names, piece, strict=True)}
        )
        duck.execute(f"INSERT INTO kept SELECT {', '.join(names)} FROM piece")
        duck.unregister("piece")
    _copy(duck, "kept", file)


def _write_equity(duck: duckdb.DuckDBPyConnection, file: Path, result: BacktestResult) -> None:
    curve = result.equity
    places = np.arange(1, len(curve) + 1, dtype=np.int64)
    duck.register("curve", {"place": places, "ts": curve.ts, "equity": curve.equity})
    _copy(duck, "curve", file)
    duck.unregister("curve")


def _copy(duck: duckdb.DuckDBPyConnection, table: str, file: Path) -> None:
    duck.execute(
        f"COPY (SELECT * FROM {table} ORDER BY place) TO {path_for_writing(str(file))}"
        " (FORMAT parquet, COMPRESSION zstd)"
    )


def _page(file: Path, after: int, limit: int) -> list[Row]:
    query = "SELECT * FROM read_parquet(?) WHERE place > ? ORDER BY place LIMIT ?"
    try:
        with cursor() as duck:
            return duck.execute(query, [path_for_reading(str(file)), after, limit]).fetchall()
    except duckdb.Error as error:
        raise Unavailable(
            f"the results file {file.name} cannot be read",
            reason="RESULTS_UNREADABLE",
            file=file.name,
        ) from error


def _order_rows(result: BacktestResult) -> list[Row]:
    instruments = result.account.instruments
    rows: list[Row] = []
    for order in result.replayed[0]:
        of = instruments[order.instrument_id]
        kept = order_record("", order, _NO_TAG, of.price_decimals, of.quantity_decimals)
        rows.append(
            (
                kept.number,
                kept.request,
                kept.instrument_id,
                int(kept.side),
                _text(kept.quantity),
                int(kept.order_type),
                _text(kept.limit_price),
                _text(kept.stop_price),
                int(kept.time_in_force),
                int(kept.state),
                kept.reason,
                _text(kept.filled_quantity),
                _text(kept.average_fill_price),
                kept.create_ts,
                kept.update_ts,
            )
        )
    return rows


def _fill_rows(result: BacktestResult) -> list[Row]:
    orders, fills = result.replayed
    instruments = result.account.instruments
    rows: list[Row] = []
    for place, fill in enumerate(fills, 1):
        order = orders[fill.order_id - 1]
        of = instruments[order.instrument_id]
        rows.append(
            (
                place,
                fill.order_id,
                order.instrument_id,
                int(order.side),
                _text(of.quantity_to_decimal(fill.quantity)),
                _text(of.price_to_decimal(fill.price)),
                _text(money_to_decimal(fill.fee)),
                fill.ts,
            )
        )
    return rows


def _order(row: Row) -> OrderRecord:
    (number, request, instrument_id, side, quantity, order_type, limit, stop) = row[:8]
    (time_in_force, state, reason, filled, average, create_ts, update_ts) = row[8:]
    return OrderRecord(
        account_id="",
        order_id=str(number),
        number=number,
        run_id="",
        request=request,
        instrument_id=instrument_id,
        side=Side(side),
        quantity=Decimal(quantity),
        order_type=OrderType(order_type),
        limit_price=_decimal(limit),
        stop_price=_decimal(stop),
        time_in_force=TimeInForce(time_in_force),
        state=OrderState(state),
        reason=reason,
        filled_quantity=Decimal(filled),
        average_fill_price=_decimal(average),
        broker_order_id="",
        create_ts=create_ts,
        update_ts=update_ts,
        version=1,
    )


def _fill(row: Row) -> FillRecord:
    place, number, instrument_id, side, quantity, price, fee, ts = row
    return FillRecord(
        account_id="",
        fill_id=str(place),
        order_id=str(number),
        number=number,
        instrument_id=instrument_id,
        side=Side(side),
        quantity=Decimal(quantity),
        price=Decimal(price),
        fee=Decimal(fee),
        ts=ts,
    )


_NO_TAG = OrderTag("")


def _text(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _column(values: Sequence[object]) -> Any:
    kind = np.int64 if isinstance(values[0], int) else object
    return np.array(values, dtype=kind)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
