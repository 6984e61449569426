"""Landlock: the kernel's own list of what a process may do with files. Needs no privilege."""

import ctypes
import os
from collections.abc import Sequence

from adapters.worker_process.walls import kernel
from adapters.worker_process.walls.wall import Missing

_VERSION = 1  # a flag: which version is here?
_PATH_BENEATH = 1

# What there is to be allowed; a right in the line of a version came with it.
WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
REFER, TRUNCATE = 1 << 13, 1 << 14
_FILES = {1: (1 << 13) - 1, 2: REFER, 3: TRUNCATE, 5: 1 << 15}
_NETWORK = {4: 0b11}  # to bind and to connect, over TCP
_SCOPED = {6: 0b11}  # other processes' abstract sockets, signals to them

READ = READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
OF_FILES = READ_FILE | WRITE_FILE | TRUNCATE  # the rights that a file itself can have


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def restrict(rules: Sequence[tuple[str, int]]) -> None:
    """From here on this thread and those it starts may do with files only what the rules say.

    A rule is a path and the rights at and below it; one that is not there is left out. To run
    a program is allowed nowhere. Raises Missing where the kernel has no Landlock.
    """
    version = _version()
    files = _known(_FILES, version)
    ruleset = _Ruleset(files, _known(_NETWORK, version), _known(_SCOPED, version))
    size = 8 if version < 4 else 16 if version < 6 else 24
    handle = kernel.syscall(
        kernel.LANDLOCK_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), 0
    )
    try:
        for path, rights in rules:
            _allow(handle, path, rights & files)
        kernel.syscall(kernel.LANDLOCK_RESTRICT_SELF, handle, 0)
    finally:
        os.close(handle)


def _version() -> int:
    kernel.processor()
    try:
        return kernel.syscall(kernel.LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    except OSError as error:
        raise Missing(f"the kernel has no Landlock: {error.strerror}") from error


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there, or not for us: then nobody can read it through us either
        return
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - a worker starts without pathlib's detours
            rights &= OF_FILES
        rule = _Beneath(rights, handle)
        kernel.syscall(kernel.LANDLOCK_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(handle)


def _known(rights: dict[int, int], version: int) -> int:
    return sum(bits for since, bits in rights.items() if since <= version)
