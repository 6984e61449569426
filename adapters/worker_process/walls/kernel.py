"""Calls that Python has no function for. Each raises OSError as the functions of `os` do."""

import ctypes
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from adapters.worker_process.walls.wall import Missing

# The same numbers on every processor that we know.
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
SECCOMP = {"x86_64": 317, "aarch64": 277}
MOUNT_SETATTR = 442
LANDLOCK_CREATE_RULESET = 444
LANDLOCK_ADD_RULE = 445
LANDLOCK_RESTRICT_SELF = 446

SET_PDEATHSIG = 1
SET_DUMPABLE = 4
SET_SECCOMP = 22
CAPBSET_DROP = 24
SET_NO_NEW_PRIVS = 38


@cache
def libc() -> Any:
    """The C library. Raises Missing elsewhere than on Linux."""
    if sys.platform != "linux":
        raise Missing(f"{sys.platform} has no such thing")
    return ctypes.CDLL(None, use_errno=True)


def processor() -> str:
    """The name of the processor. Raises Missing for one whose calls we do not know."""
    name = os.uname().machine
    if name not in SECCOMP or sys.maxsize < 2**32:
        raise Missing(f"not known on {name}")
    return name


def syscall(number: int, *arguments: object) -> int:
    """Any system call: its result."""
    return _checked(libc().syscall(number, *map(_wide, arguments)))


def prctl(option: int, value: int = 0) -> None:
    """prctl(2) with one argument."""
    _checked(libc().prctl(option, _wide(value), _wide(0), _wide(0), _wide(0)))


def capabilities(version: int) -> int:
    """The first 32 that this thread has in effect, a bit for each."""
    sets = (ctypes.c_uint32 * 6)()
    _checked(libc().capget((ctypes.c_uint32 * 2)(version, 0), sets))
    return sets[0]


def capset(header: object, sets: object) -> None:
    """capset(2): the capabilities of this thread."""
    _checked(libc().capset(header, sets))


def unshare(flags: int) -> None:
    """Leaves these namespaces for new ones."""
    _checked(libc().unshare(flags))


def mount(source: str, target: Path, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2)."""
    texts = [None if text is None else text.encode() for text in (source, kind, data)]
    _checked(libc().mount(texts[0], os.fsencode(target), texts[1], _wide(flags), texts[2]))


def detach(target: str) -> None:
    """umount2(2): gone from the tree at once, given back when nobody uses it any more."""
    _checked(libc().umount2(target.encode(), 2))


def _wide(value: object) -> object:
    """A number as all 64 bits of it: what is passed as an int is cut to 32."""
    return ctypes.c_long(value) if isinstance(value, int) else value


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
