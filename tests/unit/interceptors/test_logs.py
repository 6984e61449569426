"""The log is lines of JSON, keeps no secret, and does not grow without bound."""

import json
import logging
import time
from pathlib import Path

import pytest
import structlog

from apps import log_file
from apps.log_file import CallLine, LogFile
from apps.logs import HIDDEN, log_call, start_logging

TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"


@pytest.fixture
def written(tmp_path):
    """Starts the house's log, and gives what was written."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    file = start_logging(tmp_path)
    path = tmp_path / "trademesh.log"

    def lines():
        file.flush()
        return [json.loads(line) for line in path.read_text().splitlines()]

    yield lines
    structlog.configure(**before)
    root.handlers, root.level = handlers, level
    file.close()


def test_a_line_has_time_level_and_event(written) -> None:
    structlog.get_logger().info("started", port=8080)
    [line] = written()
    assert (line["event"], line["level"], line["port"]) == ("started", "info", 8080)
    assert line["time"].endswith("Z")


@pytest.mark.parametrize(
    "name", ["authorization", "token", "Password", "client_secret", "api_key", "keys", "x-api-key"]
)
def test_a_field_with_a_secret_s_name_is_hidden(written, name: str) -> None:
    structlog.get_logger().info("event", **{name: "hunter2"}, deeper={name: "hunter2"})
    [line] = written()
    assert line[name] == line["deeper"][name] == HIDDEN


@pytest.mark.parametrize("text", [f"got {TOKEN} here", "Authorization: Bearer abc.def", TOKEN])
def test_a_token_inside_a_text_is_hidden(written, text: str) -> None:
    structlog.get_logger().info(text, detail=text, deeper={"detail": text})
    assert "eyJ" not in repr(written())
    assert "abc.def" not in repr(written())


def test_a_stack_is_logged_without_the_token_in_it(written) -> None:
    try:
        raise RuntimeError(f"refused {TOKEN}")
    except RuntimeError as error:
        structlog.get_logger().error("call", exc_info=error)
    [line] = written()
    assert "RuntimeError: refused" in line["exception"]
    assert TOKEN not in line["exception"]


def test_fields_that_look_alike_are_kept(written) -> None:
    structlog.get_logger().info("event", token_file="/data/token", monkey="Joe", author="Ann")
    [line] = written()
    assert (line["token_file"], line["monkey"], line["author"]) == ("/data/token", "Joe", "Ann")


def a_call(**facts) -> CallLine:
    usual = {"time": 1_700_000_000.25, "method": "/a.B/C", "code": "OK", "ms": 1.5}
    return CallLine(**usual | facts)


def test_a_call_is_one_line_of_what_is_known(written) -> None:
    log_call(a_call(tenant="local", principal="me", request_id="r-1"))
    assert written() == [
        {
            "time": "2023-11-14T22:13:20.250000Z",
            "level": "info",
            "event": "call",
            "method": "/a.B/C",
            "code": "OK",
            "ms": 1.5,
            "tenant": "local",
            "principal": "me",
            "request_id": "r-1",
        }
    ]


def test_calls_and_other_lines_come_in_their_order(written) -> None:
    structlog.get_logger().info("before")
    log_call(a_call())
    structlog.get_logger().info("after")
    assert [line["event"] for line in written()] == ["before", "call", "after"]


def test_a_request_id_that_is_a_token_is_hidden(written) -> None:
    log_call(a_call(request_id=TOKEN))
    assert written()[0]["request_id"] == HIDDEN


def test_calls_are_not_logged_where_only_warnings_are(tmp_path) -> None:
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    file = start_logging(tmp_path, logging.WARNING)
    log_call(a_call())
    structlog.get_logger().warning("look")
    file.close()
    structlog.configure(**before)
    root.handlers, root.level = handlers, level
    [line] = (tmp_path / "trademesh.log").read_text().splitlines()
    assert json.loads(line)["event"] == "look"


def test_more_lines_than_may_wait_are_written_at_once(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(log_file, "MOST_WAITING", 3)
    monkeypatch.setattr(log_file, "FLUSH_SECONDS", 3600)
    log = LogFile(tmp_path / "a.log")
    for number in range(4):
        log.write_line(f"line {number}")
    assert (tmp_path / "a.log").read_text() == "line 0\nline 1\nline 2\n"
    log.close()
    assert (tmp_path / "a.log").read_text().endswith("line 3\n")


def test_libraries_log_here_too(written) -> None:
    logging.getLogger("sqlalchemy").warning("pool of %d is %s", 5, "full")
    logging.getLogger("grpc").debug("too much talk")
    [line] = written()
    assert (line["event"], line["logger"], line["level"]) == (
        "pool of 5 is full",
        "sqlalchemy",
        "warning",
    )


def test_values_that_json_does_not_know_are_written_as_text(written) -> None:
    structlog.get_logger().info("event", what=object)
    assert written()[0]["what"] == "<class 'object'>"


def test_what_is_urgent_is_in_the_file_at_once(written, tmp_path) -> None:
    structlog.get_logger().info("can wait")
    structlog.get_logger().error("cannot")
    lines = (tmp_path / "trademesh.log").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["can wait", "cannot"]


def test_nothing_waits_for_long(tmp_path) -> None:
    log = LogFile(tmp_path / "a.log")
    log.write_line("a line")
    deadline = time.monotonic() + 10
    while not (tmp_path / "a.log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    log.close()


def test_a_large_log_is_put_aside_and_the_oldest_goes(tmp_path) -> None:
    log = LogFile(tmp_path / "a.log", largest=100)
    for number in range(50):
        log.write_line(f"line {number:02} {'x' * 40}")
    log.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["a.log", "a.log.1", "a.log.2", "a.log.3"]
    assert all(path.stat().st_size <= 100 for path in tmp_path.iterdir())
    assert "line 49" in (tmp_path / "a.log").read_text()


def test_a_log_goes_on_where_it_stopped(tmp_path) -> None:
    for line in ("before", "after"):
        log = LogFile(tmp_path / "a.log")
        log.write_line(line)
        log.close()
    log.write_line("too late")
    assert (tmp_path / "a.log").read_text() == "before\nafter\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_costs_lines_and_nothing_else(tmp_path) -> None:
    path = tmp_path / "trademesh.log"
    path.symlink_to("/dev/full")
    file = LogFile(path, largest=100_000)
    file.write_urgent_line("lost")
    path.unlink()  # from here on there is room, in the next file
    for _ in range(4):
        file.write_line("x" * 60_000)
    file.write_line("kept")
    file.flush()
    assert path.read_text().endswith("kept\n")
    file.close()
    file.write_line("too late")
    assert "late" not in path.read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_log_that_could_not_be_written_can_be_closed(tmp_path) -> None:
    path = tmp_path / "trademesh.log"
    path.symlink_to("/dev/full")
    file = LogFile(path)
    file.write_line("lost")
    file.flush()
    file.close()
