"""What is shown of an import that has ended, and with which exit code."""

from typing import Any

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.hints import BY_REASON
from apps.cli.output.market_views import FINDING, IMPORT, REFUSED_ROW
from apps.cli.output.words import state_in_words
from apps.cli.session import Session

Json = dict[str, Any]

IMPORTS = "market_data.ImportService"
_SHOWN = 20  # findings, in a table


def show_ended(session: Session, done: Json) -> None:
    """Raises Failure: exit 11 where nothing was kept, exit 12 where rows were left out."""
    kept = done["state"] == "STATE_SUCCEEDED"
    if not session.is_for_people:
        session.show(done, IMPORT)
    else:
        if kept:
            session.show(_without_zeros(done), IMPORT)
            _show_findings(session, done)
        _show_refused_rows(session, done)
    if not kept:
        raise _failed(done)
    if int(done["refused_row_count"]):
        raise _partial(done)


def _without_zeros(done: Json) -> Json:
    """For people: of what there is none is not told."""
    return {name: value for name, value in done.items() if value != "0"}


def _show_findings(session: Session, done: Json) -> None:
    counts = (done.get("quality") or {}).get("finding_counts", {})
    if not counts:
        return
    asked = {"import_id": done["import_id"], "page_size": _SHOWN}
    found = session.call(f"{IMPORTS}/ListImportFindings", asked)["findings"]
    print()
    session.show(found, FINDING)
    more = sum(map(int, counts.values())) - len(found)
    if more > 0:
        session.talk(f"… and {more:,} more: trademesh data report {done['import_id']} --findings")


def _show_refused_rows(session: Session, done: Json) -> None:
    if not done["refused_rows"]:
        return
    session.show(done["refused_rows"], REFUSED_ROW)
    more = int(done["refused_row_count"]) - len(done["refused_rows"])
    if more > 0:
        session.talk(f"… and {more:,} more: trademesh data report {done['import_id']} --refused")


def _failed(done: Json) -> Failure:
    state = state_in_words(done["state"]).lower()
    return Failure(
        ExitCode.FAILED,
        done["error_message"] or f"the import is {state}",
        reason=done["error_reason"],
        hint=BY_REASON.get(done["error_reason"]) or "the same again, once the file is mended",
    )


def _partial(done: Json) -> Failure:
    count = int(done["refused_row_count"])
    rows = "1 row is" if count == 1 else f"{count:,} rows are"
    return Failure(
        ExitCode.PARTIAL,
        f"{rows} refused and left out; the others are kept",
        reason="REFUSED_ROWS",
        hint=f"trademesh data report {done['import_id']} --refused",
    )
