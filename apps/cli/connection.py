"""Where the platform is, and who we are: from the options, the environment, the data folder."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.data_dir import data_dir
from apps.settings_file import file_settings

DEFAULT_PORT = "8080"
_TOKEN = re.compile(r"[\x21-\x7e]+")  # what a header may carry


def find_address(given: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """`--address`, else `TRADEMESH_ADDRESS`, else this machine at the port of its settings.

    Raises `InvalidRequest` INVALID_SETTING for a settings file that cannot be read.
    """
    if named := given or environment.get("TRADEMESH_ADDRESS"):
        return named
    port = environment.get("TRADEMESH_PORT") or file_settings(environment).get("port")
    return f"127.0.0.1:{port or DEFAULT_PORT}"


def find_token(given: Path | None, environment: Mapping[str, str] = os.environ) -> str:
    """The token of `--token-file`, `TRADEMESH_TOKEN_FILE`, `TRADEMESH_TOKEN` or the data folder.

    Empty where the data folder has none: the platform will say what it thinks of that. Raises
    Failure (exit 5) when a file that was named cannot be read, or holds what no token can be.
    """
    named = given or environment.get("TRADEMESH_TOKEN_FILE")
    if named:
        return _checked(_read(Path(named)), named)
    if token := environment.get("TRADEMESH_TOKEN"):
        return _checked(token, "TRADEMESH_TOKEN")
    file = data_dir(environment) / "token"
    return _checked(_read(file), file) if file.exists() else ""


def _checked(text: str, source: Path | str) -> str:
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        raise Failure(
            ExitCode.UNAUTHENTICATED,
            f"{source} holds no token",
            hint="the file `token` in the platform's data folder: --token-file FILE",
            reason="TOKEN_INVALID",
        )
    return token


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(
            ExitCode.UNAUTHENTICATED,
            f"the token file {file} cannot be read",
            hint="the file `token` in the platform's data folder: --token-file FILE",
            reason="TOKEN_MISSING",
        ) from error
