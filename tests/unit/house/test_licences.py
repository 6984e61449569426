"""Whatever others made carries its notice, and nothing at run time is under a copyleft licence."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
VENDORED = ROOT / "protos/third_party"
PERMISSIVE = {
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0",
    "PSF-2.0", "Zlib",
}  # fmt: skip
LOCKED = re.findall(r"^([\w.-]+)==", (ROOT / "requirements/run.lock").read_text(), re.MULTILINE)
INSTALLED = {about.name.lower().replace("_", "-") for about in metadata.distributions()}


def test_we_are_under_the_licence_that_we_ship() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    licence = (ROOT / "LICENSE").read_text()

    assert project["license"] == "Apache-2.0"
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert all((ROOT / path).is_file() for path in project["license-files"])


def test_every_vendored_proto_keeps_its_own_licence_header() -> None:
    protos = sorted(VENDORED.rglob("*.proto"))

    assert protos
    for proto in protos:
        header = proto.read_text()[:800]
        assert re.search(r"Copyright [\d-]+ (Google LLC|Buf Technologies, Inc)", header), proto
        assert "Apache License, Version 2.0" in header, proto


def test_the_vendored_protos_come_with_licence_and_origin() -> None:
    assert "Apache License" in (VENDORED / "LICENSE").read_text()
    notice = (VENDORED / "NOTICE").read_text()
    assert "googleapis" in notice
    assert "bufbuild/protovalidate" in notice


def test_the_api_browser_comes_with_licence_notice_and_version() -> None:
    folder = ROOT / "gateway/docs_ui"

    assert "Apache License" in (folder / "LICENSE").read_text()
    notice = (folder / "NOTICE").read_text()
    assert "SmartBear" in notice
    version = re.search(r"swagger-ui-dist (\d+\.\d+\.\d+)", notice)
    assert version is not None
    assert f'"{version[1]}"' in (folder / "swagger-ui-bundle.js").read_text("utf-8")


def test_sample_data_says_where_it_comes_from_and_on_what_terms() -> None:
    notice = (ROOT / "adapters/sample_data/NOTICE").read_text()

    assert "Quandl WIKI Prices" in notice
    assert "Public Domain" in notice


@pytest.mark.parametrize("package", sorted(INSTALLED.intersection(LOCKED)))
def test_a_runtime_dependency_is_permissive(package: str) -> None:
    about = metadata.metadata(package)

    assert licences(about) & PERMISSIVE, about["Name"]
    assert not any("GPL" in licence for licence in licences(about)), about["Name"]


def licences(about: metadata.PackageMetadata) -> set[str]:
    """The SPDX words of an expression, a licence field or classifiers, whichever is there."""
    stated = about.get("License-Expression") or about.get("License") or ""
    if not about.get("License-Expression"):
        stated += " " + " ".join(about.get_all("Classifier") or [])
    words = set(re.findall(r"[A-Z][\w.-]*|0BSD", stated))
    return {word.rstrip(".") for word in words}
