"""What a worker must be able to read: the interpreter, the libraries, the house."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import adapters

# Where a system keeps libraries, time zones and certificates; what is not there is left out.
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache", "/etc/localtime", "/nix/store")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
# Where libraries look for the size of the machine. DuckDB ends the process when it finds one of
# these and may not read it.
MACHINE = (
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/self",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
)
HOUSE = ("domain", "ports", "adapters", "apps", "gateway")

_ROOT = Path(adapters.__file__).resolve().parents[1]


def readable() -> tuple[str, ...]:
    """Files and folders that every worker reads, as they are spelled and as they are."""
    found: dict[str, None] = {}
    for path in (*SYSTEM, sys.prefix, sys.base_prefix, *_imported()):
        for spelled in (os.path.abspath(path), os.path.realpath(path)):  # noqa: PTH100
            if os.path.lexists(spelled):
                found[spelled] = None
    return outermost(found)


def listed() -> tuple[str, ...]:
    """Folders whose names alone are read: to import is to look through them."""
    return tuple(path for path in sys.path if Path(path).is_dir())


def outermost(paths: "Sequence[str] | dict[str, None]") -> tuple[str, ...]:
    """Without those that lie below another of them."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(path.startswith(f"{above.rstrip('/')}/") for above in kept):
            kept.append(path)
    return tuple(kept)


def closed_to(user: int, paths: Sequence[str]) -> str:
    """The first file or folder on the way to these that the user may not read; empty for none."""
    for path in paths:
        real = Path(path).resolve()
        if not real.exists():
            continue
        for above in reversed(real.parents):
            if not _may(user, above, 0o1):
                return str(above)
        if not _may(user, real, 0o5 if real.is_dir() else 0o4):
            return str(real)
    return ""


def _imported() -> Iterator[str]:
    """Of the folder that holds the house its packages alone: more may lie in it."""
    for path in sys.path:
        if Path(path).resolve() == _ROOT and not path.endswith("site-packages"):
            yield from (f"{path}/{name}" for name in HOUSE)
        elif path:
            yield path


def _may(user: int, path: Path, bits: int) -> bool:
    status = path.stat()
    shift = 6 if status.st_uid == user else 3 if status.st_gid == user else 0
    return (status.st_mode >> shift) & bits == bits
