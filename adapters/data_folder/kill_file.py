"""The file KILL: put into a data folder, it halts all new risk, whatever else is broken."""

from pathlib import Path

from ports.kill_switch import KillFile

NAME = "KILL"


class FolderKillFile(KillFile):
    """Looked for in every transaction that changes an account; a look takes a microsecond."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def is_there(self) -> bool:
        try:
            self._path.lstat()
        except FileNotFoundError:
            return False
        except OSError:  # nobody can say that it is not there
            return True
        return True

    def put(self, reason: str) -> Path:
        """Makes it, with the reason in it for people to read. Raises OSError."""
        self._path.write_text(f"{reason}\n", encoding="utf-8")
        return self._path
