"""Streams over plain HTTP: a line or an event a message, each as soon as it is sent."""

import http.client
import json
import socket
import time

import pytest

from tests.unit.gateway.standin import PAUSE_SECONDS, STREAMED, StandIn

WATCH = "/v1/accounts/acc_1:watch"


def read_lines(house: StandIn, accept: str) -> tuple[str, list[tuple[float, bytes]]]:
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=10)
    headers = {"authorization": f"Bearer {house.token()}", "accept": accept}
    connection.request("GET", WATCH, headers=headers)
    answer = connection.getresponse()
    lines = [(time.time(), line.strip()) for line in answer]
    connection.close()
    return answer.headers["content-type"], [(at, line) for at, line in lines if line]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/x-ndjson"])
def test_lines_of_json_are_the_default(house: StandIn, accept: str) -> None:
    content_type, lines = read_lines(house, accept)
    assert content_type == "application/jsonl"
    assert [json.loads(line)["cursor"] for _, line in lines] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
def test_a_refused_stream_is_plain_json(house: StandIn, accept: str) -> None:
    answer = house.get("/v1/accounts/acc_missing:watch", accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/json")
    assert answer.reason == "ACCOUNT_NOT_FOUND"


def test_a_single_answer_is_plain_json(house: StandIn) -> None:
    assert house.get("/v1/accounts/acc_1").headers["content-type"] == "application/json"


def test_a_client_that_asks_gets_server_sent_events(house: StandIn) -> None:
    content_type, lines = read_lines(house, "text/event-stream")
    assert content_type == "text/event-stream"
    assert len(lines) == STREAMED
    assert all(line.startswith(b"data: {") for _, line in lines)
    assert json.loads(lines[0][1].removeprefix(b"data: "))["account"]["account_id"] == "acc_1"


@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
def test_messages_do_not_come_in_one_lump(house: StandIn, accept: str) -> None:
    _, lines = read_lines(house, accept)
    # The first one was here before the third one was sent.
    sent = [float(json.loads(line.removeprefix(b"data: "))["account"]["cash"]) for _, line in lines]
    assert lines[0][0] < sent[2]
    assert sent[-1] - sent[0] >= PAUSE_SECONDS * (STREAMED - 2)


def test_field_names_are_those_of_the_protos(house: StandIn) -> None:
    account = house.get("/v1/accounts/acc_1").json["account"]
    assert {"account_id", "display_name", "buying_power", "realised_pnl"} <= account.keys()


def test_a_stream_that_an_error_ends_says_so_behind_its_last_message(house: StandIn) -> None:
    request = (
        "GET /v1/accounts/acc_leaves:watch HTTP/1.1\r\nhost: localhost\r\n"
        f"authorization: Bearer {house.token()}\r\nconnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", house.port), timeout=10) as wire:
        wire.sendall(request.encode())
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    messages, _, trailers = answer.rpartition(b"\r\n0\r\n")
    assert messages.count(b'"cursor":') == 2
    assert b"grpc-status: 14" in trailers
    assert b"grpc-status-details-bin: " in trailers
