"""Results of backtests: three Parquet files a backtest, `orders`, `fills` and `equity`."""

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from adapters.parquet.session import cursor, path_for_reading, path_for_writing
from domain.backtests.result import BacktestResult
from domain.errors import Unavailable
from domain.orders.records import FillRecord, OrderRecord
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.state import OrderState
from domain.values import from_scaled, money_to_decimal
from ports.backtest_results import BacktestResults, EquityPoint

PIECE = 50_000  # rows on their way to a file
UNFINISHED = ".unfinished"

Row = tuple[Any, ...]

# Numbers are scaled integers, 0 for no price, as in the core; each row says its own scales.
ORDERS = (
    "place BIGINT, request BIGINT, instrument_id TEXT, price_decimals TINYINT,"
    " quantity_decimals TINYINT, side TINYINT, quantity BIGINT, order_type TINYINT,"
    " limit_price BIGINT, stop_price BIGINT, time_in_force TINYINT, state TINYINT, reason TEXT,"
    " filled_quantity BIGINT, average_fill_price BIGINT, create_ts BIGINT, update_ts BIGINT"
)
FILLS = (
    "place BIGINT, number BIGINT, instrument_id TEXT, price_decimals TINYINT,"
    " quantity_decimals TINYINT, side TINYINT, quantity BIGINT, price BIGINT, fee BIGINT,"
    " ts BIGINT"
)


def write_results(folder: Path, result: BacktestResult) -> None:
    """Writes the three files, whole and on the disk; what a worker does at its end.

    Raises `Unavailable` STORE_UNAVAILABLE when the disk refuses.
    """
    try:
        with cursor() as duck:
            _write_rows(duck, folder / "orders.parquet", ORDERS, partial(_order_rows, result))
            _write_rows(duck, folder / "fills.parquet", FILLS, partial(_fill_rows, result))
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
    duck: duckdb.DuckDBPyConnection, file: Path, columns: str, rows_from: Callable[[int], list[Row]]
) -> None:
    names = [column.split()[0] for column in columns.split(",")]
    duck.execute(f"CREATE OR REPLACE TEMP TABLE kept ({columns})")
    first = 0
    while rows := rows_from(first):
        piece = zip(names, zip(*rows, strict=True), strict=True)
        duck.register("piece", {name: _column(values) for name, values in piece})
        duck.execute(f"INSERT INTO kept SELECT {', '.join(names)} FROM piece")
        duck.unregister("piece")
        first += PIECE
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


def _order_rows(result: BacktestResult, first: int) -> list[Row]:
    instruments = result.account.instruments
    return [
        (
            order.order_id,
            order.request,
            order.instrument_id,
            (of := instruments[order.instrument_id]).price_decimals,
            of.quantity_decimals,
            order.side,
            order.quantity,
            order.order_type,
            order.limit_price,
            order.stop_price,
            order.time_in_force,
            order.state,
            order.reason,
            order.filled_quantity,
            _mean(order.fill_value, order.filled_quantity),
            order.create_ts,
            order.update_ts,
        )
        for order in result.replayed[0][first : first + PIECE]
    ]


def _fill_rows(result: BacktestResult, first: int) -> list[Row]:
    orders, fills = result.replayed
    instruments = result.account.instruments
    return [
        (
            place,
            fill.order_id,
            (order := orders[fill.order_id - 1]).instrument_id,
            (of := instruments[order.instrument_id]).price_decimals,
            of.quantity_decimals,
            order.side,
            fill.quantity,
            fill.price,
            fill.fee,
            fill.ts,
        )
        for place, fill in enumerate(fills[first : first + PIECE], first + 1)
    ]


def _order(row: Row) -> OrderRecord:
    (number, request, instrument_id, prices, quantities, side, quantity, order_type) = row[:8]
    (limit, stop, time_in_force, state, reason, filled, average, create_ts, update_ts) = row[8:]
    return OrderRecord(
        account_id="",
        order_id=str(number),
        number=number,
        run_id="",
        request=request,
        instrument_id=instrument_id,
        side=Side(side),
        quantity=from_scaled(quantity, quantities),
        order_type=OrderType(order_type),
        limit_price=from_scaled(limit, prices) if limit else None,
        stop_price=from_scaled(stop, prices) if stop else None,
        time_in_force=TimeInForce(time_in_force),
        state=OrderState(state),
        reason=reason,
        filled_quantity=from_scaled(filled, quantities),
        average_fill_price=from_scaled(average, prices) if average else None,
        broker_order_id="",
        create_ts=create_ts,
        update_ts=update_ts,
        version=1,
    )


def _fill(row: Row) -> FillRecord:
    place, number, instrument_id, prices, quantities, side, quantity, price, fee, ts = row
    return FillRecord(
        account_id="",
        fill_id=str(place),
        order_id=str(number),
        number=number,
        instrument_id=instrument_id,
        side=Side(side),
        quantity=from_scaled(quantity, quantities),
        price=from_scaled(price, prices),
        fee=money_to_decimal(fee),
        ts=ts,
    )


def _mean(value: int, quantity: int) -> int:
    """Value over quantity to the nearest scaled price; 0 for no quantity."""
    return (2 * value + quantity) // (2 * quantity) if quantity else 0


def _column(values: Sequence[object]) -> Any:
    kind = np.int64 if isinstance(values[0], int) else object
    return np.array(values, dtype=kind)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
