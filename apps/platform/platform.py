"""All services in one process: what is started after what, and stopped before what."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from apps.containers.platform import PlatformContainer, issue_token, open_folder
from apps.platform.running import note_running, note_stopped
from apps.settings import Settings
from domain.errors import Unavailable

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 (to be recognised, not to be bound)
LONGEST_SOCKET_FOLDER = 80  # of 104 that every system allows, the name of the socket included


class Platform:
    """Started once, stopped once. `on_step` hears in words what is done."""

    def __init__(self, settings: Settings, on_step: Callable[[str], None]) -> None:
        self._settings = settings
        self._on_step = on_step
        self._workers: list[asyncio.Task[None]] = []
        self._undo: list[Callable[[], Coroutine[Any, Any, None]]] = []

    @property
    def address(self) -> str:
        """HOST:PORT of the one port for gRPC, gRPC-web and REST, as this machine reaches it."""
        host = "127.0.0.1" if self._settings.host in EVERYWHERE else self._settings.host
        return f"{host}:{self._settings.port}"

    @property
    def token_file(self) -> Path:
        """The local user's token."""
        return self.data_dir / "token"

    @property
    def data_dir(self) -> Path:
        """Where everything is kept, absolute."""
        return self._settings.data_dir.expanduser().absolute()

    async def start(self) -> None:
        """Returns when calls are taken and unfinished work goes on.

        Raises `NotAllowedNow` or `Unavailable` for what keeps it from starting; call `stop` all the
        same.
        """
        folder = await asyncio.to_thread(open_folder, self._settings)
        self._on_stop(folder.close)
        self._on_step(f"data folder {folder.path}")
        sockets = self._sockets(folder.envoy)
        house = PlatformContainer(settings=self._settings, folder=folder, sockets=sockets)
        self._on_stop(house.sessions.database().close)
        self._on_stop(house.adapters.paper().close)
        await self._furnish(house)
        self._start_workers(house)
        await self._serve(house)
        issue_token(folder, house.sessions.token_key(), house.server())
        note_running(folder.path, self.address)
        self._on_stop(lambda: note_stopped(folder.path))
        await self._go_on(house)

    async def broken(self) -> None:
        """Returns never, or raises `Unavailable` when something that all depends on has ended."""
        done, _ = await asyncio.wait(self._workers, return_when=asyncio.FIRST_COMPLETED)
        ended = done.pop()
        raise Unavailable(
            f"{ended.get_name()} ended: the platform cannot go on; see its log",
            reason="PLATFORM_BROKEN",
        ) from ended.exception()

    async def stop(self) -> None:
        """Drains, then closes what `start` opened, last first. Harmless after a failed start."""
        while self._undo:
            await self._undo.pop()()

    def _sockets(self, folder: Path) -> Path:
        """A folder for sockets, whose paths must be short: `folder`, or one that goes with us."""
        if len(str(folder)) <= LONGEST_SOCKET_FOLDER:
            return folder
        short = Path(tempfile.mkdtemp(prefix="trademesh-"))
        self._on_stop(lambda: shutil.rmtree(short, ignore_errors=True))
        return short

    async def _furnish(self, house: PlatformContainer) -> None:
        await house.adapters.bars().clean()
        await house.adapters.ticks().clean()
        if loaded := await house.adapters.sample_data().load():
            self._on_step(f"sample data: {loaded} instruments with daily bars, 2000 to 2013")
        await house.strategies.install_built_ins()()
        run_imports = house.market_data.run_imports()
        self._undo.append(run_imports.drain)
        await run_imports.recover()

    def _start_workers(self, house: PlatformContainer) -> None:
        for name, work in (
            ("the sending of orders", house.orders.dispatch_orders().run()),
            (
                "the booking of reports",
                house.orders.apply_reports().run(house.orders.dispatch_orders().wake),
            ),
        ):
            self._workers.append(asyncio.create_task(work, name=name))
        self._undo.append(self._end_workers)

    async def _serve(self, house: PlatformContainer) -> None:
        server, envoy = house.server(), house.envoy()
        self._undo.append(envoy.stop)  # last: it carries what the server says while it drains
        await server.start()
        self._undo.append(lambda: server.stop(self._settings.drain_timeout))
        await envoy.start()
        self._workers.append(asyncio.create_task(envoy.given_up(), name="Envoy"))
        self._on_step(f"gRPC, gRPC-web and REST on {self.address}")

    async def _go_on(self, house: PlatformContainer) -> None:
        """Takes up what the last stop, or a crash, left unfinished."""
        host, run_backtests = house.strategies.host(), house.backtests.run_backtests()
        run_exports = house.exports.run_exports()
        self._undo.append(run_exports.drain)
        self._undo.append(run_backtests.drain)
        self._undo.append(lambda: host.drain(self._settings.drain_timeout))
        backtests, runs = await run_backtests.resume(), await host.resume()
        await run_exports.resume()
        if runs or backtests:
            self._on_step(f"going on with {len(runs)} runs and {len(backtests)} backtests")

    async def _end_workers(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def _on_stop(self, close: Callable[[], object]) -> None:
        async def undo() -> None:
            await asyncio.to_thread(close)

        self._undo.append(undo)
