"""The committed baseline guards the API: what clients rely on cannot change unnoticed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def protos(tmp_path: Path) -> Path:
    """A copy of the protos that a test may change."""
    shutil.copytree(
        ROOT / "protos", tmp_path / "protos", ignore=shutil.ignore_patterns("gen", "__pycache__")
    )
    shutil.copy(ROOT / "buf.yaml", tmp_path)
    return tmp_path


def buf(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("buf")
    return subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def breaking(protos: Path) -> str:
    """What buf says against the baseline, exactly as `make lint` asks."""
    built = buf(protos, "build", "--exclude-source-info", "-o", "api.binpb")
    assert built.returncode == 0, built.stderr
    return buf(protos, "breaking", "api.binpb", "--against", "protos/baseline.binpb").stdout


def change(protos: Path, file: str, old: str, new: str) -> None:
    path = protos / "protos/trademesh" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_todays_api_breaks_nothing(protos: Path) -> None:
    assert breaking(protos) == ""


def test_a_new_field_breaks_nothing(protos: Path) -> None:
    change(
        protos, "market_data/v1/bar.proto", "double open = 3", "double mid = 99;\n  double open = 3"
    )
    assert breaking(protos) == ""


def test_a_renamed_field_breaks_json(protos: Path) -> None:
    change(protos, "market_data/v1/bar.proto", "double open = 3", "double opening = 3")
    assert "opening" in breaking(protos)


def test_a_field_without_a_comment_fails_the_lint(protos: Path) -> None:
    change(protos, "market_data/v1/bar.proto", "// First price.\n", "")
    linted = buf(protos, "lint")
    assert linted.returncode != 0
    assert 'Field "open" should have a non-empty comment' in linted.stdout
