"""The life of a run, and what is said of it."""

from collections.abc import Callable

import pytest

from domain.errors import NotAllowedNow
from domain.orders.closing import Closed
from domain.strategies.run import ACTIVE, Replay, Run, RunState
from domain.strategies.run_log import words_about, words_about_flattening

RUN = Run("local", "run_1", "s", "v", "acc_1", "AAPL.XNAS", "1d", {"fast": "5"}, Replay(), 9, 1)
RUNNING = RUN.running()
Ask = Callable[[Run], Run]


def test_pausing_and_resuming_are_counted_as_commands() -> None:
    paused = RUNNING.pausing()
    assert (paused.state, paused.asked_count, paused.has_commands) == (RunState.PAUSED, 1, True)
    resumed = paused.obeyed(1).resuming()
    assert (resumed.state, resumed.asked_count, resumed.has_commands) == (RunState.RUNNING, 2, True)
    assert not resumed.obeyed(2).has_commands


def test_a_run_paused_before_it_started_stays_paused() -> None:
    assert RUN.pausing().running().state is RunState.PAUSED


def test_flattening_pauses_and_may_be_asked_again() -> None:
    once = RUNNING.flattening()
    assert (once.state, once.flattening().asked_count) == (RunState.PAUSED, 2)


def test_the_parameters_it_started_with_are_known_for_ever() -> None:
    other = RUNNING.with_parameters({"fast": "6"}).with_parameters({"fast": "7"})
    assert (other.parameters, other.first_parameters) == ({"fast": "7"}, {"fast": "5"})
    assert RUNNING.first_parameters == {"fast": "5"}


@pytest.mark.parametrize("state", [*sorted(set(RunState) - ACTIVE), RunState.STOPPING])
@pytest.mark.parametrize(
    "ask", [Run.pausing, Run.resuming, Run.flattening, lambda run: run.with_parameters({})]
)
def test_nothing_is_asked_of_a_run_at_its_end(state: RunState, ask: Ask) -> None:
    ended = RUNNING.stopping() if state is RunState.STOPPING else RUNNING.ended(state, 5)
    with pytest.raises(NotAllowedNow) as refusal:
        ask(ended)
    assert (refusal.value.reason, refusal.value.facts["state"]) == ("RUN_ENDED", state.name)


@pytest.mark.parametrize(
    ("ask", "run", "reason"),
    [
        (Run.pausing, RUNNING.pausing(), "RUN_PAUSED_ALREADY"),
        (Run.resuming, RUNNING, "RUN_NOT_PAUSED"),
        (Run.resuming, RUN, "RUN_NOT_PAUSED"),
    ],
)
def test_what_is_so_already_is_refused(ask: Ask, run: Run, reason: str) -> None:
    with pytest.raises(NotAllowedNow) as refusal:
        ask(run)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, RUN, "will hear 9 bars of AAPL.XNAS"),
        (RUN, RUNNING, "started"),
        (RUNNING, RUNNING.heard(5), ""),
        (RUNNING, RUNNING.pausing(), "paused"),
        (RUNNING.pausing(), RUNNING.pausing().resuming(), "resumed"),
        (RUNNING.pausing(), RUNNING.pausing().flattening(), ""),
        (
            RUNNING,
            RUNNING.with_parameters({"fast": "6", "slow": "9"}),
            "parameters: fast=6, slow=9",
        ),
        (RUNNING, RUNNING.stopping(), "asked to stop"),
        (RUNNING, RUNNING.heard(5).ended(RunState.FINISHED, 5), "finished after 1 bars"),
        (RUNNING, RUNNING.ended(RunState.FAILED, 5, "WHY", "so"), "failed: WHY: so"),
    ],
)
def test_changes_are_put_in_words(before: Run | None, after: Run, words: str) -> None:
    assert words_about(before, after) == words


def test_a_flattening_that_had_nothing_to_do_says_so() -> None:
    assert words_about_flattening(Closed((), ())) == "flattened: nothing held; 0 orders canceled"
