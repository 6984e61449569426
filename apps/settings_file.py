"""The settings file of this user, or the one that is named. Light: every command starts with it.

TOML, with the names of `apps.settings.Settings`.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain.errors import InvalidRequest


def settings_file(environment: Mapping[str, str] = os.environ) -> Path:
    """`TRADEMESH_SETTINGS`, else where this operating system keeps such. It may be missing."""
    if named := environment.get("TRADEMESH_SETTINGS"):
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Preferences" / "trademesh" / "settings.toml"
    config = environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(config) / "trademesh" / "settings.toml"


def file_settings(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """What the file says; nothing where there is none and none was named.

    Raises `InvalidRequest` INVALID_SETTING for a file that cannot be read.
    """
    file = settings_file(environment)
    if not (environment.get("TRADEMESH_SETTINGS") or file.exists()):
        return {}
    import tomllib

    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:  # not there, not TOML, not text
        raise InvalidRequest(
            f"the settings file {file} cannot be read: {error}",
            reason="INVALID_SETTING",
            file=str(file),
        ) from error
