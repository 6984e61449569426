"""Runs our Python as a user who is not root, from a test that may be: the walls must stand then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

USER = 60_900

ROOT = Path(__file__).resolve().parents[1]

# What lies in a folder that only root may enter is moved where that user finds it, in a namespace
# of this process alone.
_OPEN_ROOT = """
set -e
user=$1; count=$2; shift 2
mount -t tmpfs none /mnt; held=/mnt; number=0
for home in "$@"; do
    number=$((number + 1)); [ $number -gt "$count" ] && break
    mkdir "$held/$number"; mount --rbind "$home" "$held/$number"
done
[ "$count" -gt 0 ] && mount -t tmpfs -o mode=755 none /root
number=0
while [ $number -lt "$count" ]; do
    number=$((number + 1))
    mkdir -p "$1"; mount --rbind "$held/$number" "$1"; shift
done
exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs "$@"
"""


def as_plain_user(*arguments: str, timeout: float = 60) -> str:
    """What `python arguments…` prints, run by a plain user. Raises when it fails.

    Skips where this process is root and may not do what that takes.
    """
    python = [sys.executable, "-P", *arguments]
    if os.geteuid() == 0:
        needed = {sys.base_prefix, sys.prefix, str(ROOT)}
        closed = sorted(path for path in needed if path.startswith("/root/"))
        given = (f"{USER}", f"{len(closed)}", *closed)
        python = ["unshare", "-m", "sh", "-c", _OPEN_ROOT, "sh", *given, *python]
    done = subprocess.run(
        python,
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd="/",
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    if done.returncode and done.stderr.startswith(("unshare:", "mount:", "setpriv:")):
        pytest.skip(f"root may not do that here: {done.stderr.strip()}")
    assert not done.returncode, done.stderr
    return done.stdout
