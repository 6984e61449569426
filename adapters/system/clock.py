"""The machine's clock."""

import time

from ports.clock import Clock


class SystemClock(Clock):
    """Wall time, nanoseconds UTC."""

    def now(self) -> int:
        return time.time_ns()
