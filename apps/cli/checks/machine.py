"""This machine: Python, the edge's program, the clock, the port."""

import os
import platform
import socket
import subprocess
import sys
import tomllib
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from apps.cli.checks.finding import Finding, note, ok, problem
from apps.platform.running import Running
from apps.settings import Settings

OLDEST_PYTHON = (3, 11)
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)  # no right clock shows a time before it
LARGEST_SKEW = 30.0  # seconds between two clocks before tokens are refused
SECONDS = 3.0


def check_python() -> Iterator[Finding]:
    """New enough, and the same for our worker processes."""
    words = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info < OLDEST_PYTHON:
        yield problem("python", words, "install Python 3.11 or newer, then make run")
    else:
        yield ok("python", words)


def check_envoy() -> Iterator[Finding]:
    """The program is there and runs on this machine."""
    from apps.containers.maintenance import envoy_binary

    mend = "install the environment anew: rm -r .venv, then make run"
    try:
        binary = envoy_binary()
        told = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, ImportError, subprocess.SubprocessError) as error:
        yield problem("envoy", f"does not run: {error}", mend)
        return
    version = told.stdout.strip().rpartition("version: ")[2].split("/")
    yield ok("envoy", f"{version[1] if len(version) > 1 else told.stdout.strip()} at {binary}")


def check_clock(address: str) -> Iterator[Finding]:
    """Ours can be right, knows the time zones, and is that of the platform."""
    now = datetime.now(UTC)
    if now < RELEASED:
        yield problem("clock", f"it says {now:%Y-%m-%d %H:%M} UTC", "set the clock of this machine")
        return
    try:
        zoneinfo.ZoneInfo("America/New_York")
    except zoneinfo.ZoneInfoNotFoundError:
        yield problem("clock", "no time zones are known", "install the package tzdata")
        return
    theirs = _time_at(address)
    skew = abs((theirs - datetime.now(UTC)).total_seconds()) if theirs else 0.0
    if skew > LARGEST_SKEW:
        words = f"it differs from the platform's by {skew:.0f} seconds: tokens will be refused"
        yield problem("clock", words, "set both clocks by a time server")
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M} UTC" + (", as the platform's" if theirs else ""))


def check_port(settings: Settings, running: Running | None) -> Iterator[Finding]:
    """Free, or ours already."""
    place = f"{settings.host}:{settings.port}"
    if running and running.address.endswith(f":{settings.port}"):
        yield ok("port", f"{place} is the platform's")
        return
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            probe.listen()
        except OSError as error:
            mend = f"end what listens there, or: trademesh config set port {settings.port + 1}"
            yield problem("port", f"{place}: {error.strerror}", mend)
        else:
            yield ok("port", f"{place} is free")


def check_settings_file() -> Iterator[Finding]:
    """What it says can be, and somebody reads it."""
    from apps.settings_file import settings_file

    file = settings_file()
    if not file.exists():
        if "TRADEMESH_SETTINGS" in os.environ:
            mend = "make that file, or take TRADEMESH_SETTINGS out of the environment"
            yield problem("settings", f"{file} is not there", mend)
        else:
            yield ok("settings", "defaults and environment; there is no settings file")
        return
    try:
        names = list(tomllib.loads(file.read_text("utf-8")))
    except (OSError, ValueError) as error:
        yield problem("settings", f"{file}: {error}", f"mend or remove {file}")
        return
    wrong = _wrong_settings()
    if wrong:
        yield problem("settings", wrong, "trademesh config list, then config set or unset")
    else:
        yield ok("settings", f"{file} sets {', '.join(names) or 'nothing'}")


def check_variables() -> Iterator[Finding]:
    """A variable that nobody reads was probably meant to be another."""
    from apps.cli.hints import nearest

    known = {f"TRADEMESH_{name.upper()}" for name in Settings.model_fields}
    known |= {"TRADEMESH_ADDRESS", "TRADEMESH_TOKEN", "TRADEMESH_TOKEN_FILE", "TRADEMESH_SETTINGS"}
    for name in sorted(os.environ):
        if name.startswith("TRADEMESH_") and name not in known:
            near = nearest(name, known)
            words = f"nobody reads {name}" + (f"; {near} was meant?" if near else "")
            yield note("environment", words, f"unset {name}")


def space_words(folder: Path) -> tuple[int, str]:
    """Bytes free where the folder is or would be, and the same in words."""
    place = folder
    while not place.exists():
        place = place.parent
    status = os.statvfs(place)
    free = status.f_bavail * status.f_frsize
    return free, f"{free / 1024**3:.1f} GiB free"


def _wrong_settings() -> str:
    from pydantic import ValidationError

    try:
        Settings()
    except ValidationError as error:
        return "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
    return ""


def _time_at(address: str) -> datetime | None:
    """What the edge says the time is; None where nobody does."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    if "//" in host or not port.isdigit():
        return None
    connection = HTTPConnection(host.strip("[]"), int(port), timeout=SECONDS)
    try:
        connection.request("GET", "/openapi.json")
        date = connection.getresponse().getheader("date")
        return parsedate_to_datetime(date) if date else None
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
