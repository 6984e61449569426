"""An export: what was asked for, how far it is, how it ended."""

from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.errors import NotAllowedNow, invalid
from domain.market_data.timeframe import span_of

LIFE = 24 * 3600 * 1_000_000_000  # nanoseconds that a file can be downloaded


class ExportState(IntEnum):
    """Where an export stands."""

    RUNNING = 1
    SUCCEEDED = 2
    FAILED = 3
    CANCELED = 4
    EXPIRED = 5


class ExportFormat(IntEnum):
    """How the file is written."""

    CSV = 1
    PARQUET = 2


class BarsContent(Struct, frozen=True, tag="bars"):
    """Bars of one instrument; times are open times, nanoseconds UTC."""

    instrument_id: str
    timeframe: str
    start_ts: int | None = None
    end_ts: int | None = None
    unadjusted: bool = False

    @property
    def field(self) -> str:
        """What a request calls it."""
        return "bars"

    def check(self) -> None:
        """Raises InvalidRequest: MISSING_FIELD, UNKNOWN_TIMEFRAME, END_BEFORE_START."""
        for name in ("instrument_id", "timeframe"):
            if not getattr(self, name):
                raise invalid(name, "is required", reason="MISSING_FIELD")
        span_of(self.timeframe)
        if self.start_ts is None or self.end_ts is None:
            return
        if self.end_ts <= self.start_ts:
            raise invalid("end_time", "must be after start_time", reason="END_BEFORE_START")

    @property
    def title(self) -> str:
        """What the file is called, without its ending."""
        return f"{self.instrument_id}-{self.timeframe}"


class AccountContent(Struct, frozen=True, tag="account"):
    """`what` of one account: `orders` or `fills`."""

    account_id: str
    what: str

    @property
    def field(self) -> str:
        """What a request calls it."""
        return f"account_{self.what}"

    @property
    def title(self) -> str:
        """What the file is called, without its ending."""
        return f"{self.account_id}-{self.what}"


class BacktestContent(Struct, frozen=True, tag="backtest"):
    """`what` of one backtest: `orders`, `fills` or `equity`."""

    backtest_id: str
    what: str

    @property
    def field(self) -> str:
        """What a request calls it."""
        return f"backtest_{self.what}"

    @property
    def title(self) -> str:
        """What the file is called, without its ending."""
        return f"{self.backtest_id}-{self.what}"


Content = BarsContent | AccountContent | BacktestContent

SCOPES: dict[type[Content], str] = {
    BarsContent: "market_data.read",
    AccountContent: "orders.read",
    BacktestContent: "backtests.read",
}
"""What a caller must be allowed to read to take it away."""


class Export(Struct, frozen=True):
    """One export as it stands. Each verb returns it after the change, or raises."""

    tenant: str
    export_id: str
    content: Content
    format: ExportFormat
    create_ts: int
    total_row_count: int = 0
    state: ExportState = ExportState.RUNNING
    row_count: int = 0
    size_bytes: int = 0
    end_ts: int = 0
    error_reason: str = ""
    error_message: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.state is ExportState.RUNNING

    @property
    def file_name(self) -> str:
        """`AAPL.XNAS-1d.csv`."""
        return f"{self.content.title}.{self.format.name.lower()}"

    @property
    def expire_ts(self) -> int:
        """When the file goes; 0 while there is none."""
        return self.end_ts + LIFE if self.state is ExportState.SUCCEEDED else 0

    def advanced(self, row_count: int) -> "Export":
        """So many rows are written. One that has ended stays as it is."""
        return replace(self, row_count=row_count) if self.is_active else self

    def succeeded(self, ts: int, *, row_count: int, size_bytes: int) -> "Export":
        """The file is in its place."""
        if not self.is_active:
            return self
        return replace(
            self,
            state=ExportState.SUCCEEDED,
            row_count=row_count,
            total_row_count=row_count,
            size_bytes=size_bytes,
            end_ts=ts,
        )

    def failed(self, ts: int, reason: str, message: str) -> "Export":
        """It ended by an error."""
        if not self.is_active:
            return self
        return replace(
            self,
            state=ExportState.FAILED,
            end_ts=ts,
            error_reason=reason,
            error_message=message,
        )

    def canceled(self, ts: int) -> "Export":
        """Canceled as asked. Raises NotAllowedNow (`EXPORT_ENDED`)."""
        if not self.is_active:
            raise NotAllowedNow(
                f"export {self.export_id} has ended: {self.state.name}",
                reason="EXPORT_ENDED",
                export_id=self.export_id,
                state=self.state.name,
            )
        return replace(self, state=ExportState.CANCELED, end_ts=ts)

    def expired(self) -> "Export":
        """Its day is over."""
        return replace(self, state=ExportState.EXPIRED)

    def check_downloadable(self, now: int) -> None:
        """Raises NotAllowedNow: EXPORT_EXPIRED, EXPORT_NOT_DONE."""
        gone = self.state is ExportState.EXPIRED or 0 < self.expire_ts <= now
        if not gone and self.state is ExportState.SUCCEEDED:
            return
        why = "its file is gone, a day after it was made" if gone else f"it is {self.state.name}"
        raise NotAllowedNow(
            f"export {self.export_id} cannot be downloaded: {why}",
            reason="EXPORT_EXPIRED" if gone else "EXPORT_NOT_DONE",
            export_id=self.export_id,
            state=self.state.name,
        )
