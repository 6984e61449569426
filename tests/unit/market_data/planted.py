"""A file of minute bars in which exactly so many things are wrong, and what a report must say."""

import random
from datetime import UTC, datetime

import numpy as np
from msgspec import Struct

from domain.market_data.sessions import Sessions

MINUTE = 60 * 10**9
DAY = 1440 * MINUTE
HEADER = "time,open,high,low,close,volume"
# Of these a row stays where it was, and is refused.
SPOILT = {
    "NOT_A_NUMBER": ("close", "ten"),
    "MISSING_VALUE": ("volume", ""),
    "NOT_POSITIVE": ("low", "-1"),
    "HIGH_BELOW_LOW": ("high", "1"),
    "OUTSIDE_RANGE": ("open", "1000"),
    "TOO_MANY_VALUES": ("", "7"),
    "NOT_A_TIME": ("time", "soon"),
    "TIME_WITHOUT_ZONE": ("time", "2014-01-02 14:30:00"),
}
# Rows that come in addition, behind a good one.
ADDED = ("DUPLICATE_TIME", "UNSORTED_TIME", "OVERLAPPING_TIME", "DUPLICATE")
# Rows that are taken out or changed.
CHANGED = ("GAP", "OUTLIER")
KINDS = (*SPOILT, *ADDED, *CHANGED, "OFF_SESSION")
APART = 14  # rows between two faults: more than what is looked at around one


class Report(Struct):
    """What must be told: refused rows as (line, reason), findings as (kind, start, count, line)."""

    refused: list[tuple[int, str]]
    findings: list[tuple[str, int, int, int]]
    good_rows: int


def planted(sessions: Sessions, rows: int, faults: int, seed: int) -> tuple[str, Report]:
    """Some `rows` minutes of whole sessions with `faults` things wrong, as many of each kind."""
    dice = random.Random(seed)
    opens = np.concatenate(
        [np.arange(a, b, MINUTE) for a, b in zip(sessions.opens, sessions.closes, strict=True)]
    )[:rows].tolist()
    kinds = [KINDS[at % len(KINDS)] for at in range(faults)]
    closed = dice.sample(_last_before_closed_days(sessions, opens), kinds.count("OFF_SESSION"))
    kinds = [kind for kind in kinds if kind != "OFF_SESSION"]
    dice.shuffle(kinds)
    places = dice.sample(range(1, len(opens) // APART - 1), len(kinds))
    wrong = {place * APART: kind for place, kind in zip(places, kinds, strict=True)}
    writer = _Writer(dice)
    for at, ts in enumerate(opens):
        writer.write(at, ts, wrong.get(at, ""))
        if ts in closed:
            writer.off_session(at, ts + DAY)
    return "\n".join((HEADER, *writer.lines)) + "\n", writer.report


class _Writer:
    def __init__(self, dice: random.Random) -> None:
        self.lines: list[str] = []
        self.report = Report([], [], 0)
        self._dice = dice

    def write(self, at: int, ts: int, kind: str) -> None:
        values = _values(at)
        if kind in SPOILT:
            self._spoilt(ts, values, kind)
        elif kind == "GAP":
            self.report.findings.append((kind, ts, 1, 0))
        elif kind == "OUTLIER":
            values = [f"{float(value) * 3:.2f}" for value in values[:4]] + values[4:]
            self.report.findings.append((kind, ts, 1, self._good(ts, values)))
        else:
            self._good(ts, values)
            if kind:
                self._added(ts, values, kind)

    def off_session(self, at: int, ts: int) -> None:
        line = self._good(ts, _values(at))
        self.report.findings.append(("OFF_SESSION", ts, 1, line))

    def _spoilt(self, ts: int, values: list[str], kind: str) -> None:
        column, text = SPOILT[kind]
        cells = [_iso(ts), *values]
        if column:
            cells[HEADER.split(",").index(column)] = text
        else:
            cells.append(text)
        self.report.refused.append((self._line(cells), kind))

    def _added(self, ts: int, values: list[str], kind: str) -> None:
        if kind == "DUPLICATE":
            self.report.findings.append((kind, ts, 1, self._line([_iso(ts), *values])))
        elif kind == "DUPLICATE_TIME":
            other = [*values[:4], f"{float(values[4]) + 1:g}"]
            self.report.refused.append((self._line([_iso(ts), *other]), kind))
        elif kind == "UNSORTED_TIME":
            earlier = ts - self._dice.randrange(1, 500) * MINUTE
            self.report.refused.append((self._line([_iso(earlier), *values]), kind))
        else:
            self.report.refused.append((self._line([_iso(ts + MINUTE // 2), *values]), kind))

    def _good(self, ts: int, values: list[str]) -> int:
        self.report.good_rows += 1
        return self._line([_iso(ts), *values])

    def _line(self, cells: list[str]) -> int:
        self.lines.append(",".join(cells))
        return len(self.lines) + 1


def _last_before_closed_days(sessions: Sessions, opens: list[int]) -> list[int]:
    """The last minutes before weekends and holidays."""
    before = np.flatnonzero(np.diff(sessions.days) > 1)
    return [ts for ts in (sessions.closes[before] - MINUTE).tolist() if ts < opens[-1]]


def _values(at: int) -> list[str]:
    price = 100 + (at * 7919 % 40) / 100
    return [
        f"{price:.2f}",
        f"{price + 0.05:.2f}",
        f"{price - 0.05:.2f}",
        f"{price + 0.02:.2f}",
        f"{at % 997 + 1}",
    ]


def _iso(ts: int) -> str:
    return datetime.fromtimestamp(ts // 10**9, UTC).isoformat().replace("+00:00", "Z")
