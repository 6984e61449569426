"""What is set but empty is not set."""

import pytest

from apps.settings import Settings


@pytest.mark.parametrize("name", ["port", "host", "log_level", "data_dir", "drain_timeout"])
def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(f"TRADEMESH_{name.upper()}", raising=False)
    usual = getattr(Settings(), name)

    monkeypatch.setenv(f"TRADEMESH_{name.upper()}", "")

    assert getattr(Settings(), name) == usual
