"""`trademesh top`: what stands on the screen, what the keys do, and that 80 by 24 is enough."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from textual.widgets import DataTable, Static

from apps.cli.session import Session
from apps.cli.top.app import Confirm, Top
from apps.cli.top.board import Board

Json = dict[str, Any]

ACCOUNT = {
    "account_id": "acc_1",
    "display_name": "practice",
    "broker": "paper",
    "currency": "USD",
    "equity": "100250.5",
    "cash": "90000",
    "buying_power": "89355",
    "realised_pnl": "-12.5",
}
POSITION = {
    "account_id": "acc_1",
    "instrument_id": "AAPL.XNAS",
    "quantity": "10",
    "average_price": "1000",
    "last_price": "1025.05",
    "market_value": "10250.5",
    "unrealised_pnl": "250.5",
}
RUN = {
    "run_id": "run_1",
    "strategy_id": "sma-cross",
    "instrument_id": "AAPL.XNAS",
    "account_id": "acc_1",
    "state": "STATE_RUNNING",
    "bar_count": "12",
    "total_bar_count": "250",
    "market_time": "2012-05-18T20:00:00Z",
}
LISTS = ("orders.AccountService/ListAccounts", "strategies.RunService/ListRuns")
WATCHES = ("orders.AccountService/WatchAccount", "strategies.RunService/WatchRun")
CANCEL, PAUSE = "orders.OrderService/CancelOrder", "strategies.RunService/PauseRun"


@pytest.fixture
def trading(house, order: Json) -> Any:
    """A platform with one account, one position, two orders and one run at work."""
    working = order | {"state": "STATE_ACCEPTED"}
    other = working | {"order_id": "o2", "side": "SIDE_SELL", "create_time": "2026-01-01T00:00:00Z"}
    snapshot = {"account": ACCOUNT, "positions": [POSITION], "open_orders": [working, other]}
    house.answers(LISTS[0], {"accounts": [ACCOUNT]})
    house.answers(LISTS[1], {"runs": [RUN]})
    house.answers(WATCHES[0], [{"snapshot": snapshot, "cursor": "1"}, "hang"])
    house.answers(WATCHES[1], [{"run": RUN, "cursor": "1"}, "hang"])
    house.answers(CANCEL, {"order": working | {"state": "STATE_PENDING_CANCEL"}})
    house.answers(PAUSE, {"run": RUN | {"state": "STATE_PAUSED"}})
    return house


def a_screen(house) -> Top:
    return Top(Session(given_address=house.address, token_file=None, quiet=True))


async def until(pilot, condition: Callable[[], bool]) -> None:
    """Lets the screen go on until it shows it."""
    for _ in range(200):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError("it never showed")


def rows(app: Top, name: str) -> list[list[str]]:
    table = app.query_one(f"#{name}", DataTable)
    return [[str(cell) for cell in table.get_row_at(place)] for place in range(table.row_count)]


def is_full(app: Top) -> bool:
    return len(rows(app, "orders")) == 2 and len(rows(app, "runs")) == 1


async def test_everything_that_is_open_stands_on_one_small_screen(trading):
    app = a_screen(trading)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_full(app))

        assert rows(app, "accounts") == [
            ["practice", "paper", "100,250.50", "90,000.00", "89,355.00", "-12.50"]
        ]
        assert rows(app, "positions")[0][0] == "AAPL.XNAS"
        assert [row[1] for row in rows(app, "orders")] == ["BUY", "SELL"]  # the newest first
        assert rows(app, "runs")[0][2:5] == ["RUNNING", "12", "250"]
        head = str(app.query_one("#head", Static).render())
        assert "1 accounts, 1 positions, 2 orders, 1 runs" in head
        for name in ("accounts", "positions", "orders", "runs"):
            table = app.query_one(f"#{name}", DataTable)
            assert table.region.height >= 3, name
            assert table.virtual_size.width <= 80, name
        assert app.screen.region.width == 80


async def test_what_changes_is_drawn_and_what_has_ended_goes(trading, order):
    app = a_screen(trading)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_full(app))
        filled = order | {"state": "STATE_FILLED"}
        app.board.take_account_update("acc_1", {"order": filled})
        app.board.take_account_update("acc_1", {"position": POSITION | {"quantity": "20"}})
        app.board.take_run(RUN | {"state": "STATE_FINISHED"})

        await until(pilot, lambda: rows(app, "runs") == [])
        assert len(rows(app, "orders")) == 1
        assert rows(app, "positions")[0][1] == "20"


async def test_an_order_is_canceled_after_a_yes_and_left_after_a_no(trading):
    app = a_screen(trading)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_full(app))
        await pilot.press("c")
        assert isinstance(app.screen, Confirm)
        await pilot.press("n")
        assert not isinstance(app.screen, Confirm)
        assert trading.requests(CANCEL) == []

        await pilot.press("down", "c", "y")
        await until(pilot, lambda: bool(trading.requests(CANCEL)))
    [request] = trading.requests(CANCEL)
    assert (request["account_id"], request["order_id"]) == ("acc_1", "o2")
    assert request["request_id"]


async def test_a_run_is_paused_after_a_yes(trading):
    app = a_screen(trading)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_full(app))
        await pilot.press("p", "y")
        await until(pilot, lambda: bool(trading.requests(PAUSE)))
    assert trading.requests(PAUSE)[0]["run_id"] == "run_1"


async def test_a_refusal_is_told_and_the_screen_stays(trading, refusal):
    import grpc

    code = grpc.StatusCode.FAILED_PRECONDITION
    trading.answers(CANCEL, refusal(code, "ORDER_ENDED", "it has ended"))
    app = a_screen(trading)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_full(app))
        await pilot.press("c", "y")
        await until(pilot, lambda: any("ended" in each.message for each in app._notifications))
        assert is_full(app)


async def test_keys_without_anything_chosen_say_so(house):
    house.answers(LISTS[0], {"accounts": []})
    house.answers(LISTS[1], {"runs": []})
    app = a_screen(house)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c", "p")
        told = [each.message for each in app._notifications]
    assert told == ["no order is chosen", "no run is chosen"]


async def test_a_table_is_zoomed_and_back(trading):
    app = a_screen(trading)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_full(app))
        await pilot.press("z")
        assert app.screen.maximized is app.query_one("#orders", DataTable)
        await pilot.press("z")
        assert app.screen.maximized is None


async def test_a_platform_that_goes_away_is_told(house):
    app = a_screen(house)
    house.answers(LISTS[0], {"accounts": []})  # and nobody answers ListRuns
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "does not know" in str(app.query_one("#head", Static).render()))


def test_a_snapshot_takes_the_place_of_what_was_known(order):
    board = Board()
    board.take_account_update(
        "acc_1", {"snapshot": {"account": ACCOUNT, "positions": [POSITION], "open_orders": [order]}}
    )
    board.take_account_update(
        "acc_1", {"snapshot": {"account": ACCOUNT, "positions": [], "open_orders": []}}
    )
    assert board.snapshot()["positions"] == board.snapshot()["orders"] == []
    assert len(board.snapshot()["accounts"]) == 1


def test_a_pipe_gets_one_answer(cli, house, order):
    house.answers(LISTS[0], {"accounts": [ACCOUNT]})
    house.answers(LISTS[1], {"runs": [RUN]})
    house.answers("orders.AccountService/ListPositions", {"positions": [POSITION]})
    house.answers("orders.OrderService/ListOrders", {"orders": [order]})

    result = cli("top", "-o", "json")

    assert result.code == 0
    shown = json.loads(result.out)
    assert list(shown) == ["accounts", "positions", "orders", "runs"]
    assert shown["orders"][0]["order_id"] == order["order_id"]
    assert house.requests("orders.OrderService/ListOrders")[0]["open_only"] is True
