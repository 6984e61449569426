"""Which system calls a worker may make: a program for the kernel, which asks it before each.

Our own program rather than libseccomp's: that library is not everywhere, and where it is not the
wall would be missing.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterator, Sequence

from adapters.worker_process.walls import kernel, syscalls

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_REFUSE = _ERRNO | errno.EPERM
_UNKNOWN = _ERRNO | errno.ENOSYS
_FILTER_MODE, _ALL_THREADS = 1, 1

# Opcodes: load a word, compare it, return.
_LOAD, _MASK, _RETURN = 0x20, 0x54, 0x06
_EQUAL, _GREATER, _GREATER_OR_EQUAL = 0x15, 0x25, 0x35
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # where the kernel has them

CLONE_THREAD = 0x00010000
UNIX, STREAM = 1, 1
# F_DUPFD to F_SETLKW, F_DUPFD_CLOEXEC, F_GETPIPE_SZ, F_GETLK to F_SETLKW of an open file. Not
# F_SETOWN and F_SETSIG: through them the kernel would send a signal of ours to anybody.
FCNTL = (*range(8), 1030, 1032, 36, 37, 38)
# Terminals' settings and sizes, how much can be read, flags of a descriptor.
IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# A thread's name, whether a core would be dumped, names of memory.
PRCTL = (15, 16, 3, 0x53564D41)

Instruction = tuple[int, int, int, int]  # opcode, steps if true, steps if false, operand


def refuse_system_calls() -> None:
    """From here on whatever is not on the list of `syscalls` is refused, in every thread.

    A refused call fails with EPERM, one that is newer than the list with ENOSYS: then libraries
    take the older way. Raises Missing on a processor whose calls we do not know.
    """
    processor = kernel.processor()
    code = b"".join(struct.pack("=HBBI", *one) for one in program(processor, os.getpid()))
    buffer = ctypes.create_string_buffer(code, len(code))
    fprog = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    number = kernel.SECCOMP[processor]
    kernel.syscall(number, _FILTER_MODE, _ALL_THREADS, ctypes.c_char_p(fprog))


def program(processor: str, pid: int) -> list[Instruction]:
    """The program for the process with this id."""
    column = syscalls.X86_64 if processor == "x86_64" else syscalls.AARCH64
    allowed = sorted(
        number for numbers in syscalls.ALLOWED.values() if (number := numbers[column]) is not None
    )
    conditions = {name: numbers[column] for name, numbers in syscalls.WITH_CONDITIONS.items()}
    return [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, ARCHITECTURES[processor]),
        (_RETURN, 0, 0, _KILL),  # calls of another architecture have other numbers
        (_LOAD, 0, 0, _NUMBER),
        (_GREATER, 0, 1, syscalls.LAST),
        (_RETURN, 0, 0, _UNKNOWN),
        *_within(allowed),
        *(
            instruction
            for name, number in conditions.items()
            if number is not None
            for instruction in _when(number, _condition(name, pid))
        ),
        (_RETURN, 0, 0, _REFUSE),
    ]


def _within(numbers: Sequence[int]) -> Iterator[Instruction]:
    """Allows these numbers, a test for each range of them."""
    for first, last in _ranges(numbers):
        yield (_GREATER_OR_EQUAL, 0, 2, first)
        yield (_GREATER, 1, 0, last)
        yield (_RETURN, 0, 0, _ALLOW)


def _ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def _when(number: int, then: list[Instruction]) -> list[Instruction]:
    """`then` decides about the call with this number."""
    return [(_EQUAL, 0, len(then), number), *then]


def _condition(name: str, pid: int) -> list[Instruction]:
    match name:
        case "clone":  # a thread, never a process
            return [*_masked(0, CLONE_THREAD), *_allow_if((CLONE_THREAD,))]
        case "clone3":  # its flags cannot be seen: libraries take clone instead
            return [(_RETURN, 0, 0, _UNKNOWN)]
        case "kill" | "tgkill":  # itself
            return [*_argument(0), *_allow_if((pid,))]
        case "fcntl":
            return [*_argument(1), *_allow_if(FCNTL)]
        case "ioctl":
            return [*_argument(1), *_allow_if(IOCTL)]
        case "prctl":
            return [*_argument(0), *_allow_if(PRCTL)]
        case "prlimit64":  # to ask, not to set; both halves of the address are nothing
            return [
                *_argument(2),
                *_refuse_unless(0),
                *_argument(2, high=True),
                *_refuse_unless(0),
                *_argument(0),
                *_allow_if((0, pid)),
            ]
        case "socketpair":  # a stream to oneself; a datagram could be sent elsewhere
            return [
                *_argument(0),
                *_refuse_unless(UNIX),
                *_masked(1, 0xF),
                *_allow_if((STREAM,)),
            ]
    raise AssertionError(name)


def _argument(which: int, *, high: bool = False) -> list[Instruction]:
    return [(_LOAD, 0, 0, _ARGUMENTS + 8 * which + 4 * high)]


def _masked(which: int, mask: int) -> list[Instruction]:
    return [*_argument(which), (_MASK, 0, 0, mask)]


def _refuse_unless(value: int) -> list[Instruction]:
    return [(_EQUAL, 1, 0, value), (_RETURN, 0, 0, _REFUSE)]


def _allow_if(values: Sequence[int]) -> list[Instruction]:
    tests = [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return [*tests, (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
