"""All services in one process: what is started after what, and stopped before what."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

from apps.containers.maintenance import DataFolder
from apps.containers.platform import PlatformContainer, issue_token, open_folder
from apps.platform.holding import Holding
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
        self._taken_up = asyncio.Event()
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
        house = self._compose(folder, sockets)
        self._undo.append(house.sessions.database().aclose)
        self._on_stop(house.adapters.paper().close)
        holding = Holding(house.adapters.lease(), lambda: self._trade(house))
        holding.ask()  # the last holder may have died: meanwhile there is enough to do
        self._undo.append(holding.stop)
        await self._furnish(house)
        self._undo.append(self._end_workers)
        await self._serve(house)
        issue_token(folder, house.sessions.token_key(), house.server())
        note_running(folder.path, self.address)
        self._on_stop(lambda: note_stopped(folder.path))
        self._put_down_on_stop(house)
        is_ours = await holding.begin()
        trading = asyncio.create_task(holding.run(), name="the trading")
        self._workers.append(trading)
        if is_ours:
            await self._until_taken_up(trading)
        else:
            self._on_step("another process trades in this store: this one reads until it ends")

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

    def _compose(self, folder: DataFolder, sockets: Path) -> PlatformContainer:
        return PlatformContainer(settings=self._settings, folder=folder, sockets=sockets)

    async def _furnish(self, house: PlatformContainer) -> None:
        await house.adapters.bars().clean()
        await house.adapters.ticks().clean()
        if loaded := await house.adapters.sample_data().load():
            self._on_step(f"sample data: {loaded} instruments with daily bars, 2000 to 2013")
        await house.strategies.install_built_ins()()
        run_imports = house.market_data.run_imports()
        self._undo.append(run_imports.drain)
        await run_imports.recover()

    async def _trade(self, house: PlatformContainer) -> None:
        """What only the holder of the lease does. Goes on until it is canceled."""
        try:
            async with asyncio.TaskGroup() as workers:
                for name, work in self._work(house):
                    workers.create_task(_endless(name, work), name=name)
                await self._go_on(house)
                self._taken_up.set()
        except ExceptionGroup as group:
            raise group.exceptions[0] from group
        finally:
            await house.strategies.host().rest()

    def _work(self, house: PlatformContainer) -> Iterable[tuple[str, Coroutine[Any, Any, None]]]:
        return (
            ("the forgetting", house.forget().run()),
            ("the sending of orders", house.orders.dispatch_orders().run()),
            (
                "the booking of reports",
                house.orders.apply_reports().run(house.orders.dispatch_orders().wake),
            ),
            ("the reconciling of accounts", house.reconciliations.reconcile().run()),
            ("the kill switch", house.kill_switches.enforce().run()),
        )

    async def _until_taken_up(self, trading: "asyncio.Task[None]") -> None:
        taken_up = asyncio.create_task(self._taken_up.wait())
        await asyncio.wait({trading, taken_up}, return_when=asyncio.FIRST_COMPLETED)
        taken_up.cancel()
        if trading.done():
            trading.result()

    async def _serve(self, house: PlatformContainer) -> None:
        server, envoy = house.server(), house.envoy()
        self._undo.append(envoy.stop)  # last: it carries what the server says while it drains
        await server.start()
        self._undo.append(lambda: server.stop(self._settings.drain_timeout))
        await envoy.start()
        self._workers.append(asyncio.create_task(envoy.given_up(), name="Envoy"))
        self._on_step(f"gRPC, gRPC-web and REST on {self.address}")

    async def _go_on(self, house: PlatformContainer) -> None:
        """Takes up what the last stop, a crash, or another holder left unfinished."""
        backtests = await house.backtests.run_backtests().resume()
        runs = await house.strategies.host().resume()
        await house.exports.run_exports().resume()
        if runs or backtests:
            self._on_step(f"going on with {len(runs)} runs and {len(backtests)} backtests")

    def _put_down_on_stop(self, house: PlatformContainer) -> None:
        host = house.strategies.host()
        self._undo.append(house.exports.run_exports().drain)
        self._undo.append(house.backtests.run_backtests().drain)
        self._undo.append(lambda: host.drain(self._settings.drain_timeout))

    async def _end_workers(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def _on_stop(self, close: Callable[[], object]) -> None:
        async def undo() -> None:
            await asyncio.to_thread(close)

        self._undo.append(undo)


async def _endless(name: str, work: Coroutine[Any, Any, None]) -> None:
    await work
    raise Unavailable(f"{name} ended", reason="PLATFORM_BROKEN")
