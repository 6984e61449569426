"""The market data services behind a real server with all interceptors, and a client of theirs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from msgspec import Struct

from apps.drain import Drain
from apps.market_data.imports.servicer import ImportServicer
from apps.market_data.servicer import MarketDataServicer
from apps.market_data.stream_series import StreamSeries
from apps.paging import Places
from apps.server import Server
from apps.streams import Streams
from domain.market_data.corporate_actions import Dividend, Split
from ports.ownership import OwnedKind, Ownership
from ports.token_verifier import Claims, TokenVerifier
from tests.unit.market_data.house import APPLE, House, a_house
from trademesh.market_data.v1 import import_service_pb2_grpc as irpc
from trademesh.market_data.v1 import market_data_service_pb2_grpc as rpc

SCOPES = frozenset({"market_data.read", "market_data.write"})
INVALID = grpc.StatusCode.INVALID_ARGUMENT


class AnyToken(TokenVerifier):
    """The token is the tenant's name."""

    def verify(self, token: str) -> Claims:
        return Claims(tenant=token, principal="somebody", scopes=SCOPES, expire_time=4e9)


class OwnImports(Ownership):
    def __init__(self, house: House) -> None:
        self.house = house

    async def belongs(self, tenant: str, kind: OwnedKind, object_id: str) -> bool:
        page = await self.house.imports.page(tenant, after="", limit=1000)
        return object_id in {one.import_id for one in page}


class Client(Struct):
    house: House
    drain: Drain
    channel: grpc.aio.Channel
    port: int

    def __getattr__(self, name: str) -> Any:
        for stub in (rpc.MarketDataServiceStub, irpc.ImportServiceStub):
            if found := getattr(stub(self.channel), name, None):
                return lambda request, tenant="local": found(
                    request, metadata=(("authorization", f"Bearer {tenant}"),), timeout=20
                )
        raise AttributeError(name)


@asynccontextmanager
async def a_served_house(folder: Path) -> AsyncIterator[Client]:
    """A house with one instrument behind a server of its own."""
    async with a_house(folder) as house:
        await house.instruments.save(
            APPLE,
            [Split(date(1970, 1, 2), Decimal(2)), Dividend(date(1970, 1, 3), Decimal("2.65"))],
        )
        places, drain = Places(b"s" * 32), house.drain
        market_data = MarketDataServicer(
            house.instruments,
            house.bars,
            house.ticks,
            house.quality,
            house.check_bars,
            StreamSeries(house.bus, drain),
            places,
        )
        imports = ImportServicer(
            house.imports,
            house.create_import,
            house.upload_chunk,
            house.cancel_import,
            house.bus,
            Streams(house.bus, places, drain),
            places,
        )
        server = Server(
            "127.0.0.1:0",
            [
                (rpc.add_MarketDataServiceServicer_to_server, market_data),
                (irpc.add_ImportServiceServicer_to_server, imports),
            ],
            tokens=AnyToken(),
            ownership=OwnImports(house),
            drain=drain,
            local=False,
        )
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield Client(house, drain, channel, server.port)
        await server.stop(1)


async def _to_its_end(call: Any) -> None:
    if isinstance(call, grpc.aio.UnaryStreamCall):
        async for _ in call:
            pass
    else:
        await call


async def refused(call: Any) -> tuple[grpc.StatusCode, str, list[str]]:
    """Code, reason and fields at fault of a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await _to_its_end(call)
    status = rpc_status.from_call(failure.value)
    reason, fields = "", []
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            reason = info.reason
        if detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            detail.Unpack(bad)
            fields = [violation.field for violation in bad.field_violations]
    return failure.value.code(), reason, fields
