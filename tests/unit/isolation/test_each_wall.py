"""Each wall holds alone: where another is missing, what it keeps out stays out."""

import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.worker_process.messages import Broke
from adapters.worker_process.patience import Patience
from adapters.worker_process.process import Bounds, Worker
from adapters.worker_process.walls.groups import Groups
from adapters.worker_process.walls.limits import TASKS
from adapters.worker_process.walls.wall import MEMORY_GROUP, TASKS_GROUP
from ports.strategy_process import StrategyBroke
from tests.plain_user import as_plain_user

ROOT = Path(__file__).resolve().parents[3]
MIB = 1024**2

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the walls are Linux's")

# A process behind one wall. `tried` tells what came of something.
START = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from adapters.worker_process.walls import landlock, limits, privileges, reach, seccomp, tree
from adapters.worker_process.walls.wall import Missing, Plan

def tried(name, what):
    try:
        what()
        print(name, "worked")
    except OSError as error:
        print(name, os.strerror(error.errno))
    except RuntimeError as error:
        print(name, error)

def forks():
    for _ in range(9):
        os.fork() or os._exit(0)
"""


def behind(code: str, *arguments: object, by: Sequence[str] = ()) -> dict[str, str]:
    """What a process told, by name; `by` is a program that starts it."""
    done = subprocess.run(
        [*by, sys.executable, "-P", "-c", START + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not done.returncode, done.stderr
    return told_in(done.stdout)


def told_in(output: str) -> dict[str, str]:
    lines = (line.partition(" ") for line in output.splitlines())
    return {name: what for name, _, what in lines}


SECCOMP_ALONE = """
privileges.give_up_privileges()
seccomp.refuse_system_calls()
tried("fork", forks)
import threading
tried("thread", lambda: threading.Thread(target=int).start())
"""


def test_the_list_of_calls_keeps_forks_out_as_root_and_as_a_plain_user() -> None:
    expected = {"fork": "Operation not permitted", "thread": "worked"}
    assert behind(SECCOMP_ALONE) == expected
    assert told_in(as_plain_user("-c", START + SECCOMP_ALONE)) == expected


def test_landlock_keeps_files_away_whatever_their_modes(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "file").write_text("read me")
    (tmp_path / "closed").write_text("not me")
    told = behind(
        """
from pathlib import Path
folder = Path(sys.argv[1])
privileges.give_up_privileges()
landlock.restrict([(str(folder / "open"), landlock.READ), ("/nothing/there", landlock.READ)])
tried("reads", (folder / "open" / "file").read_text)
tried("reads_secret", (folder / "closed").read_text)
tried("lists", lambda: os.listdir(folder))
tried("writes", lambda: (folder / "open" / "file").write_text("x"))
tried("makes", lambda: (folder / "open" / "new").write_text("x"))
tried("removes", (folder / "open" / "file").unlink)
tried("runs", lambda: os.execv("/bin/true", ["true"]))
""",
        tmp_path,
    )
    assert told.pop("reads") == "worked"
    assert set(told.values()) == {"Permission denied"}
    assert len(told) == 6


@pytest.mark.skipif(os.geteuid() != 0, reason="the plain user's tree is tried with the escapes")
def test_in_its_tree_there_is_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "read").mkdir()
    (tmp_path / "read" / "file").write_text("read me")
    (tmp_path / "write").mkdir()
    told = behind(
        """
from pathlib import Path
folder = Path(sys.argv[1])
tree.leave_namespaces()
tree.move_into((*reach.readable(), str(folder / "read")), (str(folder / "write"),))
tried("reads", (folder / "read" / "file").read_text)
tried("writes", lambda: (folder / "write" / "new").write_text("x"))
tried("changes", lambda: (folder / "read" / "file").write_text("x"))
tried("makes", lambda: Path("/here").write_text("x"))
tried("imports", lambda: __import__("statistics"))
tried("devices", lambda: Path("/dev/urandom").open("rb").read(1))
print("root", *sorted(os.listdir("/")))
print("cards", *os.listdir("/sys/class/net") if Path("/sys/class").exists() else "")
""",
        tmp_path,
    )
    assert (told["reads"], told["writes"], told["imports"]) == ("worked",) * 3
    assert told["devices"] == "worked"
    assert told["changes"] == told["makes"] == "Read-only file system"
    assert (tmp_path / "write" / "new").read_text() == "x", "it was written where it belongs"
    assert not {"home", "proc", "sys", "boot", "run"} & set(told["root"].split())
    assert told["cards"] == ""


STAYS = """
folder = sys.argv[1]
try:
    privileges.become(Plan(1 << 30, 60_900, (folder,), (folder,)), (folder,))
except Missing as missing:
    print("missing", missing)
print("user", os.getuid())
print("owner", os.stat(folder).st_uid)
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become somebody else"
)
def test_root_stays_root_rather_than_find_nothing_to_read() -> None:
    with tempfile.TemporaryDirectory() as name:  # not below a folder that is root's alone
        closed, opened = Path(name) / "closed", Path(name) / "open"
        (closed / "file").mkdir(parents=True)
        opened.mkdir()
        Path(name).chmod(0o755)
        closed.chmod(0o700)
        assert behind(STAYS, closed / "file") == {
            "missing": f"only root may read {closed}",
            "user": "0",
            "owner": "0",
        }
        powerless = behind(STAYS, opened, by=("setpriv", "--bounding-set", "-kill"))
        assert powerless.pop("missing").startswith("the platform could not end it then")
        assert powerless == {"user": "0", "owner": "0"}
        assert behind(STAYS, opened) == {"user": "60900", "owner": "60900"}


ELSEWHERE = """
sys.platform = "darwin"
from adapters.worker_process.walls.build import build
walls = build(Plan(1 << 31, 60_900), os.getppid())
for name, why in walls.missing.items():
    print(name, why)
"""


def test_on_another_system_walls_are_missing_and_nothing_fails() -> None:
    told = behind(ELSEWHERE)
    expected = {"namespaces", "tree", "privileges", "landlock", "seccomp"}
    assert expected <= told.keys()
    assert told["seccomp"] == "darwin has no such thing"


HOLDS = "import sys; sys.stdin.read(); "


def enclosed(code: str, memory: int) -> tuple[int, str, bool]:
    """How a process in groups of its own ends, what it told, and whether it was for its memory."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS + code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        group = Groups().enclose(child.pid, memory)
        try:
            for wall in (MEMORY_GROUP, TASKS_GROUP):
                if wall not in group.walls.standing:
                    pytest.skip(f"{wall}: {group.walls.missing[wall]}")
            output, _ = child.communicate(timeout=60)
            return child.returncode, output, group.ran_out_of_memory()
        finally:
            child.kill()
            group.end()


def test_a_group_of_tasks_keeps_a_fork_bomb_small_though_it_is_roots() -> None:
    bomb = """
import os, signal
count = 0
try:
    while count < 5000:
        if not os.fork():
            os.close(1)
            signal.pause()
        count += 1
except OSError:
    print(count, flush=True)
"""
    _, output, _ = enclosed(f"exec({bomb!r})", 512 * MIB)
    assert 0 < int(output) < TASKS, "it forked on and on"


def test_a_group_of_memory_ends_what_takes_too_much_and_says_so() -> None:
    code, _, ran_out = enclosed("hoard = b'x' * (1 << 30); print(len(hoard))", 128 * MIB)
    assert (code, ran_out) == (-9, True)
    code, output, ran_out = enclosed("print(7)", 128 * MIB)
    assert (code, output, ran_out) == (0, "7\n", False)


async def test_a_worker_that_the_kernel_ended_for_its_memory_says_why() -> None:
    worker = await Worker[Broke].spawn("tests.hungry", Broke, bounds=Bounds(memory=256 * MIB))
    try:
        if MEMORY_GROUP not in worker.group_walls.standing:
            pytest.skip("no group of memory can be made here")
        with pytest.raises(StrategyBroke, match="took more memory than it may") as broke:
            await worker.hear(Patience(60))
        assert broke.value.reason == "STRATEGY_OUT_OF_MEMORY"
    finally:
        await worker.kill()


def test_ending_a_group_ends_who_has_left_the_session() -> None:
    leaves = """
import os, signal
if not os.fork():
    os.setsid()
    print(os.getpid(), flush=True)
    os.close(1)
    signal.pause()
"""
    _, output, _ = enclosed(f"exec({leaves!r})", 512 * MIB)
    gone = True
    try:
        handle = os.pidfd_open(int(output))
    except ProcessLookupError:
        pass
    else:
        gone = bool(select.select([handle], [], [], 10)[0])
        os.close(handle)
    assert gone


def test_ending_a_group_leaves_those_alone_that_others_in_this_process_made() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE) as one,
        subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE) as other,
    ):
        ended, left = (Groups().enclose(child.pid, 512 * MIB) for child in (one, other))
        try:
            ended.end()
            if not ended.walls.standing:
                pytest.skip("no group can be made here")
            assert one.wait(60) == -9
            assert other.poll() is None
        finally:
            one.kill()
            other.communicate()
            left.end()
    assert other.returncode == 0
