"""The edge: Envoy in front of the services, with the configuration that we render."""

from pathlib import Path

from joserfc.jwk import OKPKey

from adapters.data_folder import DataFolder
from adapters.envoy.process import EnvoyPlace, EnvoyProcess
from adapters.local_token.algorithm import AUDIENCE, ISSUER
from adapters.local_token.keys import jwks
from adapters.private_files import write_private
from apps.settings import Settings
from gateway.edge import Edge
from gateway.render import render


def backend_address(sockets: Path) -> str:
    """Where the gRPC server listens: a socket that only Envoy and we can reach."""
    return f"unix:{_backend(sockets)}"


def envoy_process(
    settings: Settings, folder: DataFolder, key: OKPKey, sockets: Path
) -> EnvoyProcess:
    """Envoy for this deployment; not started yet."""
    jwks_file = folder.envoy / "jwks.json"
    write_private(jwks_file, jwks(key).encode())
    place = EnvoyPlace(
        host=settings.host,
        port=settings.port,
        folder=folder.envoy,
        admin_socket=sockets / "admin.sock",
        log_file=folder.logs / "envoy.log",
        access_log=folder.logs / "access.log",
    )
    edge = Edge(
        host=settings.host,
        port=settings.port,
        backend_socket=_backend(sockets),
        admin_socket=place.admin_socket,
        jwks_file=jwks_file,
        access_log=place.access_log,
        issuer=ISSUER,
        audience=AUDIENCE,
        cors_origins=settings.cors_origins,
        reflection=settings.reflection,
    )
    return EnvoyProcess(render(edge), place)


def _backend(sockets: Path) -> Path:
    return sockets / "backend.sock"
