"""`trademesh config`: where values come from, and a settings file that is changed with care."""

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest

from apps.cli.preferences import plain
from apps.settings import Settings


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The settings file of this test; not there yet."""
    for name in list(os.environ):
        if name.startswith("TRADEMESH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TRADEMESH_SETTINGS", str(tmp_path / "settings" / "own.toml"))
    return tmp_path / "settings" / "own.toml"


def shown(result):
    assert result.code == 0, result.err
    return json.loads(result.out)


def test_a_value_comes_from_the_first_place_that_says_it(cli, file, monkeypatch):
    monkeypatch.delenv("TRADEMESH_SETTINGS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(file.parent))
    default = shown(cli("config", "get", "handler_timeout"))
    cli("config", "set", "handler_timeout", "12.5")
    in_file = shown(cli("config", "get", "handler_timeout"))
    monkeypatch.setenv("TRADEMESH_HANDLER_TIMEOUT", "7")
    in_environment = shown(cli("config", "get", "handler_timeout"))

    assert [each["value"] for each in (default, in_file, in_environment)] == [1.5, 12.5, 7.0]
    assert default["source"] == "default"
    assert in_file["source"].startswith("file ")
    assert in_environment["source"] == "environment TRADEMESH_HANDLER_TIMEOUT"
    assert Settings().handler_timeout == 7.0


def test_the_address_may_come_from_an_option(cli, file):
    cli("config", "set", "port", "9123")
    told = shown(cli("config", "get", "address", "--address", "10.0.0.1:9"))
    assert (told["value"], told["source"]) == ("10.0.0.1:9", "option --address")


def test_the_command_line_finds_the_platform_by_the_file(cli, file):
    cli("config", "set", "port", "9123")
    assert shown(cli("config", "get", "address"))["value"] == "127.0.0.1:9123"
    cli("config", "set", "data_dir", "~/somewhere")
    assert shown(cli("config", "get", "token_file"))["value"].endswith("/somewhere/token")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("port", "9000", 9000),
        ("reflection", "no", False),
        ("cors_origins", "https://a.example,https://b.example", ["https://a.example", "https://b.example"]),
        ("cors_origins", '["https://a.example"]', ["https://a.example"]),
        ("cors_origins", "", []),
        ("log_level", "WARNING", "warning"),
        ("drain_timeout", "2.5", 2.5),
        ("data_dir", "kept/here", Path("kept/here").absolute()),
    ],
)  # fmt: skip
def test_what_is_set_is_what_the_platform_reads(cli, file, name, text, value):
    assert shown(cli("config", "set", name, text))["value"] == plain(value)
    read = getattr(Settings(), name)
    assert (list(read) if isinstance(read, tuple) else read) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "http"),
        ("port", "0"),
        ("handler_timeout", "-1"),
        ("reflection", "perhaps"),
        ("log_level", "loud"),
        ("cors_origins", "[1]"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(cli, file, name, text):
    cli("config", "set", "host", "127.0.0.2")
    before = file.read_text()

    result = cli("config", "set", "--", name, text)

    assert result.code == 4
    assert "[INVALID_SETTING]" in result.err
    assert file.read_text() == before


def test_other_lines_and_comments_stay(cli, file):
    file.parent.mkdir()
    file.write_text('# mine\nhost = "127.0.0.2"  # here\nport = 9000\n# the end\n')

    cli("config", "set", "port", "9001")
    cli("config", "set", "log_level", "debug")

    assert file.read_text() == (
        '# mine\nhost = "127.0.0.2"  # here\nport = 9001\n# the end\nlog_level = "debug"\n'
    )
    cli("config", "unset", "port")
    assert "port" not in tomllib.loads(file.read_text())
    assert "# mine" in file.read_text()


def test_a_value_over_several_lines_is_replaced_whole(cli, file):
    file.parent.mkdir()
    file.write_text('cors_origins = [\n  "https://a.example",\n]\nport = 9000\n')
    cli("config", "set", "cors_origins", "https://b.example")
    assert tomllib.loads(file.read_text()) == {
        "cors_origins": ["https://b.example"],
        "port": 9000,
    }


def test_the_file_is_its_owner_s_alone(cli, file):
    cli("config", "set", "port", "9000")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_an_environment_that_wins_is_told(cli, file, monkeypatch):
    monkeypatch.setenv("TRADEMESH_PORT", "9002")
    result = cli("config", "set", "port", "9001")
    assert shown(result)["value"] == 9002
    assert "TRADEMESH_PORT wins" in result.err


@pytest.mark.parametrize("content", ["port = ", "port = 9000\nport = 9001\n"])
def test_a_file_that_cannot_be_read_is_named_by_every_command(cli, file, content):
    file.parent.mkdir()
    file.write_text(content)
    for command in (("config", "list"), ("status",), ("config", "set", "port", "1")):
        result = cli(*command)
        assert result.code == 4, result.err
        assert "[INVALID_SETTING]" in result.err
        assert str(file) in result.err
    assert file.read_text() == content


def test_a_file_that_was_named_and_is_not_there_is_refused(cli, file):
    assert cli("config", "list").code == 4
    assert shown(cli("config", "path")) == {"path": str(file), "exists": False}


def test_a_folder_that_cannot_be_written_is_named(cli, file):
    file.parent.write_text("a file in its place")
    result = cli("config", "set", "port", "9000")
    assert result.code in {4, 7}
    assert result.hint.startswith("try: ")
