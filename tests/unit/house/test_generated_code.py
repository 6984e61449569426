"""What is generated from the protos is what is committed, and a difference is named."""

import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def drift() -> Callable[[Path], list[str]]:
    return runpy.run_path(str(ROOT / "protos/generate.py"))["drift"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of everything generated."""
    shutil.copytree(
        ROOT / "protos/gen", tmp_path / "protos/gen", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "gateway").mkdir()
    shutil.copy(ROOT / "gateway/descriptors.pb", tmp_path / "gateway")
    shutil.copy(ROOT / "gateway/openapi.json", tmp_path / "gateway")
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    return tmp_path


def test_each_kind_of_drift_is_named_and_nothing_else(
    drift: Callable[[Path], list[str]], checkout: Path
) -> None:
    package = checkout / "protos/gen/python/trademesh/orders/v1"
    with (package / "order_pb2.py").open("a") as file:
        file.write("# edited by hand\n")
    (package / "order_service_pb2_grpc.py").unlink()
    (package / "left_over_pb2.py").touch()
    (checkout / "gateway/openapi.json").write_text("{}")
    (checkout / "docs/api/orders.md").unlink()
    (checkout / "docs/api/left-over.md").touch()

    folder = "protos/gen/python/trademesh/orders/v1"
    assert drift(checkout) == [
        "docs/api/orders.md: missing",
        "gateway/openapi.json: changed",
        f"{folder}/order_pb2.py: changed",
        f"{folder}/order_service_pb2_grpc.py: missing",
        "docs/api/left-over.md: no proto behind it",
        f"{folder}/left_over_pb2.py: no proto behind it",
    ]
