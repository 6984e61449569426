"""A wall and what became of it."""

from msgspec import Struct

GIB = 1024**3
USER_ID = 60_742  # of a range that systems give to nobody

# Every wall by name, in the order they are built. Clients read the names: none is renamed.
LIMITS = "limits"  # memory, size of a file, open files, core dumps
THREADS = "threads"  # so many threads and no more
NAMESPACES = "namespaces"  # no network, no one else's queues, mounts of its own
TREE = "tree"  # of all files only the interpreter and the house are there, read-only
USER = "user"  # a user who owns nothing; only where the platform is root
PRIVILEGES = "privileges"  # no capability, and no way to gain one
LANDLOCK = "landlock"  # files are read where they are allowed, written where they are
SECCOMP = "seccomp"  # system calls beyond those that computing needs are refused
MEMORY_GROUP = "memory group"  # memory, as the kernel counts it
TASKS_GROUP = "tasks group"  # processes and threads, as the kernel counts them


class Missing(Exception):
    """This wall cannot be built here. The message says why, in a few words."""


class Walls(Struct, frozen=True):
    """Which walls stand around a worker, and why others do not."""

    standing: tuple[str, ...] = ()
    missing: dict[str, str] = {}

    def and_also(self, other: "Walls") -> "Walls":
        """These and the others."""
        return Walls(self.standing + other.standing, self.missing | other.missing)


class Plan(Struct, frozen=True):
    """What a worker keeps for itself."""

    memory: int
    """Bytes of address space, and of the largest file it may write."""
    user: int
    """The id of the user to become where the platform is root; 0 to stay who it is."""
    reads: tuple[str, ...] = ()
    """Files and folders beside the house's own that it reads."""
    writes: tuple[str, ...] = ()
    """Folders that it writes into."""
    lists: tuple[str, ...] = ()
    """Folders of which it reads the names alone."""
    tree: bool = True
    """Whether it does with a tree of its own, in which nothing else is there."""
