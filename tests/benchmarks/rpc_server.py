"""Serves one account on a unix socket: bare, or inside everything that our server puts around it.

Prints its token, then the CPU seconds it has used whenever a line comes in.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import grpc
from joserfc.jwk import OKPKey

from adapters.local_token.issuer import LocalTokenIssuer
from adapters.local_token.verifier import LocalTokenVerifier
from apps.drain import Drain
from apps.interceptors.access import all_scopes
from apps.logs import start_logging
from apps.server import OPTIONS, Server
from ports.ownership import OwnedKind, Ownership
from trademesh.orders.v1 import account_service_pb2 as pb
from trademesh.orders.v1 import account_service_pb2_grpc as rpc


class Accounts(rpc.AccountServiceServicer):
    """Answers at once: next to it nothing that is around it can hide."""

    async def GetAccount(self, request: pb.GetAccountRequest, context: object) -> object:
        answer = pb.GetAccountResponse()
        answer.account.account_id = request.account_id
        answer.account.display_name = "demo"
        answer.account.cash = "100000"
        return answer


class Ours(Ownership):
    """Knows one account."""

    async def belongs(self, tenant: str, kind: OwnedKind, object_id: str) -> bool:
        return object_id.startswith("acc_")


def bare(address: str) -> tuple[grpc.aio.Server, str]:
    """gRPC alone, with the options that we give it."""
    server = grpc.aio.server(options=OPTIONS)
    rpc.add_AccountServiceServicer_to_server(Accounts(), server)
    server.add_insecure_port(address)
    return server, "none"


def ours(address: str, folder: Path) -> tuple[Server, str]:
    """The house's server with its log, its tokens and the rules of the protos."""
    start_logging(folder)
    key = OKPKey.generate_key("Ed25519", auto_kid=True)
    server = Server(
        address,
        [(rpc.add_AccountServiceServicer_to_server, Accounts())],
        tokens=LocalTokenVerifier(key, time.time),
        ownership=Ours(),
        drain=Drain(),
        local=False,
    )
    scopes = all_scopes(server.access.values())
    return server, LocalTokenIssuer(key, time.time).issue("local", "bench", scopes, 3600)


async def serve(kind: str, address: str) -> None:
    """Until nobody asks any more."""
    with tempfile.TemporaryDirectory() as folder:
        server, token = bare(address) if kind == "bare" else ours(address, Path(folder))
        await server.start()
        print(token, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(time.process_time(), flush=True)
        await server.stop(0)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
