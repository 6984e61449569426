"""The folder in which one process keeps everything, and its backups."""

from adapters.data_folder.data_folder import DataFolder

__all__ = ["DataFolder"]
