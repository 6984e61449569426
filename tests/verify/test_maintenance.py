"""What maintenance may and may not do to the folder of a running platform."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backups import back_up, restore
from tests.journeys.clients import Rest
from tests.journeys.conftest import TRADEMESH, Platform

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        platform = Platform(Path(folder), "--no-demo")
        yield platform
        assert platform.stop() == 0


def test_a_backup_without_keys_starts_with_keys_of_its_own(
    platform: Platform, tmp_path: Path
) -> None:
    arguments = ("admin", "backup", str(tmp_path / "public.zip"), "--without-keys")
    subprocess.run(
        [TRADEMESH, *arguments, "--data-dir", platform.data_dir], check=True, capture_output=True
    )
    with tempfile.TemporaryDirectory(prefix="tm-") as place:
        folder = restore(tmp_path / "public.zip", Path(place, "restored"))
        restored = Platform(folder, "--no-demo")
        try:
            assert restored.token != platform.token
            assert Rest(restored.rest, platform.token).get("/v1/accounts").status == 401
            assert Rest(restored.rest, restored.token).get("/v1/accounts").status == 200
        finally:
            assert restored.stop() == 0


def test_a_folder_in_use_is_neither_migrated_nor_restored_into(
    platform: Platform, tmp_path: Path
) -> None:
    for arguments, reason in (
        (("migrate",), "DATA_DIR_IN_USE"),
        (("restore", str(tmp_path / "backup.zip")), "DATA_DIR_NOT_EMPTY"),
    ):
        if arguments[0] == "restore":
            back_up(platform.data_dir, tmp_path / "backup.zip")
        done = subprocess.run(
            [TRADEMESH, "admin", *arguments, "--data-dir", platform.data_dir],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 7
        assert f"[{reason}]" in done.stderr
