"""`trademesh doctor`: what is wrong here, and how each of it is mended."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.command import command
from apps.cli.failure import Failure
from apps.cli.output.views import Column, Kind, View
from apps.cli.session import Session

if TYPE_CHECKING:
    from apps.cli.checks.finding import Finding
    from apps.settings import Settings

Json = dict[str, Any]

_FINDING = View(
    "check",
    (
        Column("check", "check"),
        Column("", "state", Kind.STATE),
        Column("found", "found"),
        Column("mend", "mend"),
    ),
)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    example = "trademesh doctor\ntrademesh doctor --bundle for-support.zip"
    command(app, "doctor", example=example)(doctor)


def doctor(
    session: Session,
    bundle: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write findings, versions, settings and last log lines into a zip; no secrets.",
        ),
    ] = None,
) -> None:
    """Look at Python, settings, data folder, store, port, Envoy, walls, token, platform, clock.

    Changes nothing. Exit 13 when something is wrong; each problem says how it is mended.
    """
    from apps.cli.checks.service import failed

    findings = list(_findings(session))
    session.show([_told(each) for each in findings], _FINDING)
    if bundle is not None:
        _write(session, bundle, findings)
    if any(each.state == "problem" for each in findings):
        raise failed(findings)


def _findings(session: Session) -> "Iterator[Finding]":
    from apps.cli.checks import folder, isolation, machine, service
    from apps.containers.maintenance import DataFolder
    from apps.platform.running import who_runs

    yield from machine.check_python()
    yield from machine.check_variables()
    settings, wrong = _settings()
    if settings is None:
        yield from wrong
        return
    data_dir = settings.data_dir.expanduser().absolute()
    running = who_runs(data_dir) if DataFolder.is_in_use(data_dir) else None
    yield from machine.check_settings_file()
    yield from folder.check_folder(data_dir)
    yield from folder.check_lock(data_dir, running)
    yield from folder.check_store(data_dir)
    yield from machine.check_port(settings, running)
    yield from machine.check_envoy()
    yield from isolation.check_walls(settings)
    yield from service.check_token(session)
    yield from service.check_platform(session)
    yield from service.check_versions(running)
    yield from machine.check_clock(session.address)


def _settings() -> "tuple[Settings | None, list[Finding]]":
    """The settings, or what is wrong with them: without them nothing else can be looked at."""
    from apps.cli.checks.finding import problem
    from apps.cli.start import chosen_settings
    from domain.errors import InvalidRequest

    try:
        return chosen_settings(None, None), []
    except Failure as failure:
        words, mend = "; ".join((failure.message, *failure.details)), failure.hint
    except InvalidRequest as error:
        words, mend = error.message, f"mend or remove {error.facts.get('file', 'that file')}"
    return None, [problem("settings", words, mend)]


def _write(session: Session, file: Path, findings: "list[Finding]") -> None:
    from apps.cli.checks.bundle import write_bundle
    from apps.cli.preferences import preferences

    settings, _ = _settings()
    known = preferences(session) if settings else []
    write_bundle(file, findings, known, settings.data_dir if settings else None)
    session.talk(f"{file} is written: look into it before you send it")


def _told(finding: "Finding") -> Json:
    return {name: getattr(finding, name) for name in finding.__struct_fields__}
