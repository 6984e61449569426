"""A year and more of minute bars is in the house before the coffee is ready."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apps.market_data.import_terms import WantedImport
from domain.market_data.imports import LARGEST_CHUNK, ImportState
from tests.unit.market_data.house import APPLE, a_house, a_request

ROWS = 1_000_000
MOST_SECONDS = 12.0  # of processor time, whatever else the machine is doing


def a_large_file() -> bytes:
    start, lines = datetime(2014, 1, 2, tzinfo=UTC), ["time,open,high,low,close,volume"]
    for row in range(ROWS):
        price, time_ = 100 + row * 7919 % 1000 / 100, start + timedelta(minutes=row)
        prices = f"{price:.2f},{price + 0.5:.2f},{price - 0.5:.2f},{price + 0.1:.2f}"
        lines.append(f"{time_.isoformat()},{prices},{row % 5000}")
    return "\n".join(lines).encode()


async def test_a_million_rows_are_imported_within_seconds(tmp_path: Path) -> None:
    data = a_large_file()
    async with a_house(tmp_path) as house:
        await house.instruments.save(APPLE)
        spent = time.process_time()
        one = await house.create_import(
            WantedImport("AAPL.XNAS", "1m"), b"", request=a_request("declare")
        )
        for offset in range(0, len(data), LARGEST_CHUNK):
            chunk = data[offset : offset + LARGEST_CHUNK]
            last = offset + LARGEST_CHUNK >= len(data)
            await house.upload_chunk(
                one.import_id, offset, chunk, last=last, request=a_request(str(offset))
            )
        ended = await house.ended(one.import_id)
        assert time.process_time() - spent < MOST_SECONDS
        assert (ended.state, ended.bar_count) == (ImportState.SUCCEEDED, ROWS)
        assert await house.bars.count("AAPL", "1m") == ROWS
