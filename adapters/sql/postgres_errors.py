"""What PostgreSQL refuses, in the words of the house."""

from typing import Final

from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as NoConnection

from domain.errors import Unavailable

_Raw = AsyncAdapt_asyncpg_dbapi.Error  # of statements that the driver ran without SQLAlchemy

_Closed = AsyncAdapt_asyncpg_dbapi.InterfaceError
# The driver in a state that it does not understand itself: the server ended the session while
# this process stood still, in the middle of what the driver was doing.
_Confused = AsyncAdapt_asyncpg_dbapi.InternalClientError

FAILURES: Final = (DBAPIError, _Raw, NoConnection, OSError)

LOST_AGAINST_ANOTHER = {"40001", "40P01"}
FULL, READ_ONLY = "53100", "25006"
GONE = ("08", "57P0", "25P03")  # the connection, and with it the transaction
# resources, an operator, the machine; and a lock that did not come
DOWN = ("53", "57", "58", "55P03", "XX001")


class Again(Exception):
    """The transaction has done nothing and may be run again; `refusal` when it was too often."""

    def __init__(self, refusal: Unavailable) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def failure(error: BaseException) -> Unavailable | Again | None:
    """What to raise instead; None for what is wrong with the statement itself."""
    state = _state(error)
    if state in LOST_AGAINST_ANOTHER:
        return Again(_refused("others change the same all the time", "STORE_BUSY"))
    if state == FULL:
        return _refused("its disk is full", "STORE_FULL")
    if state == READ_ONLY:
        return _refused("it can only be read", "STORE_READ_ONLY")
    if state.startswith(GONE):
        return Again(_refused(_words(error), "STORE_UNAVAILABLE"))
    if state.startswith(DOWN):
        return _refused(_words(error), "STORE_UNAVAILABLE")
    if _is_lost(error):
        return Again(_refused(_words(error), "STORE_UNAVAILABLE"))
    return None


def lost_reply(error: BaseException) -> Unavailable | None:
    """For an error of COMMIT: a refusal if nobody can tell whether it took place."""
    state = _state(error)
    if state and not state.startswith((*GONE, "58", "XX")):
        return None
    return Unavailable(
        "the store did not say whether it kept this; the same request_id tells which",
        reason="COMMIT_UNKNOWN",
    )


def _is_lost(error: BaseException) -> bool:
    """The connection ended, or there was none."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, _Confused) or isinstance(
        error, NoConnection | OSError | InterfaceError | _Closed
    )


def _state(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(cause, "sqlstate", None) or "")


def _words(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str((cause and cause.__cause__) or cause)


def _refused(why: str, reason: str) -> Unavailable:
    return Unavailable(f"the store refuses: {why}", reason=reason)
