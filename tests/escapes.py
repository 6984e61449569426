"""Attempts of an author's code to get out of its process, each of which must fail.

`python -m tests.escapes` makes them as whoever runs it, and prints what came of each as JSON.
"""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from adapters.worker_process.process import Bounds
from adapters.worker_process.processes import WorkerProcesses
from tests.strategy_sources import HEAD

# Each does something forbidden; to come to its end is to succeed. `secret` is a file of the
# platform's user, `open_folder` one that everybody may write into, `parent` the platform's process.
ATTEMPTS = {
    "connects over TCP": "socket.create_connection(('127.0.0.1', port), 1)",
    "makes a UDP socket": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "makes a UNIX socket": "socket.socket(socket.AF_UNIX)",
    "makes a netlink socket": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "sends datagrams through a pair": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "forks": "os.fork() or os._exit(0)",
    "clones a process": "done(call(SYS['clone'], 17, 0, 0, 0, 0))",
    "clones a process anew": "done(clone3())",
    "spawns": "os.posix_spawn('/bin/true', ['true'], {})",
    "runs a program": "subprocess.run(['/bin/true'])",
    "becomes a program": "os.execv(sys.executable, [sys.executable, '-c', ''])",
    "traces the parent": "call(SYS['ptrace'], 0x4206, parent, 0, 0)",
    "reads the parent's memory": "call(SYS['process_vm_readv'], parent, 0, 0, 0, 0, 0)",
    "signals the parent": "os.kill(parent, 0)",
    "signals everybody": "os.kill(-1, 0)",
    "signals its group": "os.killpg(0, 0)",
    "queues a signal to the parent": "call(SYS['rt_sigqueueinfo'], parent, 0, 0)",
    "holds the parent": "os.pidfd_open(parent)",
    "has the kernel signal the parent": "fcntl.fcntl(0, fcntl.F_SETOWN, parent)",
    "chooses the kernel's signal": "fcntl.fcntl(0, 10, 9)",
    "bounds the parent": (
        "resource.prlimit(parent, resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE))"
    ),
    "raises its own bounds": "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    "outlives the parent": "call(SYS['prctl'], 1, 0, 0, 0, 0)",
    "goes before others": "os.setpriority(os.PRIO_PROCESS, 0, -5)",
    "is scheduled first": "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
    "sees the parent's environment": "open(f'/proc/{parent}/environ').read()",
    "sees other processes": "done([n for n in os.listdir('/proc') if n.isdigit()])",
    "sees a variable": "done(os.environ.get('TRADEMESH_SECRET'))",
    "reads a secret": "open(secret).read()",
    "reads a secret the long way": "open('/proc/self/root' + secret).read()",
    "reads a secret through its folder": "os.listdir(os.path.dirname(secret))",
    "reads the users": "open('/etc/passwd').read()",
    "links to a secret": "os.symlink(secret, os.path.join(open_folder, 'link'))",
    "gives a secret another name": "os.link(secret, os.path.join(open_folder, 'name'))",
    "opens a secret to all": "os.chmod(secret, 0o777)",
    "writes outside": "open(os.path.join(open_folder, 'file'), 'w')",
    "writes where all may": "open('/tmp/trademesh-was-here', 'w')",
    "writes into shared memory": "open('/dev/shm/trademesh-was-here', 'w')",
    "changes our code": "open(adapters.__file__, 'a')",
    "changes a library": "open(os.__file__, 'a')",
    "makes a file in memory": "os.memfd_create('x')",
    "makes a pipe file": "os.mkfifo(os.path.join(open_folder, 'fifo'))",
    "uses an inherited descriptor": "done(inherited())",
    "takes a descriptor of the parent": "call(SYS['pidfd_getfd'], 0, 0, 0)",
    "mounts": "call(SYS['mount'], 0, 0, 0, 0, 0)",
    "changes its root": "os.chroot('/usr')",
    "leaves its namespaces": "call(SYS['unshare'], 0x10000000)",
    "becomes root": "os.setuid(0)",
    "becomes its own user again": "os.setresuid(os.getuid(), os.getuid(), os.getuid())",
    "asks the kernel by a ring": "call(SYS['io_uring_setup'], 1, ring)",
    "loads a program into the kernel": "call(SYS['bpf'], 0, 0, 0)",
    "watches the processor": "call(SYS['perf_event_open'], 0, 0, 0, 0, 0)",
    "keeps keys": "call(SYS['keyctl'], 0, -1, 0)",
    "shares memory": "call(SYS['shmget'], 0, 4096, 0o1600)",
    "opens a queue": "call(SYS['msgget'], 0, 0o1600)",
    "handles faults": "call(SYS['userfaultfd'], 0)",
    "names the machine": "socket.sethostname('mine')",
}

_NUMBERS = {  # x86-64, 64-bit ARM
    "clone": (56, 220),
    "clone3": (435, 435),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "rt_sigqueueinfo": (129, 138),
    "prctl": (157, 167),
    "pidfd_getfd": (438, 438),
    "mount": (165, 40),
    "unshare": (272, 97),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "userfaultfd": (323, 282),
}

_SOURCE = (
    HEAD
    + """
import ctypes, errno, fcntl, json, os, resource, signal, socket, subprocess, sys, time
import adapters

attempts, numbers, secret, open_folder, inode, port, parent = json.loads(GIVEN)
SYS = {name: both[os.uname().machine != "x86_64"] for name, both in numbers.items()}
libc = ctypes.CDLL(None, use_errno=True)
ring = ctypes.create_string_buffer(256)


def call(number, *arguments):
    result = libc.syscall(number, *map(ctypes.c_long, map(int_of, arguments)))
    # To be told that an argument is wrong is to have been heard.
    if result < 0 and ctypes.get_errno() in (errno.EPERM, errno.EACCES, errno.ENOSYS):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if result == 0 and number in (SYS["clone"], SYS["clone3"]):
        os._exit(0)
    return result


def int_of(value):
    return value if isinstance(value, int) else ctypes.addressof(value)


def clone3():
    arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    return call(SYS["clone3"], arguments, 64)


def inherited():
    for descriptor in range(256):
        try:
            if os.fstat(descriptor).st_ino == inode:
                return descriptor
        except OSError:
            pass
    return None


def done(value):
    if not value:
        raise OSError(0, "nothing came of it")


came = {}
for name, attempt in attempts.items():
    try:
        exec(attempt)
    except OSError:
        came[name] = ""
    except ValueError:  # what Python says of a bound that may not be changed
        came[name] = ""
    except BaseException as error:
        came[name] = f"could not be tried: {error!r}"
    else:
        came[name] = "it came to its end"


class Escapes(Strategy):
    pass


Escapes.__doc__ = json.dumps(came)
"""
)


async def made(folder: Path, processes: WorkerProcesses) -> dict[str, str]:
    """What came of each attempt: nothing, or what it achieved."""
    secret = folder / "secret"
    secret.write_text("the key")
    open_folder = folder / "open"
    open_folder.mkdir(mode=0o777)
    open_folder.chmod(0o777)
    handle = os.open(secret, os.O_RDWR)
    os.set_inheritable(handle, True)
    os.environ["TRADEMESH_SECRET"] = "the key"
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        facts = (str(secret), str(open_folder), secret.stat().st_ino, port, os.getpid())
        given = json.dumps([ATTEMPTS, _NUMBERS, *facts])
        source = _SOURCE.replace("GIVEN", repr(given))
        inspection = await processes.inspect(source, "")
        came: dict[str, str] = json.loads(inspection.summary)
    finally:
        del os.environ["TRADEMESH_SECRET"]
        os.close(handle)
        server.close()
    if secret.stat().st_mode & 0o077 & ~0o044:
        came["opens a secret to all"] = "it is open"
    left = [path.name for path in open_folder.iterdir()]
    return came | ({"leaves something behind": ", ".join(left)} if left else {})


def main() -> None:
    """All of them, as whoever runs it."""
    with tempfile.TemporaryDirectory() as folder:
        came = asyncio.run(made(Path(folder), WorkerProcesses(10, Bounds())))
    sys.stdout.write(f"\n{json.dumps(came)}\n")


if __name__ == "__main__":
    main()
