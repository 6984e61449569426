"""What a look at a series finds, one by one and in sum."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct, field

MOST_FINDINGS = 1_000_000  # kept of one look; the sums count them all
LONGEST_DETAIL = 200


class FindingKind(StrEnum):
    """What was found."""

    GAP = "gap"
    OUTLIER = "outlier"
    OFF_SESSION = "off_session"
    SUSPECTED_SPLIT = "suspected_split"
    DUPLICATE = "duplicate"
    CROSSED_QUOTE = "crossed_quote"


class Finding(Struct, frozen=True, gc=False):
    """One thing that was found. Times are nanoseconds UTC, of bars the open times.

    `end_ts` is where a gap ends, exclusive, else 0; `count` how many rows it concerns, of a gap how
    many are missing; `line` where its first row stands in the file, 0 where it stands in none.
    """

    kind: FindingKind
    start_ts: int
    end_ts: int = 0
    count: int = 1
    line: int = 0
    detail: str = ""


class Quality(Struct, frozen=True):
    """A look in sum. `calendar` is empty where the venue has none that we know."""

    calendar: str
    expected_bar_count: int = 0
    missing_bar_count: int = 0
    finding_counts: dict[str, int] = field(default_factory=dict)
    """By the name of the kind: `GAP`."""
    check_ts: int = 0


class Tally:
    """Counts findings by their kind."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.missing = 0

    def add(self, findings: Iterable[Finding]) -> None:
        """Count these too."""
        for one in findings:
            self.counts[one.kind.name] = self.counts.get(one.kind.name, 0) + 1
            if one.kind is FindingKind.GAP:
                self.missing += one.count
