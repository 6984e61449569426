"""Envoy's own administration, over its unix socket."""

import asyncio
import re
from pathlib import Path

ANSWER_SECONDS = 2.0
HEADERS = "Host: envoy\r\nConnection: close\r\nContent-Length: 0\r\n"


class EnvoyAdmin:
    """Asks Envoy. Every question raises OSError or TimeoutError when it does not answer."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def is_ready(self) -> bool:
        """Whether it takes calls; False as well while it cannot be reached."""
        try:
            status, _ = await self._ask("GET", "/ready")
        except (OSError, TimeoutError):
            return False
        return status == 200

    async def requests_in_flight(self) -> int:
        _, text = await self._ask("GET", "/stats?filter=^http.edge.downstream_rq_active$")
        found = re.search(r"downstream_rq_active: (\d+)", text)
        return int(found[1]) if found else 0

    async def drain(self) -> None:
        """Take no new connections."""
        await self._ask("POST", "/drain_listeners")

    async def reopen_logs(self) -> None:
        await self._ask("POST", "/reopen_logs")

    async def _ask(self, method: str, path: str) -> tuple[int, str]:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_unix_connection(str(self._socket))
            try:
                writer.write(f"{method} {path} HTTP/1.1\r\n{HEADERS}\r\n".encode())
                answer = (await reader.read()).decode("utf-8", "replace")
            finally:
                writer.close()
        status_line, _, rest = answer.partition("\r\n")  # its body still in chunks
        if len(status_line.split()) < 2:
            raise ConnectionError("Envoy closed the connection without an answer")
        return int(status_line.split()[1]), rest
