"""Where the platform of this user keeps its data. Light: every command starts with it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def data_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """`TRADEMESH_DATA_DIR`, else where this operating system keeps such things."""
    if given := environment.get("TRADEMESH_DATA_DIR"):
        return Path(given).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "trademesh"
    share = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(share) / "trademesh"
