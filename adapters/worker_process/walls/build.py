"""Builds a worker's walls, each by trying; which stand is found out here and nowhere else."""

import os
from collections.abc import Callable

from adapters.worker_process.walls import landlock, privileges, reach, seccomp, tree
from adapters.worker_process.walls.limits import TASKS, TASKS_OF_ALL, limit_threads, set_limits
from adapters.worker_process.walls.wall import (
    LANDLOCK,
    LIMITS,
    NAMESPACES,
    PRIVILEGES,
    SECCOMP,
    THREADS,
    TREE,
    USER,
    Missing,
    Plan,
    Walls,
)


def build(plan: Plan, parent: int) -> Walls:
    """Builds what can be built, and returns what stands. Call it while there is one thread.

    No wall that cannot be built keeps another from being built, or the worker from working.
    """
    os.umask(0o022)  # the platform's own would keep the strategy's user out of the tree made for it
    reads = reach.outermost((*reach.readable(), *plan.reads))
    builder = _Builder()
    builder.build(LIMITS, lambda: set_limits(plan.memory))
    if plan.tree and builder.build(NAMESPACES, tree.leave_namespaces):
        builder.build(TREE, lambda: tree.move_into(reads, plan.writes))
    elif not plan.tree:
        builder.leave_out(NAMESPACES, TREE, why="what this worker reads lies anywhere")
    else:
        builder.leave_out(TREE, why="it needs namespaces")
    privileges.forget_capabilities()
    builder.build(USER, lambda: privileges.become(plan, reads))
    if USER in builder.standing:
        builder.build(THREADS, lambda: limit_threads(TASKS_OF_ALL))
    elif NAMESPACES in builder.standing and os.geteuid():
        builder.build(THREADS, lambda: limit_threads(TASKS))
    else:
        builder.leave_out(THREADS, why="the platform's own processes would count")
    builder.build(PRIVILEGES, privileges.give_up_privileges)
    privileges.die_with(parent)  # to become another user has undone it
    builder.build(LANDLOCK, lambda: landlock.restrict(_rules(plan, reads)))
    builder.build(SECCOMP, seccomp.refuse_system_calls)
    return Walls(tuple(builder.standing), builder.missing)


class _Builder:
    """Tries, and keeps a list."""

    def __init__(self) -> None:
        self.standing: list[str] = []
        self.missing: dict[str, str] = {}

    def build(self, name: str, how: Callable[[], None]) -> bool:
        try:
            how()
        except Missing as missing:
            self.missing[name] = str(missing)
        except OSError as error:
            self.missing[name] = error.strerror or str(error)
        else:
            self.standing.append(name)
        return name in self.standing

    def leave_out(self, *names: str, why: str) -> None:
        self.missing |= dict.fromkeys(names, why)


def _rules(plan: Plan, reads: tuple[str, ...]) -> list[tuple[str, int]]:
    return [
        *((path, landlock.READ) for path in (*reads, *reach.MACHINE)),
        *((path, landlock.READ_DIR) for path in (*reach.listed(), *plan.lists)),
        *((path, landlock.READ_FILE | landlock.WRITE_FILE) for path in reach.DEVICES),
        *((path, landlock.WRITE) for path in plan.writes),
    ]
