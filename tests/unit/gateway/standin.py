"""A small house behind a real Envoy: real interceptors and tokens, servicers that say little."""

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from msgspec import Struct

from adapters.envoy.process import EnvoyPlace, EnvoyProcess
from adapters.local_token.algorithm import AUDIENCE, ISSUER
from adapters.local_token.issuer import LocalTokenIssuer
from adapters.local_token.keys import jwks, load_or_create_key
from adapters.local_token.verifier import LocalTokenVerifier
from apps.caller import current_caller
from apps.drain import Drain, draining
from apps.interceptors.access import all_scopes
from apps.server import Registration, Server
from domain.errors import Conflict, NotAllowedNow, NotFound, invalid
from gateway.edge import Edge
from gateway.render import render
from ports.ownership import OwnedKind, Ownership
from trademesh.backtests.v1 import backtest_service_pb2_grpc
from trademesh.exports.v1 import export_service_pb2_grpc
from trademesh.market_data.v1 import import_service_pb2_grpc, market_data_service_pb2_grpc
from trademesh.orders.v1 import account_service_pb2 as accounts
from trademesh.orders.v1 import (
    account_service_pb2_grpc,
    kill_switch_service_pb2_grpc,
    order_service_pb2_grpc,
    reconciliation_service_pb2_grpc,
    risk_service_pb2_grpc,
)
from trademesh.orders.v1 import order_service_pb2 as orders
from trademesh.reports.v1 import report_service_pb2_grpc
from trademesh.strategies.v1 import run_service_pb2_grpc, strategy_service_pb2_grpc

ORIGIN = "https://app.example.com"
STREAMED = 5
PAUSE_SECONDS = 0.1
REFUSALS = {
    "acc_invalid": invalid("quantity", "must be positive", reason="NOT_POSITIVE"),
    "acc_missing": NotFound("There is none.", reason="ACCOUNT_NOT_FOUND", account_id="acc_missing"),
    "acc_poor": NotAllowedNow("Too little money.", reason="INSUFFICIENT_BUYING_POWER", short="5"),
    "acc_busy": Conflict("Somebody was faster.", reason="CONCURRENT_UPDATE"),
    "acc_broken": RuntimeError("SELECT secret FROM /var/lib/trademesh.db"),
}


class TenantOwnsAll(Ownership):
    """Everything is the local tenant's, but for ids that end in `other`."""

    async def belongs(self, tenant: str, kind: OwnedKind, object_id: str) -> bool:
        return tenant == "local" and not object_id.endswith("other")


class Accounts(account_service_pb2_grpc.AccountServiceServicer):
    async def GetAccount(self, request, context):
        if refusal := REFUSALS.get(request.account_id):
            raise refusal
        answer = accounts.GetAccountResponse()
        answer.account.account_id = request.account_id
        answer.account.display_name = current_caller().tenant
        # What arrived here, for the tests of what must not.
        arrived = sorted(key for key, _ in context.invocation_metadata())
        answer.account.broker = ",".join(arrived)
        return answer

    async def WatchAccount(self, request, context) -> AsyncIterator[accounts.WatchAccountResponse]:
        if refusal := REFUSALS.get(request.account_id):
            raise refusal
        for number in range(1, STREAMED + 1):
            answer = accounts.WatchAccountResponse(cursor=str(number))
            answer.account.account_id = request.account_id
            answer.account.cash = repr(time.time())  # when it was sent
            yield answer
            if number == 2 and request.account_id == "acc_leaves":
                raise draining()
            await asyncio.sleep(PAUSE_SECONDS)


class Orders(order_service_pb2_grpc.OrderServiceServicer):
    async def PlaceOrder(self, request, context):
        return orders.PlaceOrderResponse(order=request.order)


def registrations() -> list[Registration]:
    """All services, so that every call of the API is there; most are not implemented here."""
    market_data, imports = market_data_service_pb2_grpc, import_service_pb2_grpc
    strategies, runs = strategy_service_pb2_grpc, run_service_pb2_grpc
    backtests, exports = backtest_service_pb2_grpc, export_service_pb2_grpc
    kills, reports = kill_switch_service_pb2_grpc, report_service_pb2_grpc
    reckoning, risk = reconciliation_service_pb2_grpc, risk_service_pb2_grpc
    return [
        (account_service_pb2_grpc.add_AccountServiceServicer_to_server, Accounts()),
        (order_service_pb2_grpc.add_OrderServiceServicer_to_server, Orders()),
        (
            market_data.add_MarketDataServiceServicer_to_server,
            market_data.MarketDataServiceServicer(),
        ),
        (imports.add_ImportServiceServicer_to_server, imports.ImportServiceServicer()),
        (strategies.add_StrategyServiceServicer_to_server, strategies.StrategyServiceServicer()),
        (runs.add_RunServiceServicer_to_server, runs.RunServiceServicer()),
        (backtests.add_BacktestServiceServicer_to_server, backtests.BacktestServiceServicer()),
        (exports.add_ExportServiceServicer_to_server, exports.ExportServiceServicer()),
        (reports.add_ReportServiceServicer_to_server, reports.ReportServiceServicer()),
        (risk.add_RiskServiceServicer_to_server, risk.RiskServiceServicer()),
        (
            reckoning.add_ReconciliationServiceServicer_to_server,
            reckoning.ReconciliationServiceServicer(),
        ),
        (kills.add_KillSwitchServiceServicer_to_server, kills.KillSwitchServiceServicer()),
    ]


class Answer(Struct):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        return self.json["details"][0]["reason"]


class StandIn:
    """The house as its clients see it, with the means to forge tokens."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.key = load_or_create_key(folder / "keys")
        self.access_log = folder / "logs" / "access.log"
        self.admin_socket = folder / "a.sock"
        (folder / "jwks.json").write_text(jwks(self.key))
        self.edge = Edge(
            host="127.0.0.1",
            port=self.port,
            backend_socket=folder / "b.sock",
            admin_socket=self.admin_socket,
            jwks_file=folder / "jwks.json",
            access_log=self.access_log,
            issuer=ISSUER,
            audience=AUDIENCE,
            cors_origins=(ORIGIN,),
            reflection=True,
        )
        self.place = EnvoyPlace(
            host="127.0.0.1",
            port=self.port,
            folder=folder / "envoy",
            admin_socket=self.admin_socket,
            log_file=folder / "logs" / "envoy.log",
            access_log=self.access_log,
        )
        self.loop: asyncio.AbstractEventLoop
        self.server: Server
        self.envoy: EnvoyProcess

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def token(self, *, tenant: str = "local", scopes: list[str] | None = None) -> str:
        wanted = all_scopes(self.server.access.values()) if scopes is None else scopes
        return LocalTokenIssuer(self.key, time.time).issue(tenant, "tester", wanted)

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, headers=headers)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = "",
    ) -> Answer:
        """`token=None` sends none, the default a good one."""
        sent = dict(headers or {})
        if token is not None:
            sent.setdefault("authorization", f"Bearer {token or self.token()}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def channel(self) -> grpc.Channel:
        return grpc.insecure_channel(self.address)

    async def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        tokens = LocalTokenVerifier(self.key, time.time)
        self.server = Server(
            f"unix:{self.edge.backend_socket}",
            registrations(),
            tokens=tokens,
            ownership=TenantOwnsAll(),
            drain=Drain(),
            local=True,
        )
        await self.server.start()
        self.envoy = EnvoyProcess(render(self.edge), self.place)
        await self.envoy.start()

    async def stop(self) -> None:
        await self.server.stop(1)
        await self.envoy.stop()


@contextmanager
def running(folder: Path) -> Iterator[StandIn]:
    """The house in a thread of its own, so that tests can be plain functions."""
    house = StandIn(folder)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(house.start(), loop).result(30)
        yield house
    finally:
        asyncio.run_coroutine_threadsafe(house.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
