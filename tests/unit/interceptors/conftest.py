"""A server with the real interceptors on a unix socket, and servicers that do what a test needs."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
import structlog
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status
from joserfc.jwk import OKPKey
from structlog.testing import LogCapture

from adapters.local_token.issuer import LocalTokenIssuer
from adapters.local_token.verifier import LocalTokenVerifier
from apps.caller import current_caller
from apps.drain import Drain
from apps.interceptors.access import all_scopes
from apps.server import Server
from tests.unit.gateway.standin import TenantOwnsAll, registrations
from trademesh.orders.v1 import account_service_pb2 as accounts
from trademesh.orders.v1 import account_service_pb2_grpc as account_rpc

KEY = OKPKey.generate_key("Ed25519", auto_kid=True)


class Accounts(account_rpc.AccountServiceServicer):
    """Does what `act` says, and notes how it ended."""

    def __init__(self) -> None:
        self.act = self.answer
        self.entered = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.drain = Drain()

    async def GetAccount(self, request, context):
        self.entered.set()
        self.context = context
        return await self.act(request)

    async def WatchAccount(self, request, context):
        try:
            async for answer in self.drain.end(self.changes()):
                yield answer
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    async def answer(self, request):
        answer = accounts.GetAccountResponse()
        answer.account.display_name = current_caller().tenant
        return answer

    async def sleep(self, request):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    async def changes(self) -> AsyncIterator[accounts.WatchAccountResponse]:
        yield accounts.WatchAccountResponse(cursor="1")
        await asyncio.sleep(3600)


class House:
    """The server and a client of it."""

    def __init__(self, folder: Path) -> None:
        self.servicer = Accounts()
        add = account_rpc.add_AccountServiceServicer_to_server
        others = [item for item in registrations() if item[0] is not add]
        self.server = Server(
            f"unix:{folder}/s",
            [(add, self.servicer), *others],
            tokens=LocalTokenVerifier(KEY, time.time),
            ownership=TenantOwnsAll(),
            drain=self.servicer.drain,
            local=True,
        )
        self.channel = grpc.aio.insecure_channel(f"unix:{folder}/s")
        self.accounts = account_rpc.AccountServiceStub(self.channel)

    def token(self, *, life: int = 60, tenant: str = "local", scopes=None) -> str:
        wanted = all_scopes(self.server.access.values()) if scopes is None else scopes
        return LocalTokenIssuer(KEY, time.time).issue(tenant, "tester", wanted, life)

    def metadata(self, **how) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.token(**how)}"),)

    async def get(self, account_id: str = "acc_1", *, seconds: float = 5, **how):
        request = accounts.GetAccountRequest(account_id=account_id)
        return await self.accounts.GetAccount(
            request, metadata=self.metadata(**how), timeout=seconds
        )

    def watch(self, **how):
        request = accounts.WatchAccountRequest(account_id="acc_1")
        return self.accounts.WatchAccount(request, metadata=self.metadata(**how), timeout=30)


@asynccontextmanager
async def serving() -> AsyncIterator[House]:
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        house = House(Path(folder))
        await house.server.start()
        try:
            yield house
        finally:
            await house.channel.close()
            await house.server.stop(0)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with serving() as house:
        yield house


@pytest.fixture
def lines() -> Iterator[list]:
    """What is logged meanwhile."""
    capture = LogCapture()
    before = structlog.get_config()
    structlog.configure(processors=[capture])
    yield capture.entries
    structlog.configure(**before)


async def until(condition, seconds: float = 10) -> None:
    """Returns when it holds: a call is logged a moment after its client has the answer."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  it is no task of ours that brings it about
            await asyncio.sleep(0.01)


def reason_of(error: grpc.aio.AioRpcError) -> str:
    status = rpc_status.from_call(error)
    assert status is not None
    info = ErrorInfo()
    assert status.details[0].Unpack(info)
    return info.reason


def detail(error: grpc.aio.AioRpcError, kind):
    for packed in rpc_status.from_call(error).details:
        found = kind()
        if packed.Unpack(found):
            return found
    return None
