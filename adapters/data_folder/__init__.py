"""The folder in which one process keeps everything."""

from adapters.data_folder.data_folder import DataFolder

__all__ = ["DataFolder"]
