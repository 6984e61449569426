"""The platform without Envoy, at the broker double: what is killed.

`python -m tests.faults.engine DATA_DIR BROKER_SOCKET [POINT COUNT [stop]]`; settings as ever. It
serves gRPC on `DATA_DIR/envoy/backend.sock` and prints a line when it does.
"""

import asyncio
import signal
import sys
from pathlib import Path

from dependency_injector import providers

from apps.brokers.limiter import LimitedBroker
from apps.containers.maintenance import DataFolder
from apps.containers.platform import LOCAL_TENANT, PlatformContainer
from apps.platform.platform import Platform
from apps.settings import Settings
from tests.faults.line import DistantBroker
from tests.faults.points import MortalStore, Points


class Engine(Platform):
    """Everything real but for the broker, which is a double in another process."""

    def __init__(self, settings: Settings, broker: str, points: Points) -> None:
        super().__init__(settings, _forget)
        self._broker = broker
        self._points = points

    def _compose(self, folder: DataFolder, sockets: Path) -> PlatformContainer:
        house = super()._compose(folder, sockets)
        line = providers.Singleton(
            DistantBroker, self._broker, house.adapters.lease, LOCAL_TENANT, self._points
        )
        house.brokers.paper.override(
            providers.Singleton(LimitedBroker, line, house.brokers.limits, house.sessions.clock)
        )
        store = MortalStore(
            house.adapters.accounts(),
            self._points,
            house.adapters.lease(),
            folder.path.with_name(f"{folder.path.name}.writes"),
        )
        house.adapters.accounts.override(providers.Object(store))
        return house

    async def _serve(self, house: PlatformContainer) -> None:
        server = house.server()
        await server.start()
        self._undo.append(lambda: server.stop(self._settings.drain_timeout))


async def main(data_dir: Path, broker: str, points: Points) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    engine = Engine(Settings(data_dir=data_dir, reflection=False), broker, points)
    try:
        await engine.start()
        print("ready", flush=True)
        ends = {asyncio.ensure_future(stop.wait()), asyncio.ensure_future(engine.broken())}
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            one.result()
    finally:
        await engine.stop()


def _forget(_step: str) -> None:
    """Nobody reads along."""


if __name__ == "__main__":
    folder, socket, *chosen = sys.argv[1:]
    wanted = Points()
    if chosen:
        wanted = Points(chosen[0], int(chosen[1]), stops=chosen[2:] == ["stop"])
    asyncio.run(main(Path(folder), socket, wanted))
