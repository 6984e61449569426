"""Namespaces of one's own, and a tree in which nothing is but what a worker reads and writes."""

import ctypes
import errno
import os
from collections.abc import Sequence
from pathlib import Path

from adapters.worker_process.walls import kernel
from adapters.worker_process.walls.reach import DEVICES, outermost
from adapters.worker_process.walls.wall import Missing

_USER, _MOUNTS, _NAMES, _QUEUES, _NETWORK = 1 << 28, 1 << 17, 1 << 26, 1 << 27, 1 << 30
_BIND, _RECURSIVE, _PRIVATE = 1 << 12, 1 << 14, 1 << 18
_NO_SUID, _NO_DEVICES = 1 << 1, 1 << 2
_READ_ONLY_ATTRIBUTES = 0b0011  # read-only, no set-user-id
_AT_RECURSIVE = 0x8000
_PLACES = ("/sys", "/mnt", "/media")  # folders of every system, below which nobody reads here


class _Attributes(ctypes.Structure):
    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("user_namespace", ctypes.c_uint64),
    )


def leave_namespaces() -> None:
    """Own mounts, names and queues, and a network with nothing in it. Raises Missing.

    A plain user may do so in a user namespace, where the system allows those.
    """
    try:
        if os.geteuid() == 0:
            kernel.unshare(_MOUNTS | _NAMES | _QUEUES | _NETWORK)
        else:
            _leave_as_plain_user()
    except OSError as error:
        raise Missing(f"the system allows none: {error.strerror}") from error


def _leave_as_plain_user() -> None:
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(_USER | _MOUNTS | _NAMES | _QUEUES | _NETWORK)
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text(f"{user} {user} 1")
    (own / "gid_map").write_text(f"{group} {group} 1")


def move_into(reads: Sequence[str], writes: Sequence[str]) -> None:
    """Makes the tree and moves into it: there is no way back. Raises Missing."""
    try:
        kernel.mount("", Path("/"), None, _PRIVATE | _RECURSIVE)
        place = next((path for path in map(Path, _PLACES) if path.is_dir()), None)
        if place is None:
            raise Missing("there is no folder to build it in")
        kernel.mount("tmpfs", place, "tmpfs", _NO_SUID | _NO_DEVICES, "mode=755,size=1m")
    except OSError as error:
        raise Missing(f"nothing can be mounted: {error.strerror}") from error
    try:
        for source in outermost(tuple(reads)):
            _furnish(source, place, read_only=True)
        for device in DEVICES:
            _furnish(device, place, read_only=False)
        for folder in outermost(tuple(writes)):
            _furnish(folder, place, read_only=False)
        _turn(place)
    except (OSError, Missing) as error:
        kernel.detach(str(place))
        if isinstance(error, Missing):
            raise
        raise Missing(f"it cannot be furnished: {error.strerror} {error.filename or ''}") from error


def _furnish(source: str, place: Path, *, read_only: bool) -> None:
    """The same file or folder under the same name in the new tree; what is not there is not."""
    if not os.path.lexists(source):
        return
    target = place / source.lstrip("/")
    if read_only and Path(source).is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(Path(source).readlink())
        return
    if Path(source).is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    kernel.mount(source, target, None, _BIND | _RECURSIVE)
    if read_only:
        _close(target)


def _close(target: Path, *, below: bool = True) -> None:
    attributes = _Attributes(_READ_ONLY_ATTRIBUTES, 0, 0, 0)
    try:
        kernel.syscall(
            kernel.MOUNT_SETATTR,
            -100,
            os.fsencode(target),
            _AT_RECURSIVE if below else 0,
            ctypes.byref(attributes),
            ctypes.c_size_t(ctypes.sizeof(attributes)),
        )
    except OSError as error:
        if error.errno == errno.ENOSYS:
            raise Missing("the kernel is older than 5.12") from error
        raise


def _turn(place: Path) -> None:
    os.chdir(place)
    here = ctypes.c_char_p(b".")
    kernel.syscall(kernel.PIVOT_ROOT[kernel.processor()], here, here)
    kernel.detach(".")  # the old tree, which now lies on top of the new one
    os.chdir("/")
    _close(Path("/"), below=False)
