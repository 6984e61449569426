"""The data folder: who may read it, how much room there is, whether its stores are whole."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from apps.cli.checks.finding import Finding, note, ok, problem
from apps.cli.checks.machine import space_words
from apps.platform.running import Running

LEAST_SPACE = 256 * 1024 * 1024  # below it writes may fail at any moment
LITTLE_SPACE = 2 * 1024 * 1024 * 1024
SECRETS = ("keys", "token")


def check_folder(folder: Path) -> Iterator[Finding]:
    """There, ours, private, with room in it, and not left half restored."""
    if not folder.exists():
        yield note("data folder", f"{folder} is not there yet", "trademesh up makes it")
    elif not folder.is_dir():
        mend = "move that file, or: trademesh config set data_dir FOLDER"
        yield problem("data folder", f"{folder} is not a folder", mend)
        return
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield problem("data folder", f"{folder} cannot be written", f"chown -R $(id -u) {folder}")
        return
    elif (folder / ".restoring").exists():
        words = f"a restore into {folder} was cut off"
        yield problem("data folder", words, "the same trademesh admin restore again")
    else:
        yield ok("data folder", str(folder))
    yield from _check_space(folder)
    yield from _check_private(folder)


def check_lock(folder: Path, running: Running | None) -> Iterator[Finding]:
    """Who has the folder."""
    from apps.containers.maintenance import DataFolder

    in_use = DataFolder.is_in_use(folder)
    if in_use and running:
        words = f"process {running.pid} has the folder since {running.start_time}"
        yield ok("lock", words)
    elif in_use:
        yield note("lock", "a process has the folder and does not serve yet", "trademesh status")
    else:
        yield ok("lock", "nobody has the folder")


def check_store(folder: Path) -> Iterator[Finding]:
    """Of a schema that we know, whole, and with every file that it names."""
    from apps.containers.maintenance import look_into

    look = look_into(folder)
    if look is None:
        yield note("store", "there is none yet", "trademesh up makes it")
        return
    if look.damaged:
        mend = "restore a backup: trademesh admin restore FILE --data-dir FOLDER"
        yield problem("store", "; ".join(look.damaged), mend)
        return
    yield ok("store", "every page of it is whole")
    newest = look.known_schemas[-1]
    if look.schema not in look.known_schemas:
        words = f"{look.schema} is of a newer version than this one"
        yield problem("schema", words, "use the newer trademesh")
    elif look.schema != newest:
        words = f"{look.schema}; this version's is {newest}"
        yield note("schema", words, "trademesh admin migrate; trademesh up does it too")
    else:
        yield ok("schema", newest)
    if look.missing_files:
        first, count = look.missing_files[0], len(look.missing_files)
        mend = "import those bars again, or restore a backup"
        yield problem("files", f"{count} files are gone, {first} the first", mend)
    else:
        yield ok("files", "every file that the store names is there")


def _check_space(folder: Path) -> Iterator[Finding]:
    free, words = space_words(folder)
    if free < LEAST_SPACE:
        mend = "make room, or: trademesh config set data_dir FOLDER, on a larger disk"
        yield problem("space", words, mend)
    elif free < LITTLE_SPACE:
        yield note("space", words, "make room before large imports")
    else:
        yield ok("space", words)


def _check_private(folder: Path) -> Iterator[Finding]:
    open_to_others = [path for path in _secret(folder) if _others_may(path)]
    if open_to_others:
        words = f"others may read {', '.join(map(str, open_to_others[:3]))}"
        yield problem("permissions", words, f"chmod -R go= {folder}")
    elif folder.exists():
        yield ok("permissions", "keys and token are their owner's alone")


def _secret(folder: Path) -> Iterator[Path]:
    for name in SECRETS:
        path = folder / name
        if path.exists():
            yield path
        if path.is_dir():
            yield from path.iterdir()


def _others_may(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
