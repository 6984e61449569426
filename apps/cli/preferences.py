"""Settings with where each value comes from; and the settings file, changed a value at a time.

Brings pydantic: import it where settings are shown or set.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import SecretStr, TypeAdapter, ValidationError

from apps.cli.connection import find_address
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.hints import nearest
from apps.cli.session import Session
from apps.data_dir import data_dir
from apps.settings import Settings
from apps.settings_file import file_settings, settings_file

Json = dict[str, Any]


def preferences(session: Session) -> list[Json]:
    """Every setting of the platform, then where this command finds it.

    Raises Failure (exit 4) for a value that cannot be.
    """
    in_file = file_settings()
    found = []
    for name, field in Settings.model_fields.items():
        variable = f"TRADEMESH_{name.upper()}"
        if os.environ.get(variable):
            value, source = os.environ[variable], f"environment {variable}"
        elif name in in_file:
            value, source = in_file[name], f"file {settings_file()}"
        else:
            value, source = field.get_default(call_default_factory=True), "default"
        found.append(_told(name, checked(name, value), source, field.description or ""))
    return [*found, _address(session), _token_file(session)]


def checked(name: str, value: Any) -> Any:
    """The value as the platform would have it. Raises Failure: exit 3 for an unknown name, 4."""
    field = Settings.model_fields.get(name)
    if field is None:
        raise unknown(name)
    if isinstance(value, str) and field.annotation == tuple[str, ...]:
        value = _listed(value)
    try:
        kind: Any = field.annotation
        if field.metadata:
            kind = Annotated[(field.annotation, *field.metadata)]
        found = TypeAdapter(kind).validate_python(value)
        return found.expanduser().absolute() if isinstance(found, Path) else found
    except ValidationError as error:
        wrong = "; ".join(each["msg"] for each in error.errors())
        raise Failure(
            ExitCode.INVALID,
            f"{name} cannot be {value!r}: {wrong}",
            reason="INVALID_SETTING",
            hint=f"trademesh config get {name}, for what it is now",
        ) from error


def unknown(name: str) -> Failure:
    """No such setting."""
    near = nearest(name, [*Settings.model_fields, "address", "token_file"])
    return Failure(
        ExitCode.NOT_FOUND,
        f"no setting {name}",
        reason="SETTING_NOT_FOUND",
        hint=f"trademesh config get {near}" if near else "trademesh config list",
    )


def write_setting(name: str, value: Any) -> Path:
    """Sets it in the settings file, or takes it out for None; every other line stays as it is.

    A reader sees the old file or the new one. Raises Failure where it cannot be written.
    """
    from apps.containers.maintenance import write_private

    file, values = settings_file(), dict(file_settings() if settings_file().exists() else {})
    values.pop(name, None)
    if value is not None:
        values[name] = value
    before = file.read_text("utf-8") if file.exists() else ""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, _changed(before, name, values).encode())
    except OSError as error:
        raise Failure(
            ExitCode.NOT_ALLOWED_NOW,
            f"{file} cannot be written: {error.strerror}",
            reason="SETTINGS_UNWRITABLE",
            hint="TRADEMESH_SETTINGS=FILE, one that you may write to",
        ) from error
    return file


def plain(value: Any) -> Any:
    """As JSON and TOML have it."""
    if isinstance(value, Path | Decimal):
        return str(value)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return list(value) if isinstance(value, tuple) else value


def _changed(text: str, name: str, values: Mapping[str, Any]) -> str:
    line = f"{name} = {json.dumps(values[name], ensure_ascii=False)}\n" if name in values else ""
    present = re.compile(rf"^{name}[ \t]*=.*(?:\n|\Z)", re.MULTILINE)
    if present.search(text):
        changed = present.sub(lambda _: line, text, count=1)
    else:
        changed = f"{text.rstrip()}\n{line}".lstrip("\n") if text.strip() else line
    if _parsed(changed) == values:
        return changed
    return "".join(  # it was written over several lines: anew, without its comments
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()
    )


def _parsed(text: str) -> Json | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _listed(text: str) -> Any:
    """A JSON list, or names with commas between them."""
    try:
        return json.loads(text)
    except ValueError:
        return [name.strip() for name in text.split(",") if name.strip()]


def _told(name: str, value: Any, source: str, meaning: str) -> Json:
    words = " ".join(meaning.split())
    if isinstance(value, SecretStr):
        value = str(value)  # stars
    return {"name": name, "value": plain(value), "source": source, "meaning": words}


def _address(session: Session) -> Json:
    source = "from host and port"
    if session.given_address:
        source = "option --address"
    elif "TRADEMESH_ADDRESS" in os.environ:
        source = "environment TRADEMESH_ADDRESS"
    meaning = "Where this command finds the platform."
    return _told("address", find_address(session.given_address), source, meaning)


def _token_file(session: Session) -> Json:
    value, source = str(data_dir() / "token"), "from data_dir"
    if session.token_file:
        value, source = str(session.token_file), "option --token-file"
    elif named := os.environ.get("TRADEMESH_TOKEN_FILE"):
        value, source = named, "environment TRADEMESH_TOKEN_FILE"
    elif "TRADEMESH_TOKEN" in os.environ:
        value, source = "", "environment TRADEMESH_TOKEN"
    return _told("token_file", value, source, "Where this command finds its token.")
