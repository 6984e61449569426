"""The deployments hold together: settings that exist, an image that runs as nobody."""

import re
import tomllib
from pathlib import Path

import pytest

from apps.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
DEPLOYMENTS = sorted((ROOT / "deploy/settings").glob("*.toml"))
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TRADEMESH_{name.upper()}", raising=False)


@pytest.mark.parametrize("file", DEPLOYMENTS, ids=lambda file: file.stem)
def test_a_deployment_sets_only_what_there_is(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEMESH_SETTINGS", str(file))
    stated = tomllib.loads(file.read_text())

    assert stated.keys() - Settings.model_fields.keys() == set()
    settings = Settings().model_dump(mode="json")
    assert {name: settings[name] for name in stated} == stated


def test_the_embedded_deployment_spells_out_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRADEMESH_SETTINGS", raising=False)
    defaults = Settings().model_dump(mode="json")
    stated = tomllib.loads((ROOT / "deploy/settings/embedded.toml").read_text())

    assert {name: defaults[name] for name in stated} == stated
    assert defaults.keys() - stated.keys() == {"data_dir", "backtest_workers"}


def test_the_image_runs_as_nobody_and_stops_when_asked() -> None:
    user = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert user
    assert int(user[1]) >= 10001
    assert "STOPSIGNAL SIGTERM" in DOCKERFILE
    assert 'ENTRYPOINT ["trademesh"]' in DOCKERFILE


def test_the_image_and_its_settings_agree_on_place_and_port() -> None:
    settings = tomllib.loads((ROOT / "deploy/settings/container.toml").read_text())

    assert f"VOLUME {settings['data_dir']}\n" in DOCKERFILE
    assert f"EXPOSE {settings['port']}\n" in DOCKERFILE
    assert "TRADEMESH_SETTINGS=/etc/trademesh/container.toml" in DOCKERFILE


def test_only_locked_wheels_go_into_the_image() -> None:
    installs = re.findall(r"pip install (.*?)(?: \\|\n)", DOCKERFILE)

    assert installs
    assert "PIP_ONLY_BINARY=:all:" in DOCKERFILE
    for arguments in installs:
        assert "--require-hashes" in arguments or "--no-index --no-deps" in arguments


def test_what_the_image_copies_is_not_kept_from_it() -> None:
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    needed = {path.split("/")[0] for path in packages} | {"LICENSE", "README.md", "pyproject.toml"}

    assert needed <= set(allowed)
    assert {"requirements/*.lock", "deploy/settings"} <= set(allowed)
