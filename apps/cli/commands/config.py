"""`trademesh config`: the settings, and where each of them comes from."""

from typing import Annotated, Any

import typer

from apps.cli.command import command, group
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.output.views import Column, View, plain_view
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_SETTING = View(
    "value",
    (
        Column("setting", "name"),
        Column("value", "value"),
        Column("comes from", "source"),
        Column("what it is", "meaning"),
    ),
)

Name = Annotated[str, typer.Argument(metavar="SETTING", help="trademesh config list has them.")]
Value = Annotated[str, typer.Argument(metavar="VALUE", help="Lists: one,two or as JSON.")]


@command(app, "list", example="trademesh config list")
def list_settings(session: Session) -> None:
    """List every setting with its value and where that comes from.

    An option wins over the environment, that over the settings file, that over the default.
    """
    from apps.cli.preferences import preferences

    session.show(preferences(session), _SETTING)


@command(app, "get", example="trademesh config get port -o name")
def get(session: Session, setting: Name) -> None:
    """Print one setting. `-o name` prints its value alone."""
    session.show(_one(session, setting), _SETTING)


@command(app, "set", example="trademesh config set port 9000")
def set_value(session: Session, setting: Name, value: Value) -> None:
    """Set a value in the settings file; the platform reads it at its next start.

    Says so where the environment has another one, which wins. Exit 4 for a value that cannot be.
    """
    from apps.cli.preferences import checked, plain, write_setting

    _refuse_derived(setting)
    write_setting(setting, plain(checked(setting, value)))
    _show_now(session, setting)


@command(app, "unset", example="trademesh config unset port")
def unset(session: Session, setting: Name) -> None:
    """Take a value out of the settings file again."""
    from apps.cli.preferences import unknown, write_setting
    from apps.settings import Settings

    _refuse_derived(setting)
    if setting not in Settings.model_fields:
        raise unknown(setting)
    write_setting(setting, None)
    _show_now(session, setting)


@command(app, "path", example="trademesh config path -o name")
def path(session: Session) -> None:
    """Print where the settings file is, and whether it is there."""
    from apps.settings_file import settings_file

    file = settings_file()
    session.show({"path": str(file), "exists": file.exists()}, plain_view("path", "path", "exists"))


def _one(session: Session, name: str) -> Json:
    from apps.cli.preferences import preferences, unknown

    for each in preferences(session):
        if each["name"] == name:
            return each
    raise unknown(name)


def _show_now(session: Session, name: str) -> None:
    now = _one(session, name)
    if now["source"].startswith("environment"):
        session.talk(f"the {now['source']} wins over the file: {now['value']}")
    session.show(now, _SETTING)


def _refuse_derived(name: str) -> None:
    if name in {"address", "token_file"}:
        raise Failure(
            ExitCode.NOT_ALLOWED_NOW,
            f"{name} follows from other settings, or from the environment",
            reason="SETTING_DERIVED",
            hint=f"--{name.replace('_', '-')}, or TRADEMESH_{name.upper()} in the environment",
        )
