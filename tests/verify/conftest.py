"""A stranger's machine: a fresh clone with Python, make and the package registries alone."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stranger") / "trademesh"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    return folder


@pytest.fixture
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """No uv, nothing downloaded before, and a data folder and a port of its own."""
    own = tmp_path_factory.mktemp("own")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    path = os.pathsep.join(
        folder
        for folder in os.environ["PATH"].split(os.pathsep)
        if not (Path(folder) / "uv").exists() and not folder.startswith(str(ROOT))
    )
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ARGS", "MAKE", "TRADEMESH_", "VIRTUAL_ENV"))
    }
    return kept | {
        "PATH": path,
        "UV_CACHE_DIR": str(own / "uv-cache"),
        "TRADEMESH_DATA_DIR": str(own / "data"),
        "TRADEMESH_PORT": str(port),
    }
