"""What a client declares of an import, and whether it can be."""

from collections.abc import Mapping

from msgspec import Struct, field

from domain.errors import InvalidRequest, QuotaExceeded, invalid
from domain.instruments import zone
from domain.market_data.files.contents import COLUMNS
from domain.market_data.files.csv_file import DELIMITERS
from domain.market_data.files.csv_header import LONGEST_NAME
from domain.market_data.imports import LARGEST_CHUNK, Content, FileFormat, SyntheticTerms
from domain.market_data.synthetic.terms import check_synthetic
from domain.market_data.timeframe import span_of


class WantedImport(Struct, frozen=True):
    """What a client declares."""

    instrument_id: str
    timeframe: str
    time_zone: str = ""
    content: Content = Content.BARS
    format: FileFormat = FileFormat.CSV
    columns: dict[str, str] = field(default_factory=dict)
    delimiter: str = ""
    skip_refused_rows: bool = False
    synthetic: SyntheticTerms | None = None


def check_terms(wanted: WantedImport, data: bytes) -> None:
    """Raises InvalidRequest (MISSING_FIELD, UNKNOWN_TIMEFRAME, UNKNOWN_TIME_ZONE, UNKNOWN_COLUMN,
    UNKNOWN_DELIMITER, DUPLICATE_COLUMN, NOT_EMPTY for a field that does not go with the others, and
    those of `check_synthetic`) and
    QuotaExceeded (CHUNK_TOO_LARGE).
    """
    if not wanted.instrument_id:
        raise invalid("import.instrument_id", "is required", reason="MISSING_FIELD")
    _check_timeframe(wanted)
    _check_zone(wanted.time_zone)
    _check_columns(wanted.columns, COLUMNS[wanted.content].names)
    if wanted.delimiter not in ("", *DELIMITERS):
        raise invalid(
            "import.delimiter", "must be one of , ; | and a tab", reason="UNKNOWN_DELIMITER"
        )
    if wanted.delimiter and wanted.format is not FileFormat.CSV:
        raise invalid("import.delimiter", "is for CSV files", reason="NOT_EMPTY")
    if wanted.synthetic is not None:
        check_synthetic(wanted.instrument_id, wanted.synthetic)
        if data:
            raise invalid("data", "must be empty: synthetic rows are made", reason="NOT_EMPTY")
    check_size(data)


def check_size(data: bytes) -> None:
    """Raises QuotaExceeded (CHUNK_TOO_LARGE)."""
    if len(data) > LARGEST_CHUNK:
        raise QuotaExceeded(
            f"a chunk may have {LARGEST_CHUNK} bytes",
            reason="CHUNK_TOO_LARGE",
            limit=str(LARGEST_CHUNK),
        )


def _check_timeframe(wanted: WantedImport) -> None:
    if wanted.content is not Content.BARS:
        if wanted.timeframe:
            raise invalid("import.timeframe", "is for bars", reason="NOT_EMPTY")
    elif not wanted.timeframe:
        raise invalid("import.timeframe", "is required", reason="MISSING_FIELD")
    else:
        span_of(wanted.timeframe, "import.timeframe")


def _check_zone(name: str) -> None:
    try:
        if name:
            zone(name)
    except InvalidRequest:
        raise invalid("import.time_zone", f"no zone {name!r}", reason="UNKNOWN_TIME_ZONE") from None


def _check_columns(columns: Mapping[str, str], known: tuple[str, ...]) -> None:
    for name, theirs in columns.items():
        if name not in known:
            raise invalid(
                "import.columns",
                f"has {name[:LONGEST_NAME]!r}, which is none of {', '.join(known)}",
                reason="UNKNOWN_COLUMN",
            )
        if not theirs.strip() or len(theirs) > LONGEST_NAME:
            raise invalid(
                "import.columns",
                f"{name} needs the name of a column, {LONGEST_NAME} characters at most",
                reason="MISSING_FIELD" if not theirs.strip() else "OUT_OF_RANGE",
            )
    named = [theirs.strip().lower() for theirs in columns.values()]
    if len(set(named)) < len(named):
        raise invalid("import.columns", "has one column twice", reason="DUPLICATE_COLUMN")
