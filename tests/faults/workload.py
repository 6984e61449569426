"""Clients that do not give up: each asks again with its request id until it has an answer."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from domain.orders.identity import client_decision, order_id_of
from trademesh.orders.v1 import account_pb2, fill_pb2, order_pb2
from trademesh.orders.v1 import account_service_pb2 as accounts_pb
from trademesh.orders.v1 import account_service_pb2_grpc as accounts_rpc
from trademesh.orders.v1 import order_service_pb2 as orders_pb
from trademesh.orders.v1 import order_service_pb2_grpc as orders_rpc

TENANT = "local"
CASH = 1_000_000_000
SECONDS_A_CALL = 5.0
PAUSE = 0.05
LONGEST_PAUSE = 1.0
MOST_UNDER_WAY = 50
AGAIN = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
)
CHANNEL = (
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 100),
)


def socket_in(folder: Path) -> Path:
    """Where the engine of that data folder serves."""
    return folder / "envoy" / "backend.sock"


class Clients:
    """All of them, in this process. `folders` are the engines' data folders."""

    def __init__(self, folders: list[Path], seed: int) -> None:
        self._random = Random(f"{seed} clients")
        self._folders = folders
        self._channels = [
            grpc.aio.insecure_channel(f"unix:{socket_in(folder)}", options=CHANNEL)
            for folder in folders
        ]
        self.accounts: list[str] = []
        self.asked: dict[str, dict[str, str]] = {}
        """By account: the name of each order that was answered for, and its request id."""
        self.answered = 0
        self.repeats = 0
        self.wrong: list[str] = []
        self._working: list[tuple[str, str]] = []

    async def open(self, name: str) -> str:
        """Another account; its id."""
        request = accounts_pb.CreateAccountRequest(
            account=account_pb2.Account(display_name=name, capital=str(CASH)),
            request_id=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
        )
        answer = await self._insist(accounts_rpc.AccountServiceStub, "CreateAccount", request)
        account_id = answer.account.account_id
        self.accounts.append(account_id)
        self.asked[account_id] = {}
        return account_id

    async def trade(self, rate: float, stop: asyncio.Event) -> None:
        """So many decisions a second until `stop`; returns when each has its answer."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        async with asyncio.TaskGroup() as group:
            room = asyncio.Semaphore(MOST_UNDER_WAY)
            while not stop.is_set():
                await room.acquire()
                task = group.create_task(self._decide())
                task.add_done_callback(lambda _: room.release())
                due = max(due + 1 / rate, loop.time() - 0.5)
                await asyncio.sleep(max(0.0, due - loop.time()))

    async def until_read(self) -> None:
        """Returns as soon as somebody answers a question about an account."""
        request = accounts_pb.GetAccountRequest(account_id=self.accounts[0])
        await self._insist(
            accounts_rpc.AccountServiceStub, "GetAccount", request, longest_pause=PAUSE
        )

    async def close(self) -> None:
        for channel in self._channels:
            await channel.close()

    async def _decide(self) -> None:
        dice = self._random.random()
        if dice < 0.7 or not self._working:
            await self._place()
        elif dice < 0.85:
            await self._change(orders_pb.CancelOrderRequest, "CancelOrder")
        else:
            await self._change(orders_pb.ReplaceOrderRequest, "ReplaceOrder", quantity="250")

    async def _place(self) -> None:
        random = self._random
        account_id = random.choice(self.accounts)
        rests = random.random() < 0.3
        order = order_pb2.Order(
            instrument_id=random.choice(("AAPL", "MSFT")),
            side=random.choice((fill_pb2.SIDE_BUY, fill_pb2.SIDE_SELL)),
            quantity=str(random.randint(1, 200)),
            order_type=order_pb2.ORDER_TYPE_LIMIT if rests else order_pb2.ORDER_TYPE_MARKET,
            time_in_force=order_pb2.TIME_IN_FORCE_GTC,
        )
        if rests:
            order.limit_price = "100"
        request_id = str(uuid.UUID(int=random.getrandbits(128), version=4))
        request = orders_pb.PlaceOrderRequest(
            account_id=account_id, order=order, request_id=request_id
        )
        placed = await self._insist(orders_rpc.OrderServiceStub, "PlaceOrder", request)
        name = order_id_of(TENANT, account_id, client_decision(request_id))
        self.asked[account_id][name] = request_id
        self.answered += 1
        if isinstance(placed, str):
            return
        if rests:
            self._working = [*self._working[-20:], (account_id, name)]
        if random.random() < 0.05:
            await self._repeat(request, placed)

    async def _repeat(self, request: orders_pb.PlaceOrderRequest, first: Any) -> None:
        """The same once more gives the same answer; another body under the id is refused."""
        self.repeats += 1
        again = await self._insist(orders_rpc.OrderServiceStub, "PlaceOrder", request)
        if again != first:
            self.wrong.append(f"{request.request_id} was answered twice otherwise")
        other = orders_pb.PlaceOrderRequest()
        other.CopyFrom(request)
        other.order.quantity = "201"
        refused = await self._insist(orders_rpc.OrderServiceStub, "PlaceOrder", other)
        if refused != "IDEMPOTENCY_KEY_REUSED":
            self.wrong.append(f"{request.request_id} with another body: {refused}")

    async def _change(self, kind: Callable[..., Any], method: str, **fields: str) -> None:
        account_id, name = self._random.choice(self._working)
        request = kind(
            account_id=account_id,
            order_id=name,
            request_id=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            **fields,
        )
        await self._insist(orders_rpc.OrderServiceStub, method, request)

    async def _insist(
        self,
        stub: Callable[..., Any],
        method: str,
        request: Any,
        longest_pause: float = LONGEST_PAUSE,
    ) -> Any:
        """The answer, or the reason of a refusal; of whichever engine answers."""
        pause = PAUSE
        while True:
            place = self._random.randrange(len(self._folders))
            try:
                token = (self._folders[place] / "token").read_text().strip()
                return await getattr(stub(self._channels[place]), method)(
                    request,
                    metadata=(("authorization", f"Bearer {token}"),),
                    timeout=SECONDS_A_CALL,
                )
            except FileNotFoundError:
                pass  # it has not started yet
            except grpc.aio.AioRpcError as error:
                if error.code() not in AGAIN:
                    return _reason(error)
            # All of them were cut off at the same moment: they must not come back at the same.
            await asyncio.sleep(self._random.uniform(0.0, pause))
            pause = min(longest_pause, pause * 1.5)


def _reason(error: grpc.aio.AioRpcError) -> str:
    info = ErrorInfo()
    status = rpc_status.from_call(error)
    for detail in status.details if status is not None else ():
        if detail.Unpack(info):
            return info.reason
    return error.code().name
