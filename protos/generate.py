"""Writes everything that is made from the protos, or says what has drifted.

python protos/generate.py             write it (make protos)
python protos/generate.py --check     write nothing; exit 1 and name each file that differs
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = Path("protos/gen/python")
DESCRIPTORS = Path("gateway/descriptors.pb")
OPENAPI = Path("gateway/openapi.json")
PAGES = Path("docs/api")  # and docs/api.md, their index
# What the rules in the protos are declared in. Nobody ships it for this runtime, and a package
# named `buf` at the top would get in the way of others': it lives inside ours.
RULES = "buf"


def main(arguments: list[str]) -> int:
    match arguments:
        case []:
            write(ROOT)
            return 0
        case ["--check"]:
            return report(drift(ROOT))
    print(__doc__, file=sys.stderr)
    return 2


def write(root: Path) -> None:
    """Generate into `root`: the Python packages, the descriptors that Envoy reads, the documents.

    All or nothing for the packages: what no longer has a proto is gone afterwards.
    """
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        buf("generate", "--template", "protos/buf.gen.yaml", "-o", str(fresh))
        for stub in (fresh / PYTHON).rglob("*_pb2_grpc.pyi"):
            if not stub.with_suffix(".py").exists():  # a file without a service
                stub.unlink()
        bring_home(fresh / PYTHON)
        for package in sorted(path for path in (fresh / PYTHON).rglob("*") if path.is_dir()):
            (package / "__init__.py").touch()
        (fresh / PYTHON / "trademesh" / "py.typed").touch()
        shutil.rmtree(root / PYTHON, ignore_errors=True)
        shutil.copytree(fresh / PYTHON, root / PYTHON)
    (root / DESCRIPTORS).parent.mkdir(exist_ok=True)
    # The whole image, not only what the protos import: Envoy needs google.rpc.ErrorInfo to render
    # error details in JSON.
    image = str(root / DESCRIPTORS)
    buf("build", "--as-file-descriptor-set", "--exclude-source-info", "-o", f"{image}#format=binpb")
    write_documents(root)


def write_documents(root: Path) -> None:
    """The OpenAPI document and the pages of reference: what the comments and rules say."""
    from gateway.openapi.document import as_text, document
    from gateway.openapi.image import Image
    from gateway.openapi.reference import pages

    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "commented.binpb"
        buf("build", "-o", str(image))
        api = document(Image(image.read_bytes()))
    (root / OPENAPI).write_text(as_text(api), "utf-8")
    shutil.rmtree(root / PAGES, ignore_errors=True)
    for path, text in pages(api).items():
        page = root / PAGES.parent / path
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, "utf-8")


def bring_home(folder: Path) -> None:
    """Move the declarations of the rules into our package; who imports them looks there."""
    (folder / RULES).rename(folder / "trademesh" / RULES)
    for path in folder.rglob("*_pb2*.py*"):
        code = path.read_text()
        path.write_text(re.sub(rf"(?m)^(from|import) {RULES}\.", rf"\1 trademesh.{RULES}.", code))


def drift(root: Path) -> list[str]:
    """What a fresh generation would change in the checkout at `root`, one line a file."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        write(fresh)
        expected, found = contents(fresh), contents(root)
    return [
        f"{path}: {'missing' if path not in found else 'changed'}"
        for path, content in sorted(expected.items())
        if found.get(path) != content
    ] + [f"{path}: no proto behind it" for path in sorted(found.keys() - expected.keys())]


def contents(root: Path) -> dict[str, bytes]:
    files = [path for path in (root / PYTHON).rglob("*") if path.is_file()]
    files += [root / DESCRIPTORS, root / OPENAPI, root / f"{PAGES}.md"]
    files += (root / PAGES).glob("*.md")
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in files
        if path.exists() and "__pycache__" not in path.parts
    }


def report(differences: list[str]) -> int:
    if differences:
        print("Generated code differs from the protos:", *differences, sep="\n  ")
        print("try: make protos")
    return int(bool(differences))


def buf(*arguments: str) -> None:
    """Run the environment's buf at the root; its plugins come from the same environment."""
    tools = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([str(tools / "buf"), *arguments], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
