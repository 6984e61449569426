"""The parity report: rows, and what they add up to."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from domain.errors import InvalidRequest, NotAllowedNow
from domain.reports.parity.matching import Pair, pairs
from domain.reports.parity.records import Decided, Record
from domain.reports.parity.shares import Component, shares
from domain.reports.parity.words import in_words


class Difference(Struct, frozen=True):
    """One way in which a decision differs, in words, and what it adds in money, scaled."""

    component: Component
    text: str
    amount: int


class Row(Struct, frozen=True):
    """One decision; None stands for the side that has not made it."""

    number: int
    left: Decided | None
    right: Decided | None
    differences: tuple[Difference, ...] = ()

    @property
    def amount(self) -> int:
        """What it adds to the difference of the results, scaled."""
        return sum(one.amount for one in self.differences)


class Share(Struct, frozen=True):
    """What one component has to do with it."""

    decision_count: int = 0
    amount: int = 0


class SideSummary(Struct, frozen=True):
    """One record within the compared span. Money is scaled."""

    record: Record
    decision_count: int
    result: int
    fees: int


class Parity(Struct, frozen=True):
    """The whole report: left.result − right.result = Σ rows = Σ components, exactly.

    Each side's result is what its decisions in the span earned: fills as cash, fees paid, and what
    is left of them at the one mark that both share.
    """

    left: SideSummary
    right: SideSummary
    start_ts: int
    end_ts: int
    mark: int
    shares: dict[Component, Share]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def difference(self) -> int:
        """Money by which the left side earned more."""
        return self.left.result - self.right.result

    @property
    def equal_count(self) -> int:
        return sum(not row.differences for row in self.rows)

    @property
    def is_equal(self) -> bool:
        return self.equal_count == len(self.rows)


def compare(left: Record, right: Record) -> Parity:
    """The report on two records, over the span that both cover.

    Raises InvalidRequest (NOT_COMPARABLE) for records of different strategies, instruments or
    timeframes, and NotAllowedNow (NOTHING_IN_COMMON) where they cover no span together.
    """
    _check_comparable(left, right)
    start, end = max(left.start_ts, right.start_ts), min(left.end_ts, right.end_ts)
    if end < start:
        raise NotAllowedNow(
            f"{left.id} and {right.id} cover no time together", reason="NOTHING_IN_COMMON"
        )
    ours, theirs = _within(left, start, end), _within(right, start, end)
    mark, unit = _mark(left, right, end, (*ours, *theirs)), left.instrument.money_factor
    same_mind = (left.version_id, left.parameters) == (right.version_id, right.parameters)
    found = pairs(ours, theirs, same_mind=same_mind)
    rows = tuple(_rows(found, left, mark, unit))
    return Parity(
        left=_summary(left, ours, mark, unit),
        right=_summary(right, theirs, mark, unit),
        start_ts=start,
        end_ts=end,
        mark=mark,
        shares={one: _share(rows, one) for one in Component},
        rows=rows,
        notes=tuple(_notes(left, right)),
    )


def _check_comparable(left: Record, right: Record) -> None:
    fields = (
        ("strategies", left.strategy_id, right.strategy_id),
        ("instruments", left.instrument.instrument_id, right.instrument.instrument_id),
        ("timeframes", left.timeframe, right.timeframe),
    )
    for name, one, other in fields:
        if one != other:
            text = f"is of other {name}: {one} and {other}"
            raise InvalidRequest(
                f"right {text}", reason="NOT_COMPARABLE", violations={"right": text}
            )


def _within(record: Record, start: int, end: int) -> list[Decided]:
    return [one.until(end) for one in record.decided if start <= one.ts <= end]


def _mark(left: Record, right: Record, end: int, decided: Sequence[Decided]) -> int:
    """The last price known at the end: any would keep the sums right, this one is the market's."""
    for record in (left, right):
        if record.end_ts == end and record.mark:
            return record.mark
    fills = (fill for one in decided for fill in one.fills)
    return max(((fill.ts, fill.price) for fill in fills), default=(0, 0))[1]


def _summary(record: Record, decided: Sequence[Decided], mark: int, unit: int) -> SideSummary:
    result = sum(one.gain(mark, unit) for one in decided)
    return SideSummary(record, len(decided), result, sum(one.fees for one in decided))


def _rows(found: Sequence[Pair], record: Record, mark: int, unit: int) -> Iterator[Row]:
    for number, (left, right) in enumerate(found, 1):
        differences = tuple(
            Difference(component, in_words(component, left, right, record.instrument), amount)
            for component, amount in sorted(shares(left, right, mark, unit).items())
        )
        yield Row(number, left, right, differences)


def _share(rows: Sequence[Row], component: Component) -> Share:
    amounts = [one.amount for row in rows for one in row.differences if one.component is component]
    return Share(len(amounts), sum(amounts))


def _notes(left: Record, right: Record) -> Iterator[str]:
    if left.version_id != right.version_id:
        yield f"version is {left.version_id} on the left, {right.version_id} on the right"
    for name in sorted({**left.parameters, **right.parameters}):
        one, other = left.parameters.get(name), right.parameters.get(name)
        if one != other:
            yield (
                f"parameter {name} is {one or 'unset'} on the left, {other or 'unset'} on the right"
            )
    yield from left.notes
    yield from right.notes
