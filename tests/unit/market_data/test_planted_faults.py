"""A file in which exactly so many things are wrong: the report names those, and nothing else."""

from collections import Counter
from datetime import date
from pathlib import Path

from apps.market_data.imports.import_terms import WantedImport
from domain.market_data.imports import ImportState
from domain.market_data.sessions import Sessions
from ports.calendar import Calendars
from tests.unit.domain.market_data.quality import sessions
from tests.unit.market_data.house import APPLE, House, a_house
from tests.unit.market_data.planted import KINDS, Report, planted

CALENDAR = sessions(date(2013, 11, 4), 70)
WANTED = WantedImport("AAPL.XNAS", "1m", skip_refused_rows=True)


class OneCalendar(Calendars):
    def sessions(self, venue: str, first_day: date, last_day: date) -> Sessions | None:
        return CALENDAR


async def told(house: House, import_id: str) -> Report:
    """What the house says of an import, every page of it."""
    refused: list[tuple[int, str]] = []
    while page := await house.imports.refused_rows(
        "local", import_id, after=refused[-1][0] if refused else 0, limit=7
    ):
        refused += [(row.line, row.reason) for row in page]
    findings, after = [], ""
    while page_of := await house.imports.findings("local", import_id, after=after, limit=7):
        after = page_of[-1][0]
        findings += [(one.kind.name, one.start_ts, one.count, one.line) for _, one in page_of]
    return Report(refused, findings, (await house.imports.get("local", import_id)).bar_count)


async def test_every_planted_fault_is_reported_and_nothing_else(tmp_path: Path) -> None:
    text, expected = planted(CALENDAR, 20_000, 150, seed=2014)
    async with a_house(tmp_path, calendars=OneCalendar()) as house:
        await house.instruments.save(APPLE)
        one = await house.import_csv(text, WANTED)
        found = await told(house, one.import_id)
        assert found.refused == expected.refused
        assert sorted(found.findings) == sorted(expected.findings)
        assert [one[1] for one in found.findings] == sorted(one[1] for one in found.findings)
        assert found.good_rows == expected.good_rows == await house.bars.count("AAPL", "1m")
        reasons = Counter(reason for _, reason in found.refused)
        kinds = Counter(kind for kind, *_ in found.findings)
        assert reasons + kinds == Counter(dict.fromkeys(KINDS, 10))
        assert one.quality is not None
        assert one.quality.finding_counts == dict(kinds)
        assert (one.refused_row_count, one.duplicate_row_count) == (110, 10)
        assert one.total_rows == one.read_rows == len(text.splitlines()) - 1


async def test_without_leave_to_skip_the_same_report_and_not_a_bar(tmp_path: Path) -> None:
    text, expected = planted(CALENDAR, 5_000, 15, seed=7)
    async with a_house(tmp_path, calendars=OneCalendar()) as house:
        await house.instruments.save(APPLE)
        one = await house.import_csv(text, WantedImport("AAPL.XNAS", "1m"))
        assert (one.state, one.error_reason) == (ImportState.FAILED, "REFUSED_ROWS")
        found = await told(house, one.import_id)
        assert found.refused == expected.refused
        assert sorted(found.findings) == sorted(expected.findings)
        assert await house.bars.series() == []
