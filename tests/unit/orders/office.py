"""The orders service on a real server with every interceptor, and a client of it."""

import time
import uuid
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_status import rpc_status
from joserfc.jwk import OKPKey

from adapters.local_token.issuer import LocalTokenIssuer
from adapters.local_token.verifier import LocalTokenVerifier
from adapters.sql.ownership import SqlOwnership
from apps.interceptors.access import all_scopes
from apps.server import Server
from tests.unit.orders.house import House, ManualClock
from trademesh.orders.v1 import account_pb2, fill_pb2, order_pb2
from trademesh.orders.v1 import account_service_pb2 as pb
from trademesh.orders.v1 import account_service_pb2_grpc as rpc
from trademesh.orders.v1 import order_service_pb2 as orders_pb
from trademesh.orders.v1 import order_service_pb2_grpc as orders_rpc

KEY = OKPKey.generate_key("Ed25519", auto_kid=True)
Order = order_pb2.Order


class Office:
    """The service and a client of it."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder, ManualClock())
        accounts, orders = self.house.servicers()
        self.server = Server(
            f"unix:{folder}/s",
            [
                (rpc.add_AccountServiceServicer_to_server, accounts),
                (orders_rpc.add_OrderServiceServicer_to_server, orders),
            ],
            tokens=LocalTokenVerifier(KEY, time.time),
            ownership=SqlOwnership(self.house.database),
            drain=self.house.drain,
            local=True,
        )
        self.channel = grpc.aio.insecure_channel(f"unix:{folder}/s")
        self.accounts: Any = rpc.AccountServiceStub(self.channel)
        self.orders: Any = orders_rpc.OrderServiceStub(self.channel)

    def me(self, tenant: str = "local") -> dict[str, Any]:
        issuer = LocalTokenIssuer(KEY, time.time)
        token = issuer.issue(tenant, "tester", all_scopes(self.server.access.values()), 60)
        return {"metadata": (("authorization", f"Bearer {token}"),), "timeout": 30}

    async def open(self, capital: str = "100000", **fields: Any) -> str:
        account = account_pb2.Account(display_name="mine", capital=capital, **fields)
        request = pb.CreateAccountRequest(account=account, request_id=str(uuid.uuid4()))
        return (await self.accounts.CreateAccount(request, **self.me())).account.account_id

    async def place(self, account_id: str, request_id: str = "", **terms: Any) -> Order:
        request = orders_pb.PlaceOrderRequest(
            account_id=account_id,
            order=an_order(**terms),
            request_id=request_id or str(uuid.uuid4()),
        )
        return (await self.orders.PlaceOrder(request, **self.me())).order


def an_order(**terms: Any) -> Order:
    usual = {
        "instrument_id": "AAPL",
        "side": fill_pb2.SIDE_BUY,
        "quantity": "100",
        "order_type": order_pb2.ORDER_TYPE_MARKET,
    }
    return Order(**usual | terms)


async def refusal(call: Any) -> tuple[grpc.StatusCode, str, dict[str, str], list[str]]:
    """Code, reason, metadata and fields at fault of a call that must fail."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call
    status = rpc_status.from_call(failure.value)
    assert status is not None
    info, bad, fields = ErrorInfo(), BadRequest(), []
    for detail in status.details:
        detail.Unpack(info)
        if detail.Unpack(bad):
            fields = [violation.field for violation in bad.field_violations]
    return failure.value.code(), info.reason, dict(info.metadata), fields


async def accepted(office: Office, account_id: str, order_id: str) -> None:
    """Until the worker has brought it to the broker."""
    watch = office.accounts.WatchAccount(
        pb.WatchAccountRequest(account_id=account_id), **office.me()
    )
    async for update in watch:
        orders = [*update.snapshot.open_orders, update.order]
        if any(one.order_id == order_id and one.state == Order.STATE_ACCEPTED for one in orders):
            watch.cancel()
            return
