"""Who a worker is, and what it may do by that."""

import ctypes
import os
import signal
import sys

from adapters.worker_process.walls import kernel
from adapters.worker_process.walls.reach import closed_to
from adapters.worker_process.walls.wall import Missing, Plan

CAPABILITIES = range(64)  # more than any kernel has
_KILL = 5
_VERSION = 0x20080522


def become(plan: Plan, reads: tuple[str, ...]) -> None:
    """Becomes a user who owns nothing but what it writes into. Raises Missing.

    What it reads must be open to others: under a folder that only root may enter nothing is, and
    then the worker stays root rather than fail at its first import.
    """
    if os.geteuid() != 0:
        raise Missing("the platform is not root: its workers run as its own user")
    if not plan.user:
        raise Missing("what this worker reads is root's")
    if not hasattr(os, "setresuid"):
        raise Missing(f"not on {sys.platform}")
    if not kernel.capabilities(_VERSION) & 1 << _KILL:
        raise Missing("the platform could not end it then: it has not the capability")
    above = tuple(os.path.dirname(folder) for folder in plan.writes)  # noqa: PTH120
    if closed := closed_to(plan.user, (*reads, *above)):
        raise Missing(f"only root may read {closed}")
    os.setgroups([])
    try:
        for folder in plan.writes:
            os.chown(folder, plan.user, plan.user)
        os.setresgid(plan.user, plan.user, plan.user)
        os.setresuid(plan.user, plan.user, plan.user)
    except OSError:  # then it stays root, and without a capability what it writes must be root's
        for folder in plan.writes:
            os.chown(folder, 0, 0)
        raise


def forget_capabilities() -> None:
    """What root may give away, it gives away before it is somebody else."""
    if os.geteuid() != 0:
        return
    for capability in CAPABILITIES:
        try:
            kernel.prctl(kernel.CAPBSET_DROP, capability)
        except (OSError, Missing):  # beyond the last one, not ours to drop, or no such thing
            return


def give_up_privileges() -> None:
    """No capability is left, none can be gained, and no other process of the user looks in."""
    kernel.prctl(kernel.SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.SET_DUMPABLE, 0)
    kernel.capset((ctypes.c_uint32 * 2)(_VERSION, 0), (ctypes.c_uint32 * 6)())


def die_with(parent: int) -> None:
    """End when the host ends, however it ends; elsewhere than on Linux the closed pipe tells."""
    if sys.platform == "linux":
        kernel.prctl(kernel.SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
