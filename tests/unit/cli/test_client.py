"""Deadlines, repeats, cursors and tokens: how the command line calls."""

import uuid
from pathlib import Path

import grpc
import pytest

from apps.cli.client import ATTEMPTS, Client
from apps.cli.connection import find_address, find_token
from apps.cli.failure import Failure
from apps.cli.methods import all_methods, find_method
from apps.data_dir import data_dir
from apps.settings import Settings

GET = "backtests.BacktestService/GetBacktest"
CREATE = "backtests.BacktestService/CreateBacktest"
WATCH = "backtests.BacktestService/WatchBacktest"


@pytest.fixture
def client(house):
    pauses = []
    client = Client(house.address, "a-token", timeout=5, pause=pauses.append)
    client.pauses = pauses
    yield client
    client.close()


@pytest.fixture
def unavailable(refusal):
    return refusal(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE", "in a moment")


def test_a_read_is_repeated_until_it_is_answered(house, client, unavailable):
    house.answers(GET, unavailable, unavailable, {"backtest": {"backtest_id": "bt_1"}})

    answer = client.call(GET, {"backtest_id": "bt_1"})

    assert answer["backtest"]["backtest_id"] == "bt_1"
    assert client.pauses == [0.05, 0.1]


def test_a_repeated_write_carries_the_same_request_id(house, cli, unavailable, backtest):
    house.answers(CREATE, unavailable, {"backtest": backtest})

    result = cli("backtest", "run", "sma-cross", "--instrument", "AAPL", "--detach")

    first, second = house.requests(CREATE)
    assert result.out == "bt_1\n"
    assert first == second
    assert uuid.UUID(first["request_id"]).version == 4


def test_repeating_has_an_end(house, client, unavailable):
    house.answers(GET, unavailable)

    with pytest.raises(Failure, match="in a moment"):
        client.call(GET, {"backtest_id": "bt_1"})

    assert len(house.calls) == ATTEMPTS


@pytest.mark.parametrize(
    "code",
    [grpc.StatusCode.INTERNAL, grpc.StatusCode.ABORTED, grpc.StatusCode.RESOURCE_EXHAUSTED],
)
def test_nothing_else_is_repeated(house, client, refusal, code):
    house.answers(GET, refusal(code, "NO"))

    with pytest.raises(Failure):
        client.call(GET, {"backtest_id": "bt_1"})

    assert len(house.calls) == 1


def test_a_cut_stream_goes_on_behind_the_last_message(house, client, refusal):
    draining = refusal(grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING")
    house.answers(
        WATCH,
        [{"cursor": "c1"}, {"cursor": "c2"}, draining],
        [draining],
        [{"cursor": "c3"}],
    )

    cursors = [m["cursor"] for m in client.stream(WATCH, {"backtest_id": "bt_1"})]

    assert cursors == ["c1", "c2", "c3"]
    assert [r.get("cursor") for r in house.requests(WATCH)] == [None, "c2", "c2"]


def test_a_stream_that_is_refused_ends_in_a_failure(house, client, refusal):
    house.answers(WATCH, [refusal(grpc.StatusCode.NOT_FOUND, "BACKTEST_NOT_FOUND")])

    with pytest.raises(Failure) as caught:
        list(client.stream(WATCH, {"backtest_id": "bt_1"}))

    assert caught.value.reason == "BACKTEST_NOT_FOUND"


def test_a_request_that_does_not_fit_the_call_is_refused_before_it_is_sent(house, client):
    with pytest.raises(Failure, match="nonsense"):
        client.call(GET, {"nonsense": 1})
    assert house.calls == []


def test_the_given_request_id_is_used_and_steps_follow_from_it(house, cli, tmp_path, backtest):
    source = tmp_path / "mine.py"
    source.write_text("class Mine: ...")
    push = "strategies.StrategyService/PushStrategy"
    house.answers(push, {"strategy_version": {"strategy_id": "mine", "version_id": "sha256:9"}})
    house.answers(CREATE, {"backtest": backtest})
    given = str(uuid.uuid4())

    for _ in range(2):
        command = ("backtest", "run", str(source), "--instrument", "AAPL", "--detach")
        assert cli(*command, "--request-id", given).code == 0

    first, second = house.requests(push)
    assert first["request_id"] == second["request_id"] != given
    assert uuid.UUID(first["request_id"]).version == 4
    assert [r["request_id"] for r in house.requests(CREATE)] == [given, given]


def test_every_call_carries_the_token(house, cli, tmp_path):
    house.answers(GET, {"backtest": {}})
    file = tmp_path / "token"
    file.write_text("another-token\n")

    cli("backtest", "show", "bt_1")
    cli("backtest", "show", "bt_1", "--token-file", str(file))

    assert [call.token for call in house.calls] == ["Bearer a-token", "Bearer another-token"]


def test_a_token_file_that_is_not_there_is_exit_5(cli, tmp_path):
    result = cli("status", "--token-file", str(tmp_path / "none"))

    assert result.code == 5
    assert "TOKEN_MISSING" in result.err
    assert "--token-file" in result.hint


@pytest.mark.parametrize("content", ["", "two\nlines", "with a space", "tokén"])
def test_a_file_that_holds_no_token_is_exit_5(cli, tmp_path, content):
    file = tmp_path / "token"
    file.write_text(content)

    result = cli("status", "--token-file", str(file))

    assert result.code == 5
    assert result.err.startswith(f"error: {file} holds no token [TOKEN_INVALID]")


def test_the_token_comes_from_the_nearest_place(tmp_path):
    (tmp_path / "token").write_text("of-the-folder\n")
    (tmp_path / "other").write_text("of-the-file")
    folder = {"TRADEMESH_DATA_DIR": str(tmp_path)}
    named = {"TRADEMESH_TOKEN_FILE": str(tmp_path / "other")}

    assert find_token(None, folder) == "of-the-folder"
    assert find_token(None, folder | {"TRADEMESH_TOKEN": " given "}) == "given"
    assert find_token(None, folder | named | {"TRADEMESH_TOKEN": "given"}) == "of-the-file"
    assert find_token(tmp_path / "token", named) == "of-the-folder"
    assert find_token(None, {"TRADEMESH_DATA_DIR": str(tmp_path / "empty")}) == ""


def test_the_address_comes_from_the_nearest_place():
    both = {"TRADEMESH_ADDRESS": "far:1", "TRADEMESH_PORT": "2"}
    assert find_address(None, {}) == "127.0.0.1:8080"
    assert find_address(None, {"TRADEMESH_PORT": "2"}) == "127.0.0.1:2"
    assert find_address(None, both) == "far:1"
    assert find_address("near:3", both) == "near:3"


def test_the_data_folder_is_the_platforms(monkeypatch):
    monkeypatch.delenv("TRADEMESH_DATA_DIR", raising=False)
    assert data_dir() == Settings().data_dir
    assert data_dir({"TRADEMESH_DATA_DIR": "~/x"}) == Path.home() / "x"


def test_an_address_may_be_written_as_a_url(house):
    house.answers(GET, {"backtest": {"backtest_id": "bt_1"}})
    client = Client(f"http://{house.address}/", "", timeout=5)

    assert client.call(GET, {})["backtest"]["backtest_id"] == "bt_1"
    assert house.calls[0].token == ""
    client.close()


def test_each_method_knows_its_manners():
    by_name = {method.name: method for method in all_methods()}

    assert by_name[GET].may_be_repeated
    assert not by_name[GET].mutates
    assert by_name[CREATE].mutates
    assert by_name[WATCH].resumes
    assert by_name["orders.OrderService/PlaceOrder"].rest == (
        "POST /v1/accounts/{account_id}/orders"
    )


@pytest.mark.parametrize(
    "name",
    [
        "OrderService/PlaceOrder",
        "orders.OrderService/PlaceOrder",
        "trademesh.orders.v1.OrderService/PlaceOrder",
        "/trademesh.orders.v1.OrderService/PlaceOrder",
    ],
)
def test_a_call_is_found_by_any_of_its_names(name):
    assert find_method(name).path == "/trademesh.orders.v1.OrderService/PlaceOrder"
