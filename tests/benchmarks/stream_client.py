"""A client process of the streaming benchmark: parses every message of each of its streams."""

import asyncio
import json
import sys
from time import perf_counter, process_time

import grpc

from trademesh.market_data.v1 import market_data_service_pb2 as pb
from trademesh.market_data.v1 import market_data_service_pb2_grpc as rpc


async def consume(stub: "rpc.MarketDataServiceAsyncStub", batch: int) -> int:
    """How many quotes one whole stream has."""
    request = pb.StreamQuotesRequest(instrument_id="AAPL.XNAS", batch_size=batch)
    count = 0
    async for message in stub.StreamQuotes(request, metadata=(("authorization", "Bearer local"),)):
        count += len(message.quotes)
    return count


async def main() -> None:
    """Print the quotes and the seconds of all streams together."""
    port, batch, subscribers = map(int, sys.argv[1:])
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        await channel.channel_ready()
        stub = rpc.MarketDataServiceStub(channel)
        start, cpu = perf_counter(), process_time()
        counts = await asyncio.gather(*(consume(stub, batch) for _ in range(subscribers)))
        figures = {"quotes": sum(counts), "seconds": perf_counter() - start}
    print(json.dumps(figures | {"cpu": process_time() - cpu}))


if __name__ == "__main__":
    asyncio.run(main())
