"""A data folder on a network is refused: its lock could not be relied upon."""

from pathlib import Path

import pytest

from adapters.data_folder import DataFolder, data_folder
from adapters.data_folder.network import network_of
from domain.errors import NotAllowedNow


def mounts(folder: Path, *lines: str) -> Path:
    table = folder / "mounts"
    table.write_text("".join(f"{line}\n" for line in lines))
    return table


@pytest.mark.parametrize(
    ("kind", "found"), [("nfs4", "nfs4"), ("cifs", "cifs"), ("ext4", ""), ("overlay", "")]
)
def test_the_nearest_mount_says_what_a_folder_lies_on(
    tmp_path: Path, kind: str, found: str
) -> None:
    far = tmp_path / "far away"
    escaped = str(far).replace(" ", "\\040")
    table = mounts(tmp_path, "/dev/sda / ext4 rw 0 0", f"server:/x {escaped} {kind} rw 0 0")
    assert network_of(far / "data" / "tm", table) == found
    assert network_of(tmp_path / "near", table) == ""


def test_where_nobody_tells_it_is_a_disk(tmp_path: Path) -> None:
    assert network_of(tmp_path, tmp_path / "no mounts here") == ""


def test_a_folder_on_a_network_is_not_opened_and_left_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_folder, "network_of", lambda _: "nfs4")
    with pytest.raises(NotAllowedNow) as refused:
        DataFolder.open(tmp_path / "data")
    assert refused.value.reason == "DATA_DIR_ON_NETWORK"
    assert refused.value.facts["file_system"] == "nfs4"
    monkeypatch.setattr(data_folder, "network_of", lambda _: "")
    DataFolder.open(tmp_path / "data").close()
