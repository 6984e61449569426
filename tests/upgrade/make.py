"""Makes tests/upgrade/release-<version>.tar.xz: a data folder that a release left behind.

Run by `make release-data`, once for each release, from its own commit; or by hand with the
`trademesh` of another checkout:

    .venv/bin/python -m tests.upgrade.make /path/to/that/checkout/.venv/bin/trademesh

In the archive: `recorded.json`, what that platform told of itself; `stopped/`, its data folder
after an orderly stop; `killed/`, the same after a SIGKILL with orders on their way. Keys and the
token stay out: the next start makes its own.
"""

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.journeys.clients import Rest
from tests.journeys.conftest import TRADEMESH, free_port
from tests.upgrade.life import hurry, live
from tests.upgrade.record import record

HERE = Path(__file__).parent
LEFT_OUT = {"keys", "token", "lock", "envoy", "logs", "stderr.log"}


def main() -> None:
    """Lives, records, stops, packs; then the same again for the kill."""
    arguments = argparse.ArgumentParser(description="Packs what a release leaves behind.")
    arguments.add_argument("trademesh", nargs="?", type=Path, default=TRADEMESH)
    trademesh = arguments.parse_args().trademesh
    told = subprocess.run([trademesh, "version", "-o", "name"], capture_output=True, check=True)
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        stopped, killed = Path(folder, "stopped"), Path(folder, "killed")
        with _platform(trademesh, stopped, signal.SIGTERM) as rest:
            live(rest)
            recorded = record(rest)
        with _platform(trademesh, killed, signal.SIGKILL, "--no-demo") as rest:
            hurry(rest)
        _write_back(stopped)
        _link_same(stopped / "bars", killed / "bars")
        archive = HERE / f"release-{told.stdout.decode().strip()}.tar.xz"
        (Path(folder) / "recorded.json").write_text(json.dumps(recorded, separators=(",", ":")))
        with tarfile.open(archive, "w:xz") as tar:
            for name in ("recorded.json", "stopped", "killed"):
                tar.add(Path(folder) / name, name, filter=_kept)
    print(f"{archive}: {archive.stat().st_size:,} bytes")


@contextmanager
def _platform(
    trademesh: Path, folder: Path, ending: signal.Signals, *arguments: str
) -> Iterator[Rest]:
    folder.mkdir()
    own = {"TRADEMESH_DATA_DIR": folder, "TRADEMESH_PORT": free_port()}
    own |= {"TRADEMESH_BACKTEST_WORKERS": 1}  # so that a backtest has to wait, and can be canceled
    process = subprocess.Popen(
        [trademesh, "up", "--headless", *arguments],
        env=os.environ | {name: str(value) for name, value in own.items()},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield Rest(ready["rest"], Path(ready["token_file"]).read_text().strip())
        process.send_signal(ending)
        assert process.wait(60) == (0 if ending is signal.SIGTERM else -ending)
    finally:
        process.kill()
        process.wait()


def _link_same(folder: Path, other: Path) -> None:
    """A file that both have is packed once."""
    for file in folder.rglob("*.parquet"):
        same = other / file.relative_to(folder)
        if same.exists():
            same.unlink()
            same.hardlink_to(file)


def _write_back(folder: Path) -> None:
    """What was written last may still lie in the write-ahead log: into the file with it."""
    for name in ("trademesh.db", "paper.db"):
        with sqlite3.connect(folder / name) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()


def _kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    parts = Path(member.name).parts
    if len(parts) > 1 and parts[1] in LEFT_OUT:
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main()
