"""Where the platform of this user keeps its data. Light: every command starts with it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from apps.settings_file import file_settings


def data_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """`TRADEMESH_DATA_DIR`, else the settings file's, else where this operating system keeps such.

    Raises `InvalidRequest` INVALID_SETTING for a settings file that cannot be read.
    """
    if given := environment.get("TRADEMESH_DATA_DIR") or file_settings(environment).get("data_dir"):
        return Path(str(given)).expanduser()
    return usual_data_dir(environment)


def usual_data_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """Where it is while nobody says otherwise."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "trademesh"
    share = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(share) / "trademesh"
