"""`trademesh risk kill` and `unkill` where they do more than one call."""

import os
import signal
import threading

from tests.unit.cli.filled import filled

KILLS = "orders.KillSwitchService"
PRESS, WATCH = f"{KILLS}/PressKillSwitch", f"{KILLS}/WatchKillSwitches"
LIST = f"{KILLS}/ListKillSwitches"
FLATTEN = ("risk", "kill", "--mode", "flatten", "--follow", "-o", "json")


def switch(state="ENGAGED", name="kill_1", **other):
    terms = {"residuals": [], "residual_count": 0, "is_global": False} | other
    return filled("orders.KillSwitch", kill_switch_id=name, state=f"STATE_{state}", **terms)


def test_followed_it_waits_until_the_broker_says_that_nothing_is_left(house, cli):
    house.answers(PRESS, {"kill_switch": switch()})
    house.answers(
        WATCH,
        [
            {"engaged": {"kill_switches": [switch(), switch("VERIFIED", "kill_0")]}, "cursor": "1"},
            {"kill_switch": switch("RESIDUAL", "kill_0"), "cursor": "2"},
            {"kill_switch": switch("FLATTENING"), "cursor": "3"},
            {"kill_switch": switch("VERIFIED"), "cursor": "4"},
            "hang",
        ],
    )
    done = cli(*FLATTEN)
    assert done.code == 0
    assert '"STATE_VERIFIED"' in done.out
    assert done.err.split() == ["engaged", "flattening", "verified"]


def test_what_is_left_is_shown_and_is_exit_12(house, cli):
    left = filled("orders.Residual", reason="REASON_IN_DOUBT")
    over = switch("RESIDUAL", residuals=[left], residual_count=1)
    house.answers(PRESS, {"kill_switch": switch()})
    house.answers(WATCH, [{"kill_switch": over, "cursor": "1"}, "hang"])
    done = cli("risk", "kill", "--mode", "cancel-all", "--follow", "-o", "table")
    assert done.code == 12
    assert "in doubt" in done.out
    assert "1 thing left" in done.err


def test_ctrl_c_leaves_it_at_work(house, cli):
    house.answers(PRESS, {"kill_switch": switch()})
    house.answers(WATCH, [{"kill_switch": switch("CANCELING"), "cursor": "1"}, "hang"])

    def interrupt():
        house.hangs.wait(10)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    assert cli(*FLATTEN).code == 130


def test_of_several_switches_one_must_be_named(house, cli):
    house.answers(LIST, {"kill_switches": [switch(), switch(name="kill_2")]})
    done = cli("risk", "unkill", "--reason", "fine")
    assert (done.code, done.hint) == (2, "try: kill_1 or kill_2")
    house.answers(LIST, {"kill_switches": []})
    assert cli("risk", "unkill", "--reason", "fine").code == 3
    house.answers(LIST, {"kill_switches": [switch()]})
    house.answers(f"{KILLS}/ReleaseKillSwitch", {"kill_switch": switch("RELEASED")})
    assert cli("risk", "unkill", "--reason", "fine").code == 0
    (asked,) = house.requests(f"{KILLS}/ReleaseKillSwitch")
    assert (asked["kill_switch_id"], asked["reason"]) == ("kill_1", "fine")


def test_global_is_another_call_and_nothing_narrows_it(house, cli):
    house.answers(f"{KILLS}/PressGlobalKillSwitch", {"kill_switch": switch(is_global=True)})
    assert cli("risk", "kill", "--global", "--reason", "all").code == 0
    (asked,) = house.requests(f"{KILLS}/PressGlobalKillSwitch")
    assert asked["kill_switch"] == {"mode": "MODE_HALT_NEW", "reason": "all"}
    assert cli("risk", "kill", "--global", "--run", "run_1").code == 2


def test_offline_needs_no_platform(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("TRADEMESH_ADDRESS", "127.0.0.1:1")
    done = cli("risk", "kill", "--offline", "--data-dir", str(tmp_path))
    assert done.code == 3
    assert "NO_DATA" in done.err
    assert cli("risk", "kill", "--offline", "--dry-run").code == 2
