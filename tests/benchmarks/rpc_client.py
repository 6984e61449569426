"""Calls a server as often as it is told, and prints each time how long every call took.

A line on its input is a number of calls and how many of them are on their way at the same time.
"""

import asyncio
import json
import sys
import time

import grpc

from trademesh.orders.v1 import account_service_pb2 as pb
from trademesh.orders.v1 import account_service_pb2_grpc as rpc

REQUEST = pb.GetAccountRequest(account_id="acc_abcdefghijabcdefghij")
PATIENCE = 20  # seconds; as Envoy, every call carries a deadline


async def call(address: str, token: str) -> None:
    """Until nobody asks any more."""
    metadata = (
        ("authorization", f"Bearer {token}"),
        ("x-request-id", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
    )
    async with grpc.aio.insecure_channel(address) as channel:
        accounts = rpc.AccountServiceStub(channel)

        async def calls(count: int, seconds: list[float]) -> None:
            for _ in range(count):
                start = time.perf_counter()
                await accounts.GetAccount(REQUEST, metadata=metadata, timeout=PATIENCE)
                seconds.append(time.perf_counter() - start)

        while line := await asyncio.to_thread(sys.stdin.readline):
            count, together = map(int, line.split())
            taken: list[float] = []
            start = time.perf_counter()
            await asyncio.gather(*(calls(count // together, taken) for _ in range(together)))
            print(json.dumps({"wall": time.perf_counter() - start, "taken": taken}), flush=True)


if __name__ == "__main__":
    asyncio.run(call(*sys.argv[1:]))
