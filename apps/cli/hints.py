"""The one line to try after a refusal: by its reason, else by the exit code."""

from collections.abc import Iterable
from difflib import get_close_matches

from apps.cli.exits import ExitCode

BY_REASON = {
    "STRATEGY_NOT_FOUND": "trademesh strategy list",
    "VERSION_NOT_FOUND": "trademesh strategy show STRATEGY --versions",
    "STRATEGY_BUILT_IN": "give it a name of your own: --name my-strategy",
    "STRATEGY_DOES_NOT_IMPORT": "trademesh strategy validate FILE, after mending that line",
    "STRATEGY_CLASS_NOT_FOUND": "name a class of the file: path/to/file.py:ClassName",
    "STRATEGY_CLASS_AMBIGUOUS": "name one class of the file: path/to/file.py:ClassName",
    "UNKNOWN_PARAMETER": "trademesh strategy show STRATEGY, for its parameters",
    "INVALID_PARAMETER": "trademesh strategy show STRATEGY, for its parameters",
    "MISSING_PARAMETER": "trademesh strategy show STRATEGY, for its parameters",
    "INSTRUMENT_NOT_FOUND": "trademesh data catalog",
    "AMBIGUOUS_SYMBOL": "name the venue too: AAPL.XNAS",
    "NO_BARS": "trademesh data catalog, for what is there",
    "UNKNOWN_TIMEFRAME": "trademesh data catalog, for the timeframes there are",
    "END_BEFORE_START": "an --end after --start",
    "ACCOUNT_NOT_FOUND": "trademesh account list",
    "ACCOUNT_BUSY": "trademesh run list --active, or another --account",
    "RUN_NOT_FOUND": "trademesh run list",
    "RUN_ENDED": "trademesh run list --active",
    "BACKTEST_NOT_FOUND": "trademesh backtest list",
    "BACKTEST_NOT_DONE": "trademesh backtest watch BACKTEST",
    "ORDER_NOT_FOUND": "trademesh order list",
    "ORDER_ENDED": "trademesh order list --open",
    "INSUFFICIENT_BUYING_POWER": "trademesh account list, for the buying power",
    "STRATEGY_ARCHIVED": "trademesh strategy push FILE, which brings it back",
    "STRATEGY_AT_WORK": "trademesh run list --active, and stop what runs first",
    "STRATEGY_RAISED": "mend that line, then the same again",
    "VERSION_AMBIGUOUS": "more of the hash: trademesh strategy show STRATEGY --versions",
    "INVALID_STRATEGY_ID": "lower case letters, digits and hyphens: --name my-strategy",
    "BACKTEST_ENDED": "trademesh backtest show BACKTEST",
    "RUN_PAUSED_ALREADY": "trademesh run resume RUN",
    "RUN_NOT_PAUSED": "trademesh run show RUN",
    "RUN_PAUSED": "trademesh run resume RUN",
    "RUN_BUSY": "the same again in a moment",
    "POSITION_FLAT": "trademesh position list",
    "QUANTITY_ABOVE_POSITION": "trademesh position list, for how much there is",
    "QUANTITY_BELOW_FILLED": "trademesh order show ORDER, for what has traded",
    "ORDER_BUSY": "the same again in a moment",
    "ORDER_RATE_EXCEEDED": "the same again in a moment",
    "TOO_MANY_ORDERS": "fewer at once: --instrument or --run",
    "MAX_ORDER_QUANTITY": "trademesh account show -o json, for the limits",
    "MAX_ORDER_NOTIONAL": "trademesh account show -o json, for the limits",
    "MAX_POSITION": "trademesh account show -o json, for the limits",
    "SHORT_SELLING_NOT_ALLOWED": "trademesh position list, for what there is to sell",
    "BAD_NAME": "1 to 100 printable characters",
    "IMPORT_NOT_FOUND": "trademesh api call ImportService/ListImports",
    "IMPORT_ENDED": "trademesh data report IMPORT",
    "EXPORT_EXPIRED": "the same again: a file is kept for a day",
    "NO_TICKS": "trademesh data catalog --ticks, for what is there",
    "SYNTHETIC_VENUE_REQUIRED": "a name at the venue SYNTHETIC: --instrument DEMO.SYNTHETIC",
    "MIXED_SOURCES": "another instrument: trademesh data catalog, for where bars came from",
    "UNKNOWN_TIME_ZONE": "a name as America/New_York or UTC: --time-zone",
    "UNKNOWN_DELIMITER": "--delimiter ';' or '|' or tab",
    "UNKNOWN_COLUMN": "--column OURS=THEIRS, as close='Adj Close'",
    "MISSING_COLUMN": "--column OURS=THEIRS, as time=Date, where it has another name",
    "DUPLICATE_COLUMN": "--column OURS=THEIRS, to say which one",
    "SCOPE_MISSING": "a token with that scope: --token-file FILE",
    "OFF_TICK": "a price on the instrument's tick: trademesh data instruments",
    "OFF_LOT": "a quantity on the instrument's lot: trademesh data instruments",
    "TOO_MANY_DECIMALS": "fewer decimals; the steps are in: trademesh data instruments",
    "NOT_A_DECIMAL": "a plain number, as 10 or 64.50",
    "NOT_POSITIVE": "a number above 0",
    "NO_REFERENCE_PRICE": "trademesh data catalog, for instruments with a known price",
    "TOKEN_MISSING": "--token-file FILE, or run in the data folder's own account",
    "TOKEN_EXPIRED": "restart `trademesh up`: each start issues a new token",
    "TOKEN_INVALID": "the token file of the platform that answers: --token-file FILE",
    "IDEMPOTENCY_KEY_REUSED": "a new --request-id, or none",
    "PORT_IN_USE": "trademesh up --port 8081, or end what listens there",
    "PORT_NOT_ALLOWED": "trademesh up --port 8080",
    "DATA_DIR_IN_USE": "trademesh status: it runs already; else --data-dir FOLDER",
    "DATA_DIR_UNUSABLE": "trademesh up --data-dir FOLDER, one you may write to",
    "SCHEMA_TOO_NEW": "a newer trademesh, or another --data-dir",
    "STORE_UNAVAILABLE": "the same again, once the disk of the data folder has room",
    "STORE_DAMAGED": "another --data-dir, or in this one the file from a backup of yours",
    "INVALID_SETTING": "trademesh config list, for each value and where it comes from",
    "MIGRATION_FAILED": "the version that made this folder; the store is as it was",
    "NO_DATA": "--data-dir FOLDER, one that a platform has used",
    "FILE_EXISTS": "another name, or --force",
    "BACKUP_NOT_FOUND": "the file that `trademesh admin backup` wrote",
    "BACKUP_DAMAGED": "another backup, or a fresh copy of this one",
    "BACKUP_TOO_NEW": "the version that made it",
    "DATA_DIR_NOT_EMPTY": "--data-dir FOLDER, one that is empty or not there yet",
    "RESTORE_UNFINISHED": "the same `trademesh admin restore` again",
    "BODY_TOO_LARGE": "less at once",
    "CHUNK_TOO_LARGE": "less at once",
    "IMPORT_TOO_LARGE": "the file in parts",
    "SOURCE_TOO_LARGE": "a shorter file",
    "SERVER_DRAINING": "the same again in a moment",
}

BY_EXIT_CODE = {
    ExitCode.UNEXPECTED: "trademesh status, then the log in the data folder's logs/",
    ExitCode.USAGE: "trademesh --help",
    ExitCode.NOT_FOUND: "the list command of that noun",
    ExitCode.INVALID: "the same command with --help",
    ExitCode.UNAUTHENTICATED: "--token-file FILE",
    ExitCode.PERMISSION_DENIED: "a token with that scope: --token-file FILE",
    ExitCode.NOT_ALLOWED_NOW: "trademesh status",
    ExitCode.CONFLICT: "the same again in a moment",
    ExitCode.QUOTA: "the same again in a moment, or less at once",
    ExitCode.UNAVAILABLE: "trademesh up",
    ExitCode.FAILED: "trademesh status",
}


def hint_for(reason: str, exit_code: ExitCode) -> str:
    """Never empty."""
    return BY_REASON.get(reason) or BY_EXIT_CODE.get(exit_code, "trademesh --help")


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant, or None."""
    by_lower = {known.lower(): known for known in names}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    return by_lower[close[0]] if close else None
