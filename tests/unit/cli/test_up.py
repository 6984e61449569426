"""What keeps the platform from starting, as the command line tells it."""

import pytest

from apps.cli.start import to_failure
from domain.errors import (
    AlreadyExists,
    Conflict,
    DomainError,
    InvalidRequest,
    NotAllowedNow,
    NotFound,
    QuotaExceeded,
    Unavailable,
)


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [
        (InvalidRequest, 4),
        (NotFound, 3),
        (AlreadyExists, 8),
        (Conflict, 8),
        (NotAllowedNow, 7),
        (QuotaExceeded, 9),
        (Unavailable, 10),
        (DomainError, 1),
    ],
)
def test_each_refusal_has_its_exit_code(kind, exit_code):
    failure = to_failure(kind("not like this", reason="SOME_REASON"))

    assert failure.exit_code == exit_code
    assert failure.lines()[0] == "error: not like this [SOME_REASON]"
    assert failure.hint


def test_a_port_in_use_suggests_another():
    failure = to_failure(NotAllowedNow("8080 is in use", reason="PORT_IN_USE"))
    assert "--port" in failure.hint


@pytest.mark.parametrize(
    ("name", "value"), [("TRADEMESH_PORT", "http"), ("TRADEMESH_PORT", "70000")]
)
def test_a_setting_that_cannot_be_names_itself(cli, monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    result = cli("up", "--headless")

    assert result.code == 4
    assert "[INVALID_SETTING]" in result.err
    assert "  port: " in result.err
    assert result.out == ""


@pytest.mark.parametrize("content", [None, "port = ", 'colour = "blue"'])
def test_a_settings_file_that_cannot_be_is_refused(cli, monkeypatch, tmp_path, content):
    file = tmp_path / "settings.toml"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("TRADEMESH_SETTINGS", str(file))

    result = cli("up", "--headless")

    assert result.code == 4
    assert "[INVALID_SETTING]" in result.err
    assert result.out == ""
