"""The data folder: one process at a time, private to its user."""

import fcntl
import os
import secrets
from pathlib import Path

from adapters.data_folder.network import network_of
from adapters.private_files import write_private
from domain.errors import NotAllowedNow

MARK = ".restoring"  # in a folder that a backup is being unpacked into


class DataFolder:
    """A folder that is ours while this object lives. Made by `open`."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> "DataFolder":
        """Takes the folder, making it where it is missing.

        Raises `NotAllowedNow` DATA_DIR_IN_USE while another process has it, DATA_DIR_UNUSABLE where
        it cannot be written, DATA_DIR_ON_NETWORK where locks keep nobody out, RESTORE_UNFINISHED
        where a restore was cut off.
        """
        folder = cls.take(path)
        if network := network_of(folder.path):
            folder.close()
            raise NotAllowedNow(
                f"the data folder {folder.path} is on a network ({network}), where locks and writes"
                " cannot be relied upon: take a disk of this machine",
                reason="DATA_DIR_ON_NETWORK",
                data_dir=str(folder.path),
                file_system=network,
            )
        if folder.restoring.exists():
            folder.close()
            raise NotAllowedNow(
                f"a backup is being restored into {folder.path}, or was and that was cut off",
                reason="RESTORE_UNFINISHED",
                data_dir=str(folder.path),
            )
        made = (folder.bars, folder.ticks, folder.backtests)
        for child in (*made, folder.keys, folder.envoy, folder.logs):
            child.mkdir(exist_ok=True, mode=0o700)
        return folder

    @classmethod
    def take(cls, path: Path) -> "DataFolder":
        """The same, putting nothing but a lock into it: for whoever fills or mends it."""
        path = path.expanduser().absolute()
        os.umask(0o077)  # whatever this process makes is for its user alone
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise NotAllowedNow(
                f"the data folder {path} cannot be used: {error.strerror}",
                reason="DATA_DIR_UNUSABLE",
                data_dir=str(path),
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise NotAllowedNow(
                f"the data folder {path} is in use by another process",
                reason="DATA_DIR_IN_USE",
                data_dir=str(path),
            ) from None
        return cls(path, lock)

    @staticmethod
    def is_in_use(path: Path) -> bool:
        """Whether a process has it now. Puts nothing into it."""
        try:
            lock = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def close(self) -> None:
        """Lets the next process have it."""
        os.close(self._lock)

    @property
    def database(self) -> Path:
        """Everything but bars, ticks and results."""
        return self.path / "trademesh.db"

    @property
    def paper_book(self) -> Path:
        """What the paper broker knows: apart from our own books, as a broker's would be."""
        return self.path / "paper.db"

    @property
    def bars(self) -> Path:
        return self.path / "bars"

    @property
    def ticks(self) -> Path:
        """Quotes and trades."""
        return self.path / "ticks"

    @property
    def backtests(self) -> Path:
        return self.path / "backtests"

    @property
    def imports(self) -> Path:
        """Uploads on their way in."""
        return self.path / "imports"

    @property
    def calendars(self) -> Path:
        """What was learnt of venues; it can be learnt again."""
        return self.path / "calendars"

    @property
    def exports(self) -> Path:
        """Files to be downloaded; each for a day."""
        return self.path / "exports"

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def envoy(self) -> Path:
        return self.path / "envoy"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def restoring(self) -> Path:
        """There while a backup is unpacked; then it moves to its places."""
        return self.path / MARK

    @property
    def token(self) -> Path:
        """The local user's token."""
        return self.path / "token"

    def secret(self, name: str) -> bytes:
        """32 random bytes under this name, made once and kept (0600)."""
        file = self.keys / name
        if not file.exists():
            write_private(file, secrets.token_bytes(32))
        return file.read_bytes()
