"""Where groups are made: in folders that the kernel fills, and nowhere else."""

import os
from pathlib import Path

import pytest

from adapters.worker_process.walls.groups import PREFIX, Groups, places
from adapters.worker_process.walls.wall import MEMORY_GROUP, TASKS_GROUP


def test_a_folder_that_the_kernel_does_not_fill_is_no_group(tmp_path: Path) -> None:
    """A plain folder takes whatever is written into it: it would bound nothing."""
    (tmp_path / "memory").mkdir()
    (tmp_path / "pids").mkdir()
    group = Groups(tmp_path, lambda: "2:memory:/\n1:pids:/\n").enclose(os.getpid(), 1)
    assert group.walls.standing == ()
    assert group.walls.missing.keys() == {MEMORY_GROUP, TASKS_GROUP}
    assert list((tmp_path / "memory").iterdir()) == []
    group.end()
    assert not group.ran_out_of_memory()


def test_both_versions_are_looked_for_ours_first(tmp_path: Path) -> None:
    old = "4:memory:/a/b\n3:cpu,cpuacct:/\n"
    assert places(tmp_path, old)["memory"] == [
        tmp_path / "memory/a/b",
        tmp_path / "memory/a",
        tmp_path / "memory",
    ]
    new = "0::/system.slice/trademesh.service\n"
    found = places(tmp_path, new)
    assert found["memory"] == found["pids"]
    assert found["pids"][0] == tmp_path / "system.slice/trademesh.service"
    assert found["pids"][-1] == tmp_path


@pytest.mark.parametrize("text", ["", "nonsense", "1:memory"])
def test_a_system_that_says_nothing_of_groups_has_none(tmp_path: Path, text: str) -> None:
    assert Groups(tmp_path, lambda: text).enclose(os.getpid(), 1).walls.standing == ()


def test_what_a_killed_platform_has_left_is_swept(tmp_path: Path) -> None:
    nobody = 2**22 + 1  # no process has so high a number
    for name in (f"{PREFIX}{nobody}-1", f"{PREFIX}{os.getpid()}-9", "somebody-elses"):
        (tmp_path / "memory" / name).mkdir(parents=True)
    Groups(tmp_path, lambda: "2:memory:/\n").enclose(os.getpid(), 1)
    left = {path.name for path in (tmp_path / "memory").iterdir()}
    assert left == {f"{PREFIX}{os.getpid()}-9", "somebody-elses"}
