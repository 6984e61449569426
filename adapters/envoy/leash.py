"""Becomes Envoy, and dies with the process that started it. Run as a script, imports little.

    python leash.py PARENT_PID ENVOY ARGUMENT…

Only Linux can promise that; elsewhere the next start ends an Envoy that was left behind.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):  # the parent was gone before the line above
        sys.exit(1)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606  the caller's own words, no shell


if __name__ == "__main__":
    main()
