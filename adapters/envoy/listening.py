"""May we listen here?"""

import errno
import socket

from domain.errors import NotAllowedNow


def check_port(host: str, port: int) -> None:
    """Raises NotAllowedNow PORT_IN_USE or PORT_NOT_ALLOWED, naming the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Connections of an earlier run that have not quite ended do not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise port_in_use(port) from None
            raise NotAllowedNow(
                f"Cannot listen on {host}:{port}: {error.strerror or error}.",
                reason="PORT_NOT_ALLOWED",
                port=str(port),
            ) from error


def port_in_use(port: int) -> NotAllowedNow:
    return NotAllowedNow(
        f"Port {port} is in use by another program.", reason="PORT_IN_USE", port=str(port)
    )
