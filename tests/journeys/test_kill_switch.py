"""The kill switch over REST and the command line: everything stops, and stays so."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.cli.client import Client
from tests.journeys.cli import runner_here
from tests.journeys.clients import Answer, Rest, until
from tests.journeys.conftest import Platform
from tests.unit.orders.kill.house import KillHouse

REPLAY = ("--start", "2000-03-01", "--bars-per-second", "20")  # nearly three minutes
ORDER = {
    "instrument_id": "AAPL",
    "side": "SIDE_BUY",
    "quantity": "1",
    "order_type": "ORDER_TYPE_LIMIT",
    "limit_price": "1",
    "time_in_force": "TIME_IN_FORCE_GTC",
}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Near the root: a socket's path is short."""
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        yield Path(folder)


@pytest.fixture
def holder(cli, platform: Platform) -> Iterator[dict[str, str]]:
    """A run of buy-and-hold that holds its shares."""
    run = cli("run", "start", "buy-and-hold", "--paper", "-i", "AAPL", *REPLAY).data
    client = Client(platform.grpc, platform.token)
    watched = {"account_id": run["account_id"]}
    for change in client.stream("orders.AccountService/WatchAccount", watched):
        held = change.get("snapshot", {}).get("positions", []) or [change.get("position", {})]
        if any(each.get("quantity") == "100" for each in held):
            break
    client.close()
    yield run
    cli("run", "stop", run["run_id"], "--yes")


def opened(rest: Rest, name: str) -> str:
    account = {"display_name": name, "capital": "100000"}
    return str(rest.post("/v1/accounts", account=account).json["account"]["account_id"])


def place(rest: Rest, account: str) -> Answer:
    return rest.post(f"/v1/accounts/{account}/orders", order=ORDER)


def test_flattened_an_account_holds_nothing_by_the_broker_s_own_word(
    cli, rest: Rest, holder: dict[str, str]
) -> None:
    account = holder["account_id"]
    working = place(rest, account).json["order"]["order_id"]
    killed = cli("risk", "kill", "--account", account, "--mode", "flatten", "--follow")
    assert (killed.code, killed.data["state"]) == (0, "STATE_VERIFIED"), killed.err
    assert killed.data["verified_account_count"] == 1

    order = rest.get(f"/v1/accounts/{account}/orders/{working}").json["order"]
    assert order["state"] == "STATE_CANCELED"
    assert rest.get(f"/v1/accounts/{account}/positions").json["positions"] == []
    run = rest.get(f"/v1/runs/{holder['run_id']}").json["run"]
    assert run["state"] == "STATE_PAUSED"
    refused = place(rest, account)
    assert (refused.status, refused.reason) == (400, "KILL_SWITCH")
    assert [halt["reason"] for halt in cli("risk", "status", account).data[0]["halts"]] == [
        "KILL_SWITCH"
    ]

    switch = killed.data["kill_switch_id"]
    released = cli("risk", "unkill", switch, "--reason", "the journey goes on")
    assert (released.code, released.data["state"]) == (0, "STATE_RELEASED")
    assert place(rest, account).status == 200


def test_while_it_halts_only_what_reduces_and_cancels_pass(rest: Rest, cli) -> None:
    account = opened(rest, "halted")
    order = place(rest, account).json["order"]["order_id"]
    wanted = {"account_id": account, "reason": "a look around"}
    pressed = rest.post("/v1/kill_switches", kill_switch=wanted).json["kill_switch"]
    assert (pressed["state"], pressed["pressed_by"]) == ("STATE_ENGAGED", "local-user")
    assert place(rest, account).reason == "KILL_SWITCH"
    orders = f"/v1/accounts/{account}/orders/{order}"
    assert rest.post(f"{orders}:cancel").status == 200

    path = f"/v1/kill_switches/{pressed['kill_switch_id']}"
    assert pressed["kill_switch_id"] in [
        one["kill_switch_id"] for one in cli("risk", "switches").data
    ]
    no_reason = rest.post(f"{path}:release")
    assert (no_reason.status, no_reason.fields) == (400, ["reason"])
    assert (
        rest.post(f"{path}:release", reason="seen").json["kill_switch"]["release_reason"] == "seen"
    )
    again = rest.post(f"{path}:release", reason="seen")
    assert (again.status, again.reason) == (400, "KILL_SWITCH_RELEASED")


async def left_by_another_process(folder: Path) -> str:
    """An account in a folder whose process is gone, after it pressed the switch."""
    house = KillHouse(folder)
    account = await house.account()
    await house.press(account_id=account.account_id, reason="a bad day")
    house.crash()
    return account.account_id


def test_it_outlives_its_process_and_is_pressed_where_nothing_answers(folder: Path) -> None:
    account = asyncio.run(left_by_another_process(folder))
    platform = Platform(folder, "--no-demo")
    by_hand = ("risk", "kill", "--offline", "--data-dir", str(folder), "--mode", "cancel-all")
    try:
        rest = Rest(platform.rest, platform.token)
        cli = runner_here(platform.grpc, platform.token_file)
        assert place(rest, account).reason == "KILL_SWITCH"
        (switch,) = cli("risk", "switches").data
        assert switch["reason"] == "a bad day"
        assert cli("risk", "unkill", "--reason", "a better one").code == 0
        working = place(rest, account)
        assert working.status == 200

        killed = cli(*by_hand, "--reason", "nobody answers")
        assert (killed.code, killed.data["state"]) == (0, "STATE_ENGAGED"), killed.err
        assert "the platform runs" in killed.err
        assert place(rest, account).reason == "KILL_SWITCH"
        order = f"/v1/accounts/{account}/orders/{working.json['order']['order_id']}"
        until(lambda: rest.get(order).json["order"]["state"] == "STATE_CANCELED")

        (folder / "KILL").touch()
        assert cli("risk", "unkill", "--reason", "it answers").code == 0
        assert place(rest, account).reason == "KILL_SWITCH"
        assert rest.get("/v1/kill_switches").json["kill_file_present"] is True
        (folder / "KILL").unlink()
        assert place(rest, account).status == 200
    finally:
        assert platform.stop() == 0
    alone = cli(*by_hand)
    assert (alone.code, alone.data["state"]) == (0, "STATE_VERIFIED"), alone.err
