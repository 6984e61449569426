"""One server of the streaming benchmark: ours, or a bare grpc.aio server.

Tells its port, and its CPU time for each line of input; ends with its input.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from time import process_time
from typing import Any

import grpc
import numpy as np
import structlog

from adapters.wire.ticks import add_quotes
from domain.market_data.quote_columns import QuoteColumns
from tests.unit.market_data.house import APPLE
from tests.unit.market_data.service import a_served_house
from trademesh.market_data.v1 import market_data_service_pb2 as pb
from trademesh.market_data.v1 import market_data_service_pb2_grpc as rpc

SECOND = 1_000_000_000


def quotes(count: int) -> QuoteColumns:
    """Some quotes a second, around 100."""
    generator = np.random.default_rng(1)
    ts = 1_700_000_000 * SECOND + np.cumsum(generator.integers(0, SECOND // 4, count))
    mid = 100 + np.cumsum(generator.integers(-1, 2, count)) / 100
    sizes = generator.integers(1, 50, (2, count)) * 100.0
    return QuoteColumns(ts, mid - 0.01, mid + 0.01, *sizes)


class Prebuilt(rpc.MarketDataServiceServicer):
    """Sends one message over and over: what grpc.aio itself costs."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._columns = quotes(1024)

    async def StreamQuotes(
        self, request: pb.StreamQuotesRequest, context: Any
    ) -> AsyncIterator[pb.StreamQuotesResponse]:
        message = pb.StreamQuotesResponse(cursor="c" * 60)
        add_quotes(message, self._columns.slice(0, request.batch_size))
        for _ in range(0, self._count, request.batch_size):
            yield message


class Built(rpc.MarketDataServiceServicer):
    """Builds each message field by field from columns that are in memory: the usual way."""

    def __init__(self, count: int) -> None:
        self._columns = quotes(count)

    async def StreamQuotes(
        self, request: pb.StreamQuotesRequest, context: Any
    ) -> AsyncIterator[pb.StreamQuotesResponse]:
        for start in range(0, len(self._columns), request.batch_size):
            batch = self._columns.slice(start, start + request.batch_size)
            message = pb.StreamQuotesResponse(cursor="c" * 60)
            rows = zip(*(column.tolist() for column in batch.arrays), strict=True)
            for ts, bid, ask, bid_size, ask_size in rows:
                quote = message.quotes.add(bid=bid, ask=ask, bid_size=bid_size, ask_size=ask_size)
                quote.time.seconds, quote.time.nanos = divmod(ts, SECOND)
            yield message


async def ours(folder: Path, count: int) -> None:
    """Our servicer behind all interceptors, reading the files of our store."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    async with a_served_house(folder) as client:
        await client.house.ticks.append(
            APPLE.instrument_id, QuoteColumns, [quotes(count)], source="SYNTHETIC"
        )
        await _until_end(client.port)


async def bare(servicer: rpc.MarketDataServiceServicer) -> None:
    """A server with nothing but this."""
    server = grpc.aio.server()
    rpc.add_MarketDataServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    await _until_end(port)
    await server.stop(0)


async def _until_end(port: int) -> None:
    print(port, flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(process_time(), flush=True)


def main() -> None:
    """Serve as what is named."""
    name, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if name == "trademesh":
        asyncio.run(ours(folder, count))
    else:
        asyncio.run(bare({"prebuilt": Prebuilt, "built": Built}[name](count)))


if __name__ == "__main__":
    main()
