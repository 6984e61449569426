"""What was found in a series, to protobuf."""

from adapters.wire.values import Choices, time_to_wire
from domain.market_data.quality.finding import Finding, FindingKind, Quality
from trademesh.market_data.v1 import quality_pb2

KINDS = Choices(
    {
        quality_pb2.Finding.KIND_GAP: FindingKind.GAP,
        quality_pb2.Finding.KIND_OUTLIER: FindingKind.OUTLIER,
        quality_pb2.Finding.KIND_OFF_SESSION: FindingKind.OFF_SESSION,
        quality_pb2.Finding.KIND_SUSPECTED_SPLIT: FindingKind.SUSPECTED_SPLIT,
        quality_pb2.Finding.KIND_DUPLICATE: FindingKind.DUPLICATE,
        quality_pb2.Finding.KIND_CROSSED_QUOTE: FindingKind.CROSSED_QUOTE,
    }
)


def quality_to_wire(quality: Quality) -> quality_pb2.Quality:
    """A look in sum."""
    return quality_pb2.Quality(
        calendar=quality.calendar,
        expected_bar_count=quality.expected_bar_count,
        missing_bar_count=quality.missing_bar_count,
        finding_counts=quality.finding_counts,
        check_time=time_to_wire(quality.check_ts),
    )


def finding_to_wire(finding: Finding) -> quality_pb2.Finding:
    """One thing that was found."""
    wire = quality_pb2.Finding(
        kind=KINDS.to_wire(finding.kind),
        start_time=time_to_wire(finding.start_ts),
        count=finding.count,
        line=finding.line,
        detail=finding.detail,
    )
    if finding.end_ts:
        wire.end_time.CopyFrom(time_to_wire(finding.end_ts))
    return wire
