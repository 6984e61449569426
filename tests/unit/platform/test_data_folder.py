from pathlib import Path

import pytest

from adapters.data_folder import DataFolder
from domain.errors import NotAllowedNow


def test_a_folder_in_use_is_refused_by_name(tmp_path: Path) -> None:
    first = DataFolder.open(tmp_path / "data")
    with pytest.raises(NotAllowedNow) as refused:
        DataFolder.open(tmp_path / "data")
    assert refused.value.reason == "DATA_DIR_IN_USE"
    assert refused.value.facts["data_dir"] == str(tmp_path / "data")
    first.close()


def test_a_folder_that_was_closed_can_be_taken_again(tmp_path: Path) -> None:
    DataFolder.open(tmp_path).close()
    DataFolder.open(tmp_path).close()


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(NotAllowedNow) as refused:
        DataFolder.open(tmp_path / "data")
    assert refused.value.reason == "DATA_DIR_UNUSABLE"


def test_a_secret_stays_the_same_and_private(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path)
    secret = folder.secret("places")
    assert len(secret) == 32
    assert folder.secret("places") == secret
    assert folder.secret("other") != secret
    assert (folder.keys / "places").stat().st_mode & 0o777 == 0o600
    folder.close()
