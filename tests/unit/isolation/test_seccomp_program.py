"""The program that the kernel asks before each call, asked here for both processors."""

import errno
import struct

import pytest

from adapters.worker_process.walls import seccomp, syscalls
from adapters.worker_process.walls.seccomp import ARCHITECTURES, program

PID = 4711
ALLOW, KILL = 0x7FFF0000, 0x80000000
REFUSED, UNKNOWN = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
PROCESSORS = list(ARCHITECTURES)

# Numbers on x86-64 and 64-bit ARM, as the kernel's headers have them.
DANGEROUS = {
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setns": (308, 268),
    "setuid": (105, 146),
    "setresuid": (117, 147),
    "chmod": (90, None),
    "fchmodat": (268, 53),
    "fchown": (93, 55),
    "symlinkat": (266, 36),
    "linkat": (265, 37),
    "mknodat": (259, 33),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "memfd_create": (319, 279),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "setrlimit": (160, 164),
    "sched_setaffinity": (203, 122),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
}


def answer(processor: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the program says of a call: the kernel's machine, as far as the program uses it."""
    words = [number, ARCHITECTURES[processor] if architecture is None else architecture, 0, 0]
    data = struct.pack("<4I6Q", *words, *(*arguments, *[0] * (6 - len(arguments))))
    accumulator = place = 0
    lines = program(processor, PID)
    while True:
        code, if_true, if_false, operand = lines[place]
        place += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, operand)
            case 0x54:
                accumulator &= operand
            case 0x15:
                place += if_true if accumulator == operand else if_false
            case 0x25:
                place += if_true if accumulator > operand else if_false
            case 0x35:
                place += if_true if accumulator >= operand else if_false
            case 0x06:
                return operand
            case _:
                raise AssertionError(hex(code))


def number_of(name: str, processor: str) -> int | None:
    return {**syscalls.ALLOWED, **syscalls.WITH_CONDITIONS, **DANGEROUS}[name][
        PROCESSORS.index(processor)
    ]


@pytest.mark.parametrize("processor", PROCESSORS)
def test_what_is_on_the_list_is_allowed_and_nothing_else(processor: str) -> None:
    allowed = {number_of(name, processor) for name in syscalls.ALLOWED}
    on_conditions = {number_of(name, processor) for name in syscalls.WITH_CONDITIONS}
    for number in range(syscalls.LAST + 1):
        if number not in on_conditions:
            expected = ALLOW if number in allowed else REFUSED
            assert answer(processor, number, 2**63, 2**63) == expected, number


@pytest.mark.parametrize("processor", PROCESSORS)
def test_what_is_dangerous_is_refused(processor: str) -> None:
    for name in DANGEROUS:
        if (number := number_of(name, processor)) is not None:
            assert answer(processor, number) == REFUSED, name


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("number", [syscalls.LAST + 1, 2**30, 2**30 + 59, 2**32 - 1])
def test_a_call_that_nobody_looked_at_is_unknown(processor: str, number: int) -> None:
    assert answer(processor, number) == UNKNOWN


@pytest.mark.parametrize("processor", PROCESSORS)
def test_calls_of_another_architecture_end_the_process(processor: str) -> None:
    assert answer(processor, 0, architecture=0x40000003) == KILL


CONDITIONS = [
    ("clone", (0x3D0F00,), ALLOW),  # as a thread is made
    ("clone", (17,), REFUSED),  # as a process is
    ("clone", (0x10000000,), REFUSED),
    ("clone3", (0,), UNKNOWN),
    ("kill", (PID, 9), ALLOW),
    ("kill", (PID + 1, 9), REFUSED),
    ("kill", (2**32 - 1, 9), REFUSED),  # everybody
    ("kill", (0, 9), REFUSED),  # its group
    ("tgkill", (PID, 5, 9), ALLOW),
    ("tgkill", (1, 1, 9), REFUSED),
    ("fcntl", (3, 3), ALLOW),
    ("fcntl", (3, 8, PID + 1), REFUSED),  # F_SETOWN
    ("fcntl", (3, 10, 9), REFUSED),  # F_SETSIG
    ("fcntl", (3, 15, 0), REFUSED),  # F_SETOWN_EX
    ("ioctl", (1, 0x5401), ALLOW),
    ("ioctl", (1, 0x5412), REFUSED),  # to type into a terminal
    ("ioctl", (1, 0x8901), REFUSED),  # FIOSETOWN
    ("prctl", (15,), ALLOW),
    ("prctl", (1, 0), REFUSED),  # to outlive the parent
    ("prlimit64", (0, 7, 0, 1), ALLOW),
    ("prlimit64", (0, 7, 4096, 0), REFUSED),
    ("prlimit64", (0, 7, 2**32, 0), REFUSED),  # an address with nothing in its lower half
    ("prlimit64", (1, 7, 0, 1), REFUSED),
    ("socketpair", (1, 1), ALLOW),
    ("socketpair", (1, 1 | 0o2000000), ALLOW),  # closed in new programs
    ("socketpair", (1, 2), REFUSED),
    ("socketpair", (2, 1), REFUSED),
]


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize(("name", "arguments", "expected"), CONDITIONS)
def test_some_are_allowed_with_some_arguments(
    processor: str, name: str, arguments: tuple[int, ...], expected: int
) -> None:
    number = number_of(name, processor)
    assert number is not None
    assert answer(processor, number, *arguments) == expected


def test_no_number_is_listed_twice() -> None:
    for column in (syscalls.X86_64, syscalls.AARCH64):
        numbers = [
            both[column]
            for both in (*syscalls.ALLOWED.values(), *syscalls.WITH_CONDITIONS.values())
            if both[column] is not None
        ]
        assert len(numbers) == len(set(numbers))
        assert max(numbers) <= syscalls.LAST


@pytest.mark.parametrize("processor", PROCESSORS)
def test_the_program_is_one_that_the_kernel_takes(processor: str) -> None:
    lines = program(processor, PID)
    assert len(lines) < 4096
    assert all(max(if_true, if_false) < 256 for _, if_true, if_false, _ in lines)
    assert lines[-1][0] == seccomp.program(processor, PID)[-1][0] == 0x06
