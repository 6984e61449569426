"""The kill switch by hand: on the store itself, with and without a platform beside it."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.data_folder import DataFolder
from adapters.data_folder.kill_file import FolderKillFile
from apps.containers.killing import PressedByHand, press_by_hand
from apps.settings import Settings
from domain.errors import NotAllowedNow, NotFound
from domain.orders.kill_switch import KillState
from domain.orders.records import AccountKey
from domain.orders.state import OrderState
from tests.builders import a_bar
from tests.unit.orders.house import TENANT, a_house, terms
from tests.unit.orders.kill.house import KillHouse
from trademesh.orders.v1.kill_switch_pb2 import KillSwitch, Residual

CANCEL_ALL, FLATTEN = KillSwitch.MODE_CANCEL_ALL, KillSwitch.MODE_FLATTEN


@pytest.fixture
def traded(tmp_path: Path) -> tuple[Path, AccountKey]:
    """A folder that a platform has left, with an order that works and a position."""

    async def trade() -> AccountKey:
        async with a_house(tmp_path) as house:
            await house.furnish()
            account = await house.account()
            await house.open_market(account)
            await house.show(account, a_bar(minute=0))
            await house.place(account, terms(quantity=10))
            await house.show(account, a_bar(minute=1))
            await house.place(account, terms(limit="90"))
            await house.desk.close(TENANT, account.account_id, "run_1")
            return account

    return tmp_path, asyncio.run(trade())


def press(folder: Path, *, is_global: bool = False, **wanted: object) -> PressedByHand:
    settings = Settings(data_dir=folder)
    switch = KillSwitch(**wanted)  # type: ignore[arg-type]
    return press_by_hand(settings, switch, is_global=is_global)


def states(folder: Path) -> list[OrderState]:
    with closing(sqlite3.connect(folder / "trademesh.db")) as connection:
        return [OrderState(row[0]) for row in connection.execute("SELECT state FROM orders")]


def test_where_no_platform_runs_it_cancels_and_asks_the_broker_itself(
    traded: tuple[Path, AccountKey],
) -> None:
    folder, _ = traded
    done = press(folder, mode=CANCEL_ALL, reason="out of here")
    assert (done.is_platform_running, done.file) == (False, "")
    assert done.switch.state == KillSwitch.STATE_VERIFIED
    assert done.switch.pressed_by.endswith("by hand")
    assert states(folder) == [OrderState.FILLED, OrderState.CANCELED]
    DataFolder.open(folder).close()  # and leaves the folder to the next one


def test_a_position_that_no_market_closes_is_told_of(traded: tuple[Path, AccountKey]) -> None:
    folder, account = traded
    done = press(folder, mode=FLATTEN, account_id=account.account_id)
    assert done.switch.state == KillSwitch.STATE_RESIDUAL
    (left,) = done.switch.residuals
    assert (left.reason, left.quantity) == (Residual.REASON_MARKET_NOT_MOVING, "10")
    assert states(folder)[-1] == OrderState.ACCEPTED


async def test_a_platform_that_runs_finds_it_in_its_next_transaction(tmp_path: Path) -> None:
    locked = DataFolder.open(tmp_path)
    house = KillHouse(tmp_path)
    await house.furnish()
    account = await house.account()
    working = await house.place(account, terms(limit="90"))
    done = await asyncio.to_thread(press, tmp_path, mode=CANCEL_ALL, is_global=True)
    assert done.is_platform_running
    assert done.switch.state == KillSwitch.STATE_ENGAGED
    with pytest.raises(NotAllowedNow) as refused:
        await house.place(account)
    assert refused.value.reason == "KILL_SWITCH"
    await house.enforce.once()
    assert await house.state(account, working.order_id) == OrderState.CANCELED
    switch = await house.kills.get(TENANT, done.switch.kill_switch_id)
    assert switch.state is KillState.VERIFIED
    house.crash()
    locked.close()


def test_where_the_store_cannot_be_written_the_file_halts(traded: tuple[Path, AccountKey]) -> None:
    folder, _ = traded
    with closing(sqlite3.connect(folder / "trademesh.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'of_tomorrow'")
        connection.commit()
    done = press(folder, reason="help")
    assert (done.switch, done.file) == (None, str(folder / "KILL"))
    assert "of_tomorrow" in done.why
    assert "help" in (folder / "KILL").read_text()
    assert FolderKillFile(folder).is_there()


def test_what_is_named_must_be_there_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as refused:
        press(tmp_path / "nowhere")
    assert refused.value.reason == "NO_DATA"
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_cannot_be_looked_for_counts_as_being_there(tmp_path: Path) -> None:
    assert not FolderKillFile(tmp_path).is_there()
    (tmp_path / "file").touch()
    assert FolderKillFile(tmp_path / "file").is_there()
