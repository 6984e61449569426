"""The gRPC server of a process: servicers behind the interceptors, health, reflection, drain."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection

from apps.drain import Drain
from apps.interceptors.auth import Gate
from apps.interceptors.chain import Interceptors
from gateway.open_services import HEALTH, REFLECTION
from ports.ownership import Ownership
from ports.token_verifier import TokenVerifier

Registration: TypeAlias = tuple[Callable[[Any, Any], None], Any]
"""A generated `add_…Servicer_to_server` and the servicer to add."""

OPTIONS = (
    ("grpc.so_reuseport", 0),  # a second server on the same address fails instead of sharing it
    # The interceptors limit a request and the gateway cuts off what is far too large, both with a
    # reason; a limit of gRPC itself would be quicker than either and give none.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", 16 * 1024 * 1024),
    ("grpc.http2.min_ping_interval_without_data_ms", 30_000),
    ("grpc.keepalive_permit_without_calls", 1),
)


class Server:
    """Serves calls on `address` (`unix:/path` or `127.0.0.1:port`) from `start` to `stop`.

    Raises UndeclaredCall at once where a call of a servicer does not declare who may make it.
    """

    def __init__(
        self,
        address: str,
        registrations: Sequence[Registration],
        *,
        tokens: TokenVerifier,
        ownership: Ownership,
        drain: Drain,
        local: bool,
    ) -> None:
        interceptors = Interceptors(Gate(tokens, ownership))
        for add, servicer in registrations:
            add(servicer, interceptors)
        self.services, self.access = interceptors.services, interceptors.access
        self._drain = drain
        self._health = health_aio.HealthServicer()
        self._server = grpc.aio.server(interceptors=[interceptors], options=OPTIONS)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        if local:
            names = (*self.services, HEALTH, REFLECTION)
            reflection.enable_server_reflection(names, self._server)
        self.port = self._server.add_insecure_port(address)

    async def start(self) -> None:
        """Takes calls and says that it serves."""
        await self._server.start()
        for name in ("", *self.services):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_seconds: float) -> None:
        """Says that it is leaving, ends streams with their cursor sent, lets short calls finish."""
        await self._health.enter_graceful_shutdown()
        self._drain.start()
        await self._server.stop(grace_seconds)
