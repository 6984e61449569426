"""Exit codes, the same for every command. They are documented and never change their meaning."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a script may branch on."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    NOT_FOUND = 3
    INVALID = 4
    UNAUTHENTICATED = 5
    PERMISSION_DENIED = 6
    NOT_ALLOWED_NOW = 7
    CONFLICT = 8
    QUOTA = 9
    UNAVAILABLE = 10
    FAILED = 11
    PARTIAL = 12
    PROBLEMS_FOUND = 13
    INTERRUPTED = 130


MEANING = {
    ExitCode.OK: "done",
    ExitCode.UNEXPECTED: "something unforeseen",
    ExitCode.USAGE: "the command line is wrong, or a confirmation is missing",
    ExitCode.NOT_FOUND: "no such thing",
    ExitCode.INVALID: "a value is wrong",
    ExitCode.UNAUTHENTICATED: "no token, or not a good one",
    ExitCode.PERMISSION_DENIED: "the token does not carry the scope",
    ExitCode.NOT_ALLOWED_NOW: "refused now: risk, state, market",
    ExitCode.CONFLICT: "exists already, or somebody else was faster",
    ExitCode.QUOTA: "too much, too often or too large",
    ExitCode.UNAVAILABLE: "not reachable or too slow; try again",
    ExitCode.FAILED: "the job ended by an error",
    ExitCode.PARTIAL: "only a part was done",
    ExitCode.PROBLEMS_FOUND: "a check found problems",
    ExitCode.INTERRUPTED: "interrupted; a followed job goes on",
}
