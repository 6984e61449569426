"""A backup of a data folder: one moment, whole or not there; and restored, whole or not at all."""

import json
import random
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.data_folder import DataFolder
from adapters.data_folder.manifest import NAME, Manifest
from adapters.sql.migrate import migrate
from adapters.sql.schemas import known_schemas
from apps.containers.maintenance import (
    back_up_folder,
    check_backup_file,
    migrate_folder,
    restore_folder,
)
from domain.errors import AlreadyExists, DomainError, InvalidRequest, NotAllowedNow, NotFound

BAR_FILE = "bars/AAPL.XNAS/1d/0123.parquet"
BAR = "INSERT INTO bar_files VALUES (1, 'AAPL.XNAS', '1d', '0123', 1, 2, 2, 'test', 3, NULL)"


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


def back_up(folder: Path, file: Path, **how: Any) -> Manifest:
    terms = {"version": "1.2.3", "keys": True, "replace": False, "told": quiet} | how
    return back_up_folder(folder, file, **terms)


def restore(file: Path, folder: Path, told: Callable[[int, int], None] = quiet) -> Manifest:
    return restore_folder(file, folder, told)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "trademesh.db"
    migrate(path)
    return path


@pytest.fixture
def folder(tmp_path: Path, template: Path) -> Path:
    """A data folder with something of everything in it."""
    path = tmp_path / "data"
    data = DataFolder.open(path)
    data.secret("places")
    data.close()
    for name in ("trademesh.db", "paper.db"):
        (path / name).write_bytes(template.read_bytes())
    execute(path / "trademesh.db", BAR)
    files = {
        BAR_FILE: b"bars" * 1000,
        "backtests/bt_1/orders.parquet": b"orders",
        "backtests/bt_2.unfinished/orders.parquet": b"half",
        "imports/imp_1.csv": b"time,open",
        "exports/exp_1.file": b"exported",
        "logs/trademesh.log": b"talk",
        "token": b"a token",
        "trademesh.db.before-0005_backtests": b"an old copy",
    }
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


@pytest.fixture
def file(folder: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    back_up(folder, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def execute(path: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        return connection.execute(statement).fetchall()


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


KEPT = {
    "trademesh.db",
    "paper.db",
    BAR_FILE,
    "backtests/bt_1/orders.parquet",
    "imports/imp_1.csv",
    "exports/exp_1.file",
    "token",
    "keys/places",
}


def test_a_restored_folder_has_everything_that_is_kept(folder, file, tmp_path):
    manifest = restore(file, tmp_path / "elsewhere")

    before, after = files_of(folder), files_of(tmp_path / "elsewhere")
    assert set(after) == KEPT == {packed.path for packed in manifest.files}
    for name in KEPT - {"trademesh.db", "paper.db"}:
        assert after[name] == before[name]
    kept = execute(tmp_path / "elsewhere" / "trademesh.db", "SELECT content_hash FROM bar_files")
    assert kept == [("0123",)]
    assert (manifest.version, manifest.schema) == ("1.2.3", known_schemas()[-1])
    DataFolder.open(tmp_path / "elsewhere").close()


def test_a_restored_folder_is_its_owner_s_alone(file, tmp_path):
    restore(file, tmp_path / "elsewhere")
    assert file.stat().st_mode & 0o777 == 0o600
    for path in (tmp_path / "elsewhere").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_keys_and_token_can_stay_out(folder, tmp_path):
    manifest = back_up(folder, tmp_path / "public.zip", keys=False)
    assert {packed.path for packed in manifest.files} == KEPT - {"token", "keys/places"}
    assert not manifest.with_keys


def test_a_backup_is_one_moment_of_both_stores(folder, tmp_path):
    """A writer counts in one store, then in the other: they are never further apart."""
    for name in ("trademesh.db", "paper.db"):
        execute(folder / name, "CREATE TABLE counted (n INTEGER)")
    over = threading.Event()

    def count() -> None:
        with (
            closing(sqlite3.connect(folder / "trademesh.db", timeout=10)) as ours,
            closing(sqlite3.connect(folder / "paper.db", timeout=10)) as theirs,
        ):
            for connection in (ours, theirs):
                connection.execute("PRAGMA synchronous=OFF")
            number = 0
            while not over.is_set():
                number += 1
                for connection in (ours, theirs):
                    connection.execute("INSERT INTO counted VALUES (?)", (number,))
                    connection.commit()

    writer = threading.Thread(target=count)
    writer.start()
    seen = []
    try:
        for number in range(10):
            back_up(folder, tmp_path / f"{number}.zip")
    finally:
        over.set()
        writer.join()
    for number in range(10):
        restore(tmp_path / f"{number}.zip", tmp_path / f"restored{number}")
        ours, theirs = (
            execute(tmp_path / f"restored{number}" / name, "SELECT count(*) FROM counted")[0][0]
            for name in ("trademesh.db", "paper.db")
        )
        assert theirs <= ours <= theirs + 1
        seen.append(ours)
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]


def test_a_file_that_goes_while_it_is_packed_is_in_the_backup(folder, tmp_path):
    def told(done: int, total: int) -> None:
        (folder / "imports" / "imp_1.csv").unlink(missing_ok=True)

    back_up(folder, tmp_path / "backup.zip", told=told)
    restore(tmp_path / "backup.zip", tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere/imports/imp_1.csv").read_bytes() == b"time,open"


def test_a_file_that_grows_while_it_is_packed_is_as_it_was(folder, tmp_path):
    def told(done: int, total: int) -> None:
        with (folder / "imports" / "imp_1.csv").open("ab") as upload:
            upload.write(b"more")

    back_up(folder, tmp_path / "backup.zip", told=told)
    restore(tmp_path / "backup.zip", tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere/imports/imp_1.csv").read_bytes() == b"time,open"


def interrupted_at(step: int) -> Callable[[int, int], None]:
    left = [step]

    def told(done: int, total: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    return told


def steps_of(work: Callable[[Callable[[int, int], None]], object]) -> int:
    count = [0]

    def told(done: int, total: int) -> None:
        count[0] += 1

    work(told)
    return count[0]


def test_an_interrupted_backup_leaves_nothing(folder, tmp_path):
    steps = steps_of(lambda told: back_up(folder, tmp_path / "whole.zip", told=told))
    before = sorted(tmp_path.iterdir())
    for step in range(1, steps + 1):
        with pytest.raises(KeyboardInterrupt):
            back_up(folder, tmp_path / "backup.zip", told=interrupted_at(step))
        assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("is_there", [True, False])
def test_an_interrupted_restore_leaves_nothing(file, tmp_path, is_there):
    place = tmp_path / "elsewhere"
    if is_there:
        place.mkdir()
    for step in range(1, len(KEPT) + 1):
        with pytest.raises(KeyboardInterrupt):
            restore(file, place, interrupted_at(step))
        assert place.exists() == is_there
        assert not is_there or {path.name for path in place.iterdir()} <= {"lock"}
    restore(file, place)


def test_a_restore_that_a_crash_cut_off_is_refused_by_the_platform_and_taken_up(file, tmp_path):
    place = tmp_path / "elsewhere"
    restore(file, place)
    (place / ".restoring").mkdir()  # the crash came before the last step
    (place / "paper.db").unlink()

    with pytest.raises(NotAllowedNow) as refusal:
        DataFolder.open(place)
    assert refusal.value.reason == "RESTORE_UNFINISHED"

    restore(file, place)
    assert set(files_of(place)) == KEPT
    DataFolder.open(place).close()


def test_a_folder_with_something_in_it_is_refused_and_left_alone(file, tmp_path):
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / "mine").write_text("mine")
    with pytest.raises(NotAllowedNow) as refusal:
        restore(file, place)
    assert refusal.value.reason == "DATA_DIR_NOT_EMPTY"
    assert [path.name for path in place.iterdir()] == ["mine"]


def test_a_folder_in_use_is_refused_and_left_alone(file, tmp_path):
    folder = DataFolder.take(tmp_path / "elsewhere")
    with pytest.raises(NotAllowedNow) as refusal:
        restore(file, tmp_path / "elsewhere")
    folder.close()
    assert refusal.value.reason == "DATA_DIR_IN_USE"
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["lock"]


def test_nobody_uses_the_folder_while_it_is_filled(file, tmp_path):
    refused = []

    def told(done: int, total: int) -> None:
        with pytest.raises(NotAllowedNow) as refusal:
            DataFolder.open(tmp_path / "elsewhere")
        refused.append(refusal.value.reason)

    restore(file, tmp_path / "elsewhere", told)
    assert set(refused) == {"DATA_DIR_IN_USE"}


def test_a_backup_does_not_replace_a_file_unasked(folder, file):
    content = file.read_bytes()
    with pytest.raises(AlreadyExists) as refusal:
        back_up(folder, file)
    assert refusal.value.reason == "FILE_EXISTS"
    assert file.read_bytes() == content
    back_up(folder, file, replace=True)
    assert file.read_bytes() != content


def test_a_folder_without_data_has_no_backup(tmp_path):
    with pytest.raises(NotFound) as refusal:
        back_up(tmp_path, tmp_path / "backup.zip")
    assert refusal.value.reason == "NO_DATA"
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_names_a_file_which_is_gone_is_damaged(folder, tmp_path):
    (folder / BAR_FILE).unlink()
    with pytest.raises(NotAllowedNow) as refusal:
        back_up(folder, tmp_path / "backup.zip")
    assert refusal.value.reason == "STORE_DAMAGED"
    assert refusal.value.facts["file"] == BAR_FILE
    assert not (tmp_path / "backup.zip").exists()


@pytest.mark.parametrize("store", ["trademesh.db", "paper.db"])
def test_a_damaged_store_is_noticed_when_it_is_backed_up(folder, tmp_path, store):
    content = bytearray((folder / store).read_bytes())
    content[4096:12288] = b"\xff" * 8192
    (folder / store).write_bytes(content)
    with pytest.raises(NotAllowedNow) as refusal:
        back_up(folder, tmp_path / "backup.zip")
    assert refusal.value.reason == "STORE_DAMAGED"
    assert not (tmp_path / "backup.zip").exists()


def test_no_byte_of_a_backup_can_change_unnoticed(file, tmp_path):
    """Neither of what is packed nor of what is said of it; a few, as times, mean nothing."""
    whole, draw = file.read_bytes(), random.Random(1)
    before = check_backup_file(file, quiet)
    outcomes = []
    for _ in range(120):
        content = bytearray(whole)
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        (tmp_path / "broken.zip").write_bytes(content)
        outcomes.append(outcome_of(tmp_path / "broken.zip", before))
    assert set(outcomes) <= {"same", "BACKUP_DAMAGED", "BACKUP_TOO_NEW", "SCHEMA_TOO_NEW"}
    assert outcomes.count("BACKUP_DAMAGED") > 80


def outcome_of(file: Path, before: Manifest) -> str:
    try:
        return "same" if check_backup_file(file, quiet) == before else "another"
    except DomainError as refusal:
        return refusal.reason


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_part_of_a_backup_is_none(file, tmp_path, part):
    whole = file.read_bytes()
    (tmp_path / "part.zip").write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(InvalidRequest) as refusal:
        restore(tmp_path / "part.zip", tmp_path / "elsewhere")
    assert refusal.value.reason == "BACKUP_DAMAGED"
    assert not (tmp_path / "elsewhere").exists()


def changed(file: Path, change: Callable[[dict[str, Any]], None], extra: str = "") -> Path:
    """The same backup, saying something else of itself."""
    other = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(other, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == NAME:
                manifest = json.loads(content)
                change(manifest)
                content = json.dumps(manifest).encode()
            after.writestr(name, content)
        if extra:
            after.writestr(extra, b"surprise")
    return other


def set_schema(manifest: dict[str, Any]) -> None:
    manifest["schema"] = "9999_of_tomorrow"


def set_format(manifest: dict[str, Any]) -> None:
    manifest["format"] = 2


def set_hash(manifest: dict[str, Any]) -> None:
    manifest["files"][-1]["sha256"] = "0" * 64


def set_size(manifest: dict[str, Any]) -> None:
    manifest["files"][-1]["size"] -= 1


def leave_one_out(manifest: dict[str, Any]) -> None:
    manifest["files"].pop()


def leave_all_out(manifest: dict[str, Any]) -> None:
    manifest["files"] = []


def escape(path: str) -> Callable[[dict[str, Any]], None]:
    def change(manifest: dict[str, Any]) -> None:
        manifest["files"].append({"path": path, "size": 8, "sha256": "0" * 64})

    return change


@pytest.mark.parametrize(
    ("change", "extra", "reason"),
    [
        (set_schema, "", "SCHEMA_TOO_NEW"),
        (set_format, "", "BACKUP_TOO_NEW"),
        (set_hash, "", "BACKUP_DAMAGED"),
        (set_size, "", "BACKUP_DAMAGED"),
        (leave_one_out, "", "BACKUP_DAMAGED"),
        (leave_all_out, "", "BACKUP_DAMAGED"),
        (lambda manifest: None, "more", "BACKUP_DAMAGED"),
        (escape("../outside"), "../outside", "BACKUP_DAMAGED"),
        (escape("/tmp/outside"), "/tmp/outside", "BACKUP_DAMAGED"),
        (escape("a/../../outside"), "a/../../outside", "BACKUP_DAMAGED"),
        (escape("a\\outside"), "a\\outside", "BACKUP_DAMAGED"),
    ],
)
def test_a_backup_that_says_what_cannot_be_is_refused(file, tmp_path, change, extra, reason):
    other = changed(file, change, extra)
    for attempt in (
        lambda: check_backup_file(other, quiet),
        lambda: restore(other, tmp_path / "elsewhere"),
    ):
        with pytest.raises(DomainError) as refusal:
            attempt()
        assert refusal.value.reason == reason
    assert not (tmp_path / "elsewhere").exists()
    assert not list(tmp_path.glob("**/outside"))


def test_a_backup_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NotFound) as refusal:
        restore(tmp_path / "none.zip", tmp_path / "elsewhere")
    assert refusal.value.reason == "BACKUP_NOT_FOUND"


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    """A folder of an older release."""
    path = tmp_path / "old"
    path.mkdir()
    migrate(path / "trademesh.db", to="0005_backtests")
    return path


def test_a_dry_run_names_the_steps_and_takes_none(old):
    before = (old / "trademesh.db").read_bytes()
    told = migrate_folder(old, dry_run=True)
    assert told.schema == "0005_backtests"
    assert told.revisions == tuple(known_schemas()[5:])
    assert told.copy == ""
    assert (old / "trademesh.db").read_bytes() == before


def test_a_migration_copies_first_and_is_done_once(old):
    first, second = migrate_folder(old, dry_run=False), migrate_folder(old, dry_run=False)
    assert Path(first.copy).exists()
    assert (second.revisions, second.copy) == ((), "")
    assert second.schema == second.wanted_schema == known_schemas()[-1]


def test_a_folder_in_use_is_not_migrated(old):
    folder = DataFolder.open(old)
    with pytest.raises(NotAllowedNow) as refusal:
        migrate_folder(old, dry_run=False)
    folder.close()
    assert refusal.value.reason == "DATA_DIR_IN_USE"


def test_an_old_folder_is_backed_up_and_restored_as_it_is(old, tmp_path):
    manifest = back_up(old, tmp_path / "old.zip")
    restore(tmp_path / "old.zip", tmp_path / "elsewhere")
    assert manifest.schema == "0005_backtests"
    assert migrate_folder(tmp_path / "elsewhere", dry_run=True).revisions
