"""A bundle for whoever helps: findings, versions, settings and the last log lines; no secrets."""

import json
import os
import platform
import sys
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from apps.cli.checks.finding import Finding
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure

Json = dict[str, Any]

LAST_LINES = 2000
LAST_BYTES = 2 * 1024 * 1024
LOGS = ("trademesh.log", "envoy.log", "access.log")


def write_bundle(
    file: Path, findings: Sequence[Finding], settings: Sequence[Json], folder: Path | None
) -> None:
    """Writes the zip, whole and for its owner alone. Raises Failure where it cannot.

    `folder` is the data folder, None where nobody knows it.
    """
    if file.exists():
        raise Failure(
            ExitCode.CONFLICT,
            f"{file} is there already",
            reason="FILE_EXISTS",
            hint="another name",
        )
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        handle = os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_RDWR | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w+b") as whole, zipfile.ZipFile(whole, "w") as archive:
            for name, text in _contents(findings, settings, folder):
                archive.writestr(name, text, zipfile.ZIP_DEFLATED)
        unfinished.replace(file)
    except OSError as error:
        raise Failure(
            ExitCode.NOT_ALLOWED_NOW,
            f"{file} cannot be written: {error.strerror}",
            reason="FILE_UNWRITABLE",
            hint="--bundle with a place that you may write to",
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _contents(
    findings: Sequence[Finding], settings: Sequence[Json], folder: Path | None
) -> Iterator[tuple[str, str]]:
    told = [{name: getattr(each, name) for name in each.__struct_fields__} for each in findings]
    yield "findings.json", _json(told)
    yield "settings.json", _json([_redacted(each) for each in settings])
    yield "versions.json", _json(_versions())
    if folder is None:
        return
    yield "files.json", _json(list(_files(folder)))
    for name in LOGS:
        log = folder / "logs" / name
        if log.exists():
            yield f"logs/{name}", _tail(log)


def _redacted(setting: Json) -> Json:
    from apps.logs import redact

    name = setting["name"]
    return setting | {"value": redact(None, "", {name: setting["value"]})[name]}


def _versions() -> Json:
    packages = {each.name: each.version for each in distributions()}
    return {
        "python": sys.version,
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "packages": dict(sorted(packages.items())),
    }


def _files(folder: Path) -> Iterator[Json]:
    """Names and sizes, no content."""
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        if path.is_file():
            yield {"path": str(path.relative_to(folder)), "size": path.stat().st_size}


def _tail(log: Path) -> str:
    """The last lines, without tokens: none should be there, and none leaves from here."""
    from apps.logs import HIDDEN, TOKEN

    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LAST_BYTES))
        text = file.read().decode("utf-8", "replace")
    return TOKEN.sub(HIDDEN, "\n".join(text.splitlines()[-LAST_LINES:]) + "\n")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
