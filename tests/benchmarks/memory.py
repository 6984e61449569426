"""The most memory this process has held. Standard library only: peers import it too."""

import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_mb() -> int:
    """Megabytes at the peak, of this program alone.

    On Linux `ru_maxrss` begins at what the parent held when it started us; VmHWM does not.
    """
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)


def held_mb(pid: int) -> list[int]:
    """Megabytes that a process and each of its children hold now, shared pages in equal parts.

    Empty where there is no /proc to tell.
    """
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    if not rollup.exists():
        return []
    pss = next(line for line in rollup.read_text().splitlines() if line.startswith("Pss:"))
    held = [int(pss.split()[1]) // 1024]
    for child in Path(f"/proc/{pid}/task").glob("*/children"):
        for number in child.read_text().split():
            held += held_mb(int(number))
    return held
