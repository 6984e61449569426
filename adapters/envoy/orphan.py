"""An Envoy whose parent was killed may live on and hold the port: the next start ends it."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

PATIENCE_SECONDS = 5.0
STEP_SECONDS = 0.02


def end_orphan(pid_file: Path, config: Path) -> bool:
    """Ends the process that `pid_file` names if it is an Envoy with `config`; was there one?"""
    try:
        pid = int(pid_file.read_text())
    except (FileNotFoundError, ValueError):
        return False
    ours = is_envoy(pid, config)
    if ours:
        _end(pid, config)
    pid_file.unlink(missing_ok=True)
    return ours


def is_envoy(pid: int, config: Path) -> bool:
    """A process id is used again after a while: only the command line says whose it is."""
    command = _command_line(pid)
    return "envoy" in command and str(config) in command


def _end(pid: int, config: Path) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while is_envoy(pid, config) and time.monotonic() < deadline:
            time.sleep(STEP_SECONDS)
        if is_envoy(pid, config):
            os.kill(pid, signal.SIGKILL)


def _command_line(pid: int) -> str:
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return ""
    told = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return told.stdout
