"""The kill switch by hand, on the store itself: without the platform, its edge or a token."""

import asyncio
import getpass
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dependency_injector import providers
from google.protobuf.message import Message
from msgspec import Struct

from adapters.data_folder import DataFolder
from adapters.data_folder.kill_file import FolderKillFile
from adapters.sql.migrate import schema_of
from adapters.sql.schemas import known_schemas
from adapters.wire.kill_switches import MODES, kill_switch_to_wire
from apps.containers.kill_switches import KillSwitches
from apps.containers.maintenance import STORE
from apps.containers.platform import LOCAL_TENANT, PlatformContainer
from apps.containers.stores import prepare_store
from apps.orders.kill.press_kill_switch import WantedPress
from apps.platform.holding import Holding
from apps.settings import Settings
from domain.errors import DomainError, NotAllowedNow, NotFound
from domain.orders.kill_switch import KillMode, KillState, KillSwitch
from ports.request_log import RequestKey
from trademesh.orders.v1 import kill_switch_pb2

ROUNDS = 5  # of canceling, closing and asking, before what is left is told of
BETWEEN = 0.2  # seconds
IN_USE = "DATA_DIR_IN_USE"


class PressedByHand(Struct, frozen=True):
    """What came of it. With `file` the store could not be written: the file halts instead."""

    switch: Message | None
    is_platform_running: bool
    file: str = ""
    why: str = ""


def press_by_hand(
    settings: Settings, switch: kill_switch_pb2.KillSwitch, *, is_global: bool
) -> PressedByHand:
    """Presses in the store, and does the rest too where no platform runs that would do it.

    A platform that runs sees it in its next transaction, and carries it out within a second or two.
    Where the store cannot be written the file KILL is put into the data folder. Raises `NotFound`
    for what is named and not there, or NO_DATA, and OSError when not even the file can be put.
    """
    data_dir = settings.data_dir.expanduser().absolute()
    if not (settings.store_url.get_secret_value() or (data_dir / STORE).exists()):
        raise NotFound(f"there is no data in {data_dir}", reason="NO_DATA", data_dir=str(data_dir))
    try:
        return asyncio.run(_press(settings, data_dir, switch, is_global=is_global))
    except NotFound:
        raise
    except DomainError as error:
        file = FolderKillFile(data_dir).put(f"{_who()}: {switch.reason}")
        return PressedByHand(None, DataFolder.is_in_use(data_dir), str(file), error.message)


async def _press(
    settings: Settings, data_dir: Path, switch: kill_switch_pb2.KillSwitch, *, is_global: bool
) -> PressedByHand:
    try:
        folder = await asyncio.to_thread(DataFolder.open, data_dir)
    except NotAllowedNow as error:
        if error.reason != IN_USE:
            raise
        _check_schema(settings, data_dir)
        async with _house(settings, DataFolder(data_dir, -1)) as kills:
            return _told(await _pressed(kills, switch, is_global=is_global), is_running=True)
    try:
        await asyncio.to_thread(prepare_store, settings, folder)
        async with _house(settings, folder) as kills:
            pressed = await _pressed(kills, switch, is_global=is_global)
            return _told(await _carried_out(kills, pressed), is_running=False)
    finally:
        folder.close()


class _Kills(Struct):
    house: PlatformContainer
    kills: KillSwitches


@asynccontextmanager
async def _house(settings: Settings, folder: DataFolder) -> AsyncIterator[_Kills]:
    house = PlatformContainer(settings=settings, folder=folder, sockets=folder.envoy)
    kills = KillSwitches(
        sessions=house.sessions,
        adapters=house.adapters,
        streams=house.streams,
        orders=house.orders,
        broker=house.brokers.router,
        ring=providers.Object(lambda _run: None),  # it hears of it when the platform runs
    )
    try:
        yield _Kills(house, kills)
    finally:
        await house.sessions.database().aclose()


async def _pressed(
    kills: _Kills, switch: kill_switch_pb2.KillSwitch, *, is_global: bool
) -> KillSwitch:
    wanted = WantedPress(
        MODES.from_wire("mode", switch.mode, unset=KillMode.HALT_NEW),
        switch.reason,
        switch.account_id,
        switch.strategy_id,
        switch.run_id,
        switch.instrument_id,
    )
    key = RequestKey(LOCAL_TENANT, _who(), "PressOffline", str(uuid.uuid4()), b"")
    press = kills.kills.press()
    return await (press.everywhere(wanted, key) if is_global else press(wanted, key))


async def _carried_out(kills: _Kills, switch: KillSwitch) -> KillSwitch:
    """As far as it goes by itself: what is in doubt is asked about, nothing shows a market."""
    if switch.press.mode is KillMode.HALT_NEW:
        return switch
    holding = Holding(kills.house.adapters.lease(), _nothing)
    if not await holding.begin():  # who holds it carries it out
        await holding.stop()
        return switch
    try:
        for _ in range(ROUNDS):
            await kills.house.orders.dispatch_orders().recover()
            await kills.kills.enforce().once()
            store = kills.house.adapters.kill_switches()
            switch = await store.get(LOCAL_TENANT, switch.kill_switch_id)
            if switch.state is KillState.VERIFIED:
                break
            await asyncio.sleep(BETWEEN)
    finally:
        await holding.stop()
        await asyncio.to_thread(kills.house.adapters.paper().close)
    return switch


def _check_schema(settings: Settings, data_dir: Path) -> None:
    """Another process has the file: it must be one that this code can write."""
    if settings.store_url.get_secret_value():
        return
    found, wanted = schema_of(data_dir / STORE), known_schemas()[-1]
    if found != wanted:
        raise NotAllowedNow(
            f"the store has schema {found or 'none'}, this version writes {wanted}",
            reason="SCHEMA_DIFFERS",
            schema=found,
        )


def _told(switch: KillSwitch, *, is_running: bool) -> PressedByHand:
    return PressedByHand(kill_switch_to_wire(switch), is_running)


async def _nothing() -> None:
    """This process trades nothing."""


def _who() -> str:
    try:
        return f"{getpass.getuser()} by hand"
    except (KeyError, OSError):  # a user id without a name
        return "somebody by hand"
