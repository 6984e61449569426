"""`trademesh doctor`: each thing that can be wrong is named, with one thing to do about it."""

import base64
import json
import os
import socket
import sqlite3
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.data_folder import DataFolder
from adapters.sql.migrate import migrate
from adapters.sql.schemas import known_schemas
from apps.cli.checks import folder as folder_checks
from apps.cli.checks import machine, service
from apps.cli.checks.finding import Finding
from apps.cli.session import Session
from apps.platform.running import Running, note_running, note_stopped, who_runs
from apps.settings import Settings
from tests.houses import migrated

BAR = "INSERT INTO bar_files VALUES (1, 'AAPL.XNAS', '1d', '0123', 1, 2, 2, 'test', 3, NULL)"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch, tmp_path):
    """Nothing of the machine's own user is looked at."""
    for name in list(os.environ):
        if name.startswith("TRADEMESH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("TRADEMESH_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def folder(tmp_path) -> Path:
    """A data folder of today, in order."""
    data = DataFolder.open(tmp_path / "data")
    data.secret("places")
    data.close()
    migrated(data.path / "trademesh.db")
    return data.path


def problems(findings: Iterator[Finding]) -> dict[str, Finding]:
    found = {each.check: each for each in findings if each.state == "problem"}
    assert all(each.mend for each in found.values())
    return found


def states(findings: Iterator[Finding]) -> dict[str, str]:
    return {each.check: each.state for each in findings}


def test_a_folder_in_order_has_no_problem(folder):
    assert problems(folder_checks.check_folder(folder)) == {}
    assert states(folder_checks.check_store(folder)) == {
        "store": "ok",
        "schema": "ok",
        "files": "ok",
    }


def test_a_folder_that_is_not_there_yet_is_no_problem(tmp_path):
    place = tmp_path / "data"
    assert states(folder_checks.check_folder(place)) == {"data folder": "note", "space": "ok"}
    assert states(folder_checks.check_store(place)) == {"store": "note"}
    assert not place.exists()


def a_file_in_its_place(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.write_text("no folder")


def a_restore_cut_off(folder: Path) -> None:
    (folder / ".restoring").mkdir()


def an_open_key(folder: Path) -> None:
    (folder / "keys" / "places").chmod(0o644)


@pytest.mark.parametrize(
    ("break_it", "check", "words"),
    [
        (a_file_in_its_place, "data folder", "is not a folder"),
        (a_restore_cut_off, "data folder", "cut off"),
        (an_open_key, "permissions", "keys/places"),
    ],
)
def test_a_folder_that_is_wrong_is_named(folder, break_it, check, words):
    break_it(folder)
    found = problems(folder_checks.check_folder(folder))
    assert list(found) == [check]
    assert words in found[check].found


@pytest.mark.parametrize(("free", "state"), [(1, "problem"), (2**30, "note"), (2**40, "ok")])
def test_a_disk_that_fills_is_named(folder, monkeypatch, free, state):
    monkeypatch.setattr(folder_checks, "space_words", lambda _: (free, "so much"))
    assert states(folder_checks.check_folder(folder))["space"] == state


def test_a_damaged_store_is_named(folder):
    content = bytearray((folder / "trademesh.db").read_bytes())
    content[4096:12288] = b"\xff" * 8192
    (folder / "trademesh.db").write_bytes(content)
    found = problems(folder_checks.check_store(folder))
    assert "trademesh.db" in found["store"].found
    assert "restore" in found["store"].mend


def test_a_bar_file_that_is_gone_is_named(folder):
    with closing(sqlite3.connect(folder / "trademesh.db", isolation_level=None)) as connection:
        connection.execute(BAR)
    found = problems(folder_checks.check_store(folder))
    assert "bars/AAPL.XNAS/1d/0123.parquet" in found["files"].found


def test_an_older_schema_is_worth_knowing_and_a_newer_one_a_problem(folder):
    (folder / "trademesh.db").unlink()
    migrate(folder / "trademesh.db", to="0005_backtests")
    [older] = [each for each in folder_checks.check_store(folder) if each.check == "schema"]
    assert (older.state, known_schemas()[-1] in older.found) == ("note", True)

    with closing(sqlite3.connect(folder / "trademesh.db", isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_of_tomorrow'")
    assert "9999_of_tomorrow" in problems(folder_checks.check_store(folder))["schema"].found


def test_who_has_the_folder_is_told(folder):
    assert states(folder_checks.check_lock(folder, None)) == {"lock": "ok"}
    held = DataFolder.take(folder)
    note_running(folder, "127.0.0.1:8080")
    try:
        [found] = folder_checks.check_lock(folder, who_runs(folder))
        assert str(os.getpid()) in found.found
    finally:
        note_stopped(folder)
        held.close()
    assert who_runs(folder) is None


@pytest.mark.parametrize("text", ["", "{", '{"pid": "x"}'])
def test_a_note_that_cannot_be_read_is_none(tmp_path, text):
    (tmp_path / "running.json").write_text(text)
    assert who_runs(tmp_path) is None


def test_a_port_that_another_has_is_named_and_ours_is_not():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        settings = Settings(port=port)
        found = problems(machine.check_port(settings, None))
        assert str(port) in found["port"].found
        ours = Running(1, "0.1.0", f"127.0.0.1:{port}", "")
        assert states(machine.check_port(settings, ours)) == {"port": "ok"}


def test_an_envoy_that_does_not_run_is_named(monkeypatch, tmp_path):
    broken = tmp_path / "envoy"
    broken.write_text("no program")
    monkeypatch.setattr("apps.containers.maintenance.envoy_binary", lambda: broken)
    assert "does not run" in problems(machine.check_envoy())["envoy"].found


YEAR_2000, YEAR_2200 = 946_684_800, 7_258_118_400


def a_token(expires: int) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": expires}).encode()).decode().rstrip("=")
    return f"eyJh.{claims}.sig"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (a_token(YEAR_2200), "ok"),
        (a_token(YEAR_2000), "problem"),
        ("nonsense", "problem"),
        ("a.b.c", "problem"),
        ("", "problem"),
    ],
)
def test_a_token_is_looked_into(folder, text, state):
    (folder / "token").write_text(text)
    assert states(service.check_token(Session())) == {"token": state}


def test_no_token_yet_is_no_problem(folder):
    assert states(service.check_token(Session())) == {"token": "note"}


def test_a_platform_of_another_version_is_named():
    other = Running(1, "9.9.9", "127.0.0.1:1", "")
    assert "9.9.9" in problems(service.check_versions(other))["version"].found
    assert states(service.check_versions(None)) == {"version": "ok"}


def test_a_clock_that_cannot_be_right_is_named(monkeypatch):
    monkeypatch.setattr(machine, "RELEASED", datetime(2200, 1, 1, tzinfo=UTC))
    assert "set the clock" in problems(machine.check_clock("127.0.0.1:1"))["clock"].mend


def test_a_clock_that_differs_from_the_platform_s_is_named(monkeypatch):
    then = datetime.now(UTC) - timedelta(minutes=5)
    monkeypatch.setattr(machine, "_time_at", lambda _: then)
    assert "differs" in problems(machine.check_clock("127.0.0.1:1"))["clock"].found


def test_a_variable_that_nobody_reads_is_worth_knowing(monkeypatch):
    monkeypatch.setenv("TRADEMESH_PROT", "9000")
    [found] = machine.check_variables()
    assert found.state == "note"
    assert "TRADEMESH_PORT was meant" in found.found


@pytest.fixture
def doctor(cli, folder, monkeypatch) -> Callable[..., object]:
    """The command, with a folder in order and nobody at the address."""

    def run(*arguments: str):
        monkeypatch.setenv("TRADEMESH_DATA_DIR", str(folder))
        monkeypatch.delenv("TRADEMESH_TOKEN", raising=False)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        return cli("doctor", "--address", address, "-o", "json", *arguments)

    return run


def test_problems_are_exit_13_with_the_first_mend(doctor):
    result = doctor()
    found = {each["check"]: each for each in json.loads(result.out)}
    assert result.code == 13
    assert found["platform"]["state"] == "problem"
    assert result.hint == "try: trademesh up"
    assert found["store"]["state"] == "ok"


@pytest.mark.parametrize("value", ["http", "70000"])
def test_a_setting_that_is_wrong_is_a_problem_of_its_own(doctor, monkeypatch, value):
    monkeypatch.setenv("TRADEMESH_PORT", value)
    result = doctor()
    [found] = [each for each in json.loads(result.out) if each["state"] == "problem"]
    assert result.code == 13
    assert (found["check"], "port" in found["found"]) == ("settings", True)


def test_a_look_changes_nothing(doctor, folder):
    def seen() -> dict[str, float]:
        kept = (path for path in folder.rglob("*") if not path.name.endswith(("-wal", "-shm")))
        return {str(path): path.stat().st_mtime for path in kept if path.is_file()}

    before = seen()
    doctor()
    assert seen() == before


def test_a_bundle_has_what_helps_and_no_secret(doctor, folder, tmp_path):
    token = a_token(time.time() + 3600)
    (folder / "token").write_text(token)
    key = (folder / "keys" / "places").read_bytes()
    lines = [f'{{"event": "line {number}"}}' for number in range(3000)]
    lines += [f'{{"event": "a call with {token}", "header": "Bearer {token}"}}']
    (folder / "logs" / "trademesh.log").write_text("\n".join(lines) + "\n")

    result = doctor("--bundle", str(tmp_path / "help.zip"))

    assert result.code == 13
    with zipfile.ZipFile(tmp_path / "help.zip") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    whole = b"".join(content.values())
    assert token.encode() not in whole
    assert token.split(".")[1].encode() not in whole
    assert key not in whole
    assert {"findings.json", "settings.json", "versions.json", "files.json"} < set(content)
    assert b"line 2999" in content["logs/trademesh.log"]
    assert b"line 0" not in content["logs/trademesh.log"]
    assert json.loads(content["findings.json"]) == json.loads(result.out)
    assert stat.S_IMODE((tmp_path / "help.zip").stat().st_mode) == 0o600


def test_a_bundle_does_not_replace_a_file(doctor, tmp_path):
    (tmp_path / "help.zip").write_text("mine")
    result = doctor("--bundle", str(tmp_path / "help.zip"))
    assert result.code == 8
    assert "[FILE_EXISTS]" in result.err
    assert (tmp_path / "help.zip").read_text() == "mine"


def test_a_bundle_that_cannot_be_written_is_named(doctor, tmp_path):
    result = doctor("--bundle", str(tmp_path / "nowhere" / "help.zip"))
    assert result.code == 7
    assert "[FILE_UNWRITABLE]" in result.err
