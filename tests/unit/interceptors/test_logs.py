"""The log is lines of JSON, keeps no secret, and does not grow without bound."""

import json
import logging
import time
from pathlib import Path

import pytest
import structlog

from apps.log_file import LogFile
from apps.logs import HIDDEN, start_logging

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
