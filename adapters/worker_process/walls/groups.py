"""Control groups: memory and tasks of a worker as the kernel counts them. The host's side.

A group is a folder, made for one worker and removed after it. Both versions of the interface serve,
wherever a folder can be made that has the files of the controller.
"""

import contextlib
import os
import secrets
import signal
from collections.abc import Callable
from pathlib import Path

from adapters.worker_process.walls.limits import TASKS
from adapters.worker_process.walls.wall import MEMORY_GROUP, TASKS_GROUP, Walls

ROOT = Path("/sys/fs/cgroup")
PREFIX = "trademesh-"
_MOST_FAILED = "cannot be made or joined"

# Of a controller: its name, the files that bound it in the old and in the new version.
_MEMORY = ("memory", "memory.limit_in_bytes", "memory.max")
_TASKS = ("pids", "pids.max", "pids.max")
Controller = tuple[str, str, str]


class Groups:
    """Makes groups for the workers of this process. `root` is where the system shows them."""

    def __init__(self, root: Path = ROOT, own: Callable[[], str] | None = None) -> None:
        self._root = root
        self._own = own or Path("/proc/self/cgroup").read_text
        self._swept = False

    def enclose(self, pid: int, memory: int) -> "Group":
        """Puts the process into groups of its own, as far as the system lets us. Blocks shortly."""
        try:
            found = places(self._root, self._own())
        except OSError:  # no such thing here
            found = {}
        if not self._swept:
            self._swept = True
            _sweep({place for some in found.values() for place in some})
        # Never a name that was taken before: what dies in an old group counts until it is gone.
        name = f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
        folders: dict[str, Path] = {}
        for wall, controller, most in (
            (MEMORY_GROUP, _MEMORY, memory),
            (TASKS_GROUP, _TASKS, TASKS),
        ):
            for place in found.get(controller[0], ()):
                if _made(place / name, controller, most, pid):
                    folders[wall] = place / name
                    break
        return Group(folders)


class Group:
    """The groups of one worker: `folders` by the name of the wall."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self._folders = folders
        missing = {MEMORY_GROUP, TASKS_GROUP} - folders.keys()
        self.walls = Walls(tuple(folders), dict.fromkeys(sorted(missing), _MOST_FAILED))

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel has ended something in it for its memory."""
        folder = self._folders.get(MEMORY_GROUP)
        if folder is None:
            return False
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError):
                for line in (folder / name).read_text().splitlines():
                    key, _, count = line.partition(" ")
                    if key == "oom_kill" and count != "0":
                        return True
        return False

    def end(self) -> None:
        """Ends whatever is still in it, and removes it. Blocks shortly."""
        for folder in set(self._folders.values()):
            with contextlib.suppress(OSError):
                _kill_all(folder)
            with contextlib.suppress(OSError):  # what is dying holds it a moment: swept later
                folder.rmdir()


def places(root: Path, own: str) -> dict[str, list[Path]]:
    """For each controller the folders in which groups might be made, ours first."""
    found: dict[str, list[Path]] = {}
    for line in own.splitlines():
        number, _, rest = line.partition(":")
        names, separator, path = rest.partition(":")
        if not separator or not number.isdigit():
            continue
        for name in names.split(",") if names else ("memory", "pids"):
            base = root / name if names else root
            inside = base / path.lstrip("/")
            above = (place for place in (inside, *inside.parents) if place.is_relative_to(base))
            found.setdefault(name, []).extend(above)
    return found


def _made(folder: Path, controller: Controller, most: int, pid: int) -> bool:
    """Whether the process is in a group there that is bounded."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return False
    try:
        if not any((folder / name).exists() for name in controller[1:]):
            # In a part of the tree that was given to us nobody may have asked for it yet.
            with contextlib.suppress(OSError):
                asking = folder.parent / "cgroup.subtree_control"
                with asking.open("r+") as file:  # one that is there, and not a file of ours
                    file.write(f"+{controller[0]}")
        # A folder that the kernel has not filled is no group, however readily it is made.
        bound = next(path for name in controller[1:] if (path := folder / name).exists())
        bound.write_text(f"{most}")
        (folder / "cgroup.procs").write_text(f"{pid}")
    except (StopIteration, OSError):
        with contextlib.suppress(OSError):
            folder.rmdir()
        return False
    return True


def _kill_all(folder: Path) -> None:
    for line in (folder / "cgroup.procs").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(line), signal.SIGKILL)


def _sweep(where: set[Path]) -> None:
    """Removes what platforms that were killed have left; what is in use cannot be removed."""
    for place in where:
        for folder in place.glob(f"{PREFIX}*"):
            host = folder.name.removeprefix(PREFIX).partition("-")[0]
            if not Path(f"/proc/{host}").exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()
