"""Bounds that every Unix keeps for a process."""

import resource
import threading

from adapters.worker_process.walls.wall import Missing

OPEN_FILES = 256
TASKS = 512  # threads of one worker, of which libraries make one a core
TASKS_OF_ALL = 4096  # of a user whom all workers share


def set_limits(memory: int) -> None:
    """Address space, files and dumps. Raises Missing when the system knows one of them not."""
    limits = {
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": OPEN_FILES,
        "RLIMIT_AS": memory,
        "RLIMIT_FSIZE": memory,
        "RLIMIT_MSGQUEUE": 0,
    }
    unknown = [name for name, most in limits.items() if not _set(name, most)]
    if unknown:
        raise Missing(f"this system bounds no {', '.join(unknown)}")


def limit_threads(tasks: int) -> None:
    """So many tasks of this user in this namespace.

    Of use only where the user or the namespace is the worker's own: elsewhere the kernel counts
    whatever the platform's user runs. Raises Missing.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    most = tasks if hard == resource.RLIM_INFINITY else min(tasks, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (most, hard))
    try:
        probe = threading.Thread(target=int)
        probe.start()
        probe.join()
    except RuntimeError:  # an older kernel counts all that this user runs
        resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))
        raise Missing("the kernel counts every process of the user together") from None
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _set(name: str, most: int) -> bool:
    what = getattr(resource, name, None)
    if what is None:
        return False
    _, hard = resource.getrlimit(what)
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    try:
        resource.setrlimit(what, (bound, bound))
    except (ValueError, OSError):
        return False
    return True
