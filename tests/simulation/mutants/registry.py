"""Every mutant, by name, with the seeds that found it."""

from collections.abc import Callable
from types import ModuleType

from tests.simulation.mutants import books, protocol, stores
from tests.simulation.mutants.mutant import Mutant, Put

SEEDS: dict[str, tuple[int, ...]] = {
    "absence_not_watched": (124,),
    "absent_at_the_first_no": (7, 10),
    "acceptance_not_logged": (0, 1),
    "answers_not_kept": (1,),
    "blind_resend": (7, 10),
    "bodies_not_compared": (6, 9),
    "cancel_in_doubt_at_once": (7, 19),
    "decision_number_reset": (0, 1),
    "early_fill_dropped": (8, 13),
    "epoch_not_checked": (3, 4),
    "fee_not_booked": (0, 1),
    "fill_booked_twice": (5, 6),
    "fill_not_told": (0, 1),
    "fill_of_a_rejected_order_refused": (1, 2),
    "found_submitted_taken_for_accepted": (4, 8),
    "generation_reused": (0, 1),
    "kept_in_two_steps": (0, 1),
    "late_fill_dropped": (1, 2),
    "money_as_float": (0, 1),
    "names_by_attempt": (1, 6),
    "new_id_for_each_attempt": (0, 1),
    "nothing_swept": (4, 8),
    "overfill_accepted": (18,),
    "quiet_not_awaited": (7, 12),
    "refusal_of_the_order": (1, 12),
    "refused_cancel_taken_for_the_end": (12, 13),
    "release_on_timeout": (1, 7),
    "reports_counted_before_they_are_booked": (0, 4),
    "resent_after_an_unanswered_question": (16,),
    "reservation_not_released": (0, 1),
    "reservation_released_in_doubt": (1, 2),
    "reservations_not_counted": (5, 29),
    "send_guard_skipped": (12, 15),
    "sent_before_it_is_kept": (0, 7),
    "silence_taken_for_a_no": (7, 16),
    "switch_not_read_before_sending": (47, 59),
    "versions_not_counted": (0, 1),
    "working_orders_not_counted": (0, 2),
}
"""By `python -m tests.simulation --mutants all`; see docs/order-safety.md."""


def _of(module: ModuleType) -> list[Mutant]:
    found: list[Mutant] = []
    for name, put in vars(module).items():
        is_mutant = callable(put) and getattr(put, "__module__", "") == module.__name__
        if is_mutant and not name.startswith("_") and _takes_put(put):
            breaks = (put.__doc__ or "").strip().splitlines()[0]
            found.append(Mutant(name, breaks, put, SEEDS.get(name, ())))
    return found


def _takes_put(put: Callable[[Put], None]) -> bool:
    return getattr(put, "__annotations__", {}).get("put") is Put


MUTANTS: dict[str, Mutant] = {
    mutant.name: mutant for module in (protocol, books, stores) for mutant in _of(module)
}
