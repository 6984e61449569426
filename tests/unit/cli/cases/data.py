"""`trademesh data`."""

from tests.unit.cli.cases.case import EXPIRED, Case, Refused, invalid, not_found
from tests.unit.cli.filled import filled, page

_MARKET = "market_data.MarketDataService"
_IMPORTS = "market_data.ImportService"
_EXPORTS = "exports.ExportService"

_CLEAN = {"state": "STATE_SUCCEEDED", "refused_row_count": "0", "refused_rows": []}
IMPORT = filled("market_data.Import", **_CLEAN)
_ENDED = {
    f"{_IMPORTS}/CreateImport": {"import": IMPORT | {"state": "STATE_UPLOADING"}},
    f"{_IMPORTS}/UploadImportChunk": {"import": IMPORT},
    f"{_IMPORTS}/WatchImport": [{"import": IMPORT}],
    f"{_IMPORTS}/ListImportFindings": page("findings", "market_data.Finding"),
}
EXPORT = filled(
    "exports.Export", bars=filled("exports.Bars"), state="STATE_SUCCEEDED", size_bytes="3"
)
EXPORTED = {
    f"{_EXPORTS}/CreateExport": {"export": EXPORT | {"state": "STATE_RUNNING"}},
    f"{_EXPORTS}/WatchExport": [{"export": EXPORT}],
    f"{_EXPORTS}/DownloadExport": [{"body": {"content_type": "text/csv", "data": "YSxi"}}],
}
_SYNTHETIC = "-i TEST.SYNTHETIC --start-date 2024-01-02 --sessions 5"

CASES = {
    "data catalog": Case(
        answers={f"{_MARKET}/ListBarSeries": page("bar_series", "market_data.BarSeries")},
        refused=Refused(5, answers={f"{_MARKET}/ListBarSeries": EXPIRED}),
    ),
    "data instruments": Case(
        answers={f"{_MARKET}/ListInstruments": page("instruments", "market_data.Instrument")},
        refused=Refused(5, answers={f"{_MARKET}/ListInstruments": EXPIRED}),
    ),
    "data check": Case(
        "AAPL -t 1d",
        answers={f"{_MARKET}/CheckBars": filled("market_data.CheckBarsResponse")},
        code=13,
        refused=Refused(
            4, "AAPL -t 1day", invalid("UNKNOWN_TIMEFRAME", f"{_MARKET}/CheckBars"), says="1d; did"
        ),
    ),
    "data import": Case(
        "bars.csv -i AAPL.XNAS -t 1d",
        answers=_ENDED,
        files={"bars.csv": "date,open,high,low,close,volume\n"},
        refused=Refused(3, "none.csv -i AAPL.XNAS -t 1d", says="No such file"),
    ),
    "data generate": Case(
        f"{_SYNTHETIC} --seed 7 --splits 1",
        answers=_ENDED,
        refused=Refused(
            4, _SYNTHETIC, invalid("SYNTHETIC_VENUE_REQUIRED", f"{_IMPORTS}/CreateImport")
        ),
    ),
    "data report": Case(
        "imp_1",
        answers={f"{_IMPORTS}/GetImport": {"import": IMPORT}},
        refused=Refused(3, "imp_2", not_found("IMPORT_NOT_FOUND", f"{_IMPORTS}/GetImport")),
    ),
    "data download": Case(
        "AAPL", code=7, golden=False, refused=Refused(7, "AAPL", says="later version")
    ),
    "data export": Case(
        "aapl.csv -i AAPL -t 1d",
        answers=EXPORTED,
        refused=Refused(8, "aapl.csv -i AAPL -t 1d", says="FILE_EXISTS"),
    ),
    "data watch": Case(
        "bars AAPL --start 2024-01-02 --no-follow",
        answers={f"{_MARKET}/StreamBars": [page("bars", "market_data.Bar")]},
        refused=Refused(
            3,
            "bars APPL --start 2024-01-02",
            {
                f"{_MARKET}/StreamBars": [
                    not_found("INSTRUMENT_NOT_FOUND", "", instrument_id="APPL")[""]
                ],
                f"{_MARKET}/ListInstruments": page("instruments", "market_data.Instrument"),
            },
            says="AAPL",
        ),
    ),
}
