"""Compares two records of one strategy."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from apps.paging import Places, cut, page_size
from apps.reports.backtest_record import BacktestRecord
from apps.reports.rehearse_run import RehearseRun
from apps.reports.run_record import RunRecord
from domain.errors import InvalidRequest, invalid
from domain.reports.parity.records import Record
from domain.reports.parity.report import Parity, Row, compare
from ports.run_store import RunStore

REMEMBERED = 8  # reports, so that their next pages cost nothing
AT_ONCE = 2  # each rehearsal has a process and keeps a core busy
BACKTEST, RUN = "bt_", "run_"

Stamp = tuple[object, ...]


class CompareParity:
    """A report is worked out when it is asked for, and remembered for its next pages.

    The record of a run that goes on grows: its next page may be of a later moment.
    """

    def __init__(
        self,
        runs: RunStore,
        run_record: RunRecord,
        backtest_record: BacktestRecord,
        rehearse: RehearseRun,
        places: Places,
    ) -> None:
        self._runs = runs
        self._run_record = run_record
        self._backtest_record = backtest_record
        self._rehearse = rehearse
        self._places = places
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._remembered: OrderedDict[Stamp, Parity] = OrderedDict()

    async def __call__(
        self, tenant: str, left: str, right: str, *, show_equal: bool, size: int, token: str
    ) -> tuple[Parity, Sequence[Row], str]:
        """The report, a page of its rows, and the token of the next, empty on the last.

        An empty `right` stands for the rehearsal of `left`. Raises NotFound, InvalidRequest
        (UNKNOWN_RECORD, NOT_COMPARABLE, PAGE_TOKEN_INVALID) and NotAllowedNow (BACKTEST_NOT_DONE,
        NOTHING_IN_COMMON, TOO_MANY_ORDERS, TOO_MANY_BARS, or what ended the strategy's process).
        """
        query = ("parity", tenant, left, right, show_equal)
        after = self._places.place("page_token", query, token) or 0
        if isinstance(after, str):
            raise invalid("page_token", "is not a token of this query", reason="PAGE_TOKEN_INVALID")
        report = await self._report(tenant, left, right)
        limit = page_size(size)
        rows = [row for row in report.rows[after:] if show_equal or row.differences]
        page, place = cut(rows[: limit + 1], limit, lambda row: row.number)
        return report, page, "" if place is None else self._places.token(query, place)

    async def _report(self, tenant: str, left: str, right: str) -> Parity:
        _check_ids(left, right)
        stamp = (
            await self._stamp(tenant, left),
            await self._stamp(tenant, right) if right else (),
        )
        if (known := self._remembered.get(stamp)) is not None:
            self._remembered.move_to_end(stamp)
            return known
        one = await self._record(tenant, left)
        other = await self._record(tenant, right) if right else await self._again(tenant, one)
        report = compare(one, other)
        self._remembered[stamp] = report
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        return report

    async def _stamp(self, tenant: str, record_id: str) -> Stamp:
        """Equal while the record says the same. Raises NotFound."""
        if not record_id.startswith(RUN):
            return tenant, record_id
        run = await self._runs.get(tenant, record_id)
        return tenant, record_id, run.bar_count, run.heard_count, run.state

    async def _record(self, tenant: str, record_id: str) -> Record:
        if record_id.startswith(RUN):
            return await self._run_record(tenant, record_id)
        return await self._backtest_record(tenant, record_id)

    async def _again(self, tenant: str, recorded: Record) -> Record:
        run = await self._runs.get(tenant, recorded.id)
        async with self._turns:
            return await self._rehearse(run, recorded)


def _check_ids(left: str, right: str) -> None:
    """Raises InvalidRequest: UNKNOWN_RECORD, or MISSING_FIELD for a backtest alone."""
    for field, record_id in (("left", left), ("right", right)):
        if record_id and not record_id.startswith((BACKTEST, RUN)):
            text = f"{record_id} is neither a run (run_…) nor a backtest (bt_…)"
            raise InvalidRequest(text, reason="UNKNOWN_RECORD", violations={field: text})
    if not right and not left.startswith(RUN):
        raise invalid("right", "only a run is compared alone", reason="MISSING_FIELD")
