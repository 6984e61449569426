"""What a deployment chooses about its edge."""

from pathlib import Path

from msgspec import Struct

from gateway.calls import DESCRIPTORS

LARGEST_BODY = 6 * 1024 * 1024  # a chunk of 4 MiB as base64 in JSON; the service takes 5 MiB


class Edge(Struct, frozen=True, kw_only=True):
    """All paths are absolute. The sockets lie in a folder that only their owner can enter."""

    host: str
    port: int
    backend_socket: Path  # where the gRPC server listens
    admin_socket: Path  # Envoy's own administration; only figures are routed to it
    jwks_file: Path
    access_log: Path
    issuer: str
    audience: str
    cors_origins: tuple[str, ...] = ()
    reflection: bool = False
    descriptors: Path = DESCRIPTORS
