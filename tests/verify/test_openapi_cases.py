"""The document tells the truth: thousands of cases out of it, through Envoy, to a real platform."""

import json
import tempfile
from pathlib import Path

import pytest

from tests.journeys.clients import Rest
from tests.journeys.conftest import Platform
from tests.verify.openapi_cases import known_ids, try_cases

EXAMPLES = 40  # a call, in the phase that makes up values
AT_LEAST = 5000


@pytest.mark.timeout(2400)
def test_no_case_is_answered_by_what_the_document_does_not_say(capsys) -> None:
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        platform = Platform(Path(folder))
        try:
            rest = Rest(platform.rest, platform.token)
            outcome = try_cases(platform, known_ids(rest, platform), examples=EXAMPLES)
            well = rest.get("/v1/instruments").status
        finally:
            stopped = platform.stop()
        unforeseen = [
            line
            for line in (Path(folder) / "logs/trademesh.log").read_text().splitlines()
            if "incident_id" in line or json.loads(line).get("level") == "error"
        ]
    with capsys.disabled():
        print(f"\n{outcome.count} cases, {len(outcome.calls)} calls, by status:", outcome.statuses)

    assert not outcome.failures, "\n\n".join(
        f"{failure}\n{request}" for failure, request in outcome.failures.items()
    )
    assert unforeseen == []
    assert (well, stopped) == (200, 0)
    assert outcome.count >= AT_LEAST
