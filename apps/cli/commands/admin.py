"""`trademesh admin`: the data folder as a whole. Works on the files, not through the API."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli import __version__
from apps.cli.command import command, group
from apps.cli.output.views import Column, Kind, View
from apps.cli.progress import Step, progress_bar
from apps.cli.session import Session

if TYPE_CHECKING:
    from apps.containers.maintenance import Manifest

Json = dict[str, Any]

app = group()

_BACKUP = View(
    "file",
    (
        Column("File", "file"),
        Column("Of version", "version"),
        Column("Schema", "schema"),
        Column("Moment", "create_time", Kind.TIME),
        Column("Files", "file_count", Kind.COUNT),
        Column("Bytes, unpacked", "total_bytes", Kind.COUNT),
        Column("With keys and token", "with_keys"),
        Column("Every hash checked", "verified"),
        Column("Restored into", "data_dir"),
    ),
)
_MIGRATION = View(
    "wanted_schema",
    (
        Column("Store", "data_dir"),
        Column("Schema before", "schema"),
        Column("Schema of this version", "wanted_schema"),
        Column("Steps", "revisions"),
        Column("Done", "done"),
        Column("Copy of the store as it was", "copy"),
    ),
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup: one file, a .zip.")]
DataDir = Annotated[
    Path | None, typer.Option(help="Else TRADEMESH_DATA_DIR, else this user's data folder.")
]


@command(
    app,
    "backup",
    example="trademesh admin backup monday.zip\ntrademesh admin backup monday.zip --verify",
)
def backup(
    session: Session,
    file: File,
    data_dir: DataDir = None,
    without_keys: Annotated[
        bool,
        typer.Option(
            "--without-keys", help="Leave keys and token out: a restored platform makes its own."
        ),
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read all of it again and compare.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write everything that is kept into one file, also while the platform runs.

    It holds one moment: no order, fill or bar of later, and none half. With the keys in it a
    restored platform takes the tokens there are: keep the file as you keep the folder.
    """
    from apps.containers.maintenance import back_up_folder, check_backup_file

    with progress_bar(session, "bytes") as show:
        made = back_up_folder(
            _folder(data_dir),
            file,
            version=__version__,
            keys=not without_keys,
            replace=force,
            told=lambda done, total: show(Step(done, total)),
        )
    if verify:
        with progress_bar(session, "bytes") as show:
            check_backup_file(file, lambda done, total: show(Step(done, total)))
    session.show(_told(file, made) | {"verified": verify}, _BACKUP)


@command(
    app,
    "restore",
    example=(
        "trademesh admin restore monday.zip --data-dir ~/elsewhere\n"
        "trademesh admin restore monday.zip --verify"
    ),
)
def restore(
    session: Session,
    file: File,
    data_dir: DataDir = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Only check the file; restore nothing.")
    ] = False,
) -> None:
    """Make a data folder what it was. It must be empty or missing, and is whole or as before.

    Every hash and every database is checked first. Exit 4 for a file that is damaged.
    """
    from apps.containers.maintenance import check_backup_file, restore_folder

    folder = _folder(data_dir)
    with progress_bar(session, "bytes") as show:

        def told(done: int, total: int) -> None:
            show(Step(done, total))

        found = check_backup_file(file, told) if verify else restore_folder(file, folder, told)
    place: Json = {} if verify else {"data_dir": str(folder)}
    session.show(_told(file, found) | {"verified": True} | place, _BACKUP)


@command(app, "migrate", example="trademesh admin migrate --dry-run")
def migrate(
    session: Session,
    data_dir: DataDir = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say which steps there are.")
    ] = False,
) -> None:
    """Bring the store to the schema of this version.

    `trademesh up` does the same to a folder at its start; the store as it was is copied beside it
    first. PostgreSQL is migrated as its owner, TRADEMESH_STORE_OWNER_URL, in one transaction.
    """
    from apps.cli.start import chosen_settings
    from apps.containers.maintenance import migrate_folder, migrate_postgres

    settings = chosen_settings(None, data_dir)
    if settings.store_url.get_secret_value():
        done = migrate_postgres(settings, dry_run=dry_run)
    else:
        done = migrate_folder(_folder(data_dir), dry_run=dry_run)
    told: Json = {name: getattr(done, name) for name in done.__struct_fields__}
    steps = list(done.revisions)
    session.show(told | {"revisions": steps, "done": bool(steps) and not dry_run}, _MIGRATION)


def _folder(given: Path | None) -> Path:
    from apps.cli.start import chosen_settings

    return chosen_settings(None, given).data_dir.expanduser().absolute()


def _told(file: Path, manifest: "Manifest") -> Json:
    return {
        "file": str(file.absolute()),
        "version": manifest.version,
        "schema": manifest.schema,
        "create_time": manifest.create_time,
        "file_count": str(len(manifest.files)),
        "total_bytes": str(manifest.size),
        "with_keys": manifest.with_keys,
    }
