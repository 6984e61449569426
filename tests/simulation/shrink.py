"""Makes a failing seed small: fewer kinds of faults, fewer faults, clients and orders."""

from collections.abc import Callable, Sequence

from msgspec import structs

from tests.simulation.campaign import Plan, run_seed, words_of
from tests.simulation.scenario import FAULTS


def shrink(plan: Plan, seed: int, hear: Callable[[str], None]) -> Plan:
    """The smallest plan found in which this seed still breaks the same promise."""
    kind = _kind(plan, seed)
    if not kind:
        raise ValueError(f"seed {seed} breaks nothing")

    def still(smaller: Plan) -> bool:
        return _kind(smaller, seed) == kind

    for kind_of_fault in sorted(set(FAULTS) - plan.without):
        smaller = structs.replace(plan, without=plan.without | {kind_of_fault})
        plan = smaller if still(smaller) else plan
    hear(f"{kind} needs no more than {sorted(set(FAULTS) - plan.without)}")
    plan = _drop_faults(plan, seed, still)
    for clients in (1, 2, 3):
        smaller = structs.replace(plan, clients=clients)
        if still(smaller):
            plan = smaller
            break
    while plan.orders > 1:
        smaller = structs.replace(plan, orders=plan.orders * 2 // 3)
        if not still(smaller):
            break
        plan = smaller
    return plan


def command(plan: Plan, seed: int) -> str:
    """What replays it."""
    parts = [f"python -m tests.simulation --seeds {seed} --orders {plan.orders}"]
    parts += [f"--tier {plan.tier}"] if plan.tier != "kernel" else []
    parts += [f"--mutant {plan.mutant}"] if plan.mutant else []
    parts += [f"--clients {plan.clients}"] if plan.clients else []
    parts += [f"--without {','.join(sorted(plan.without))}"] if plan.without else []
    parts += [f"--drop {words_of(sorted(plan.dropped))}"] if plan.dropped else []
    return " ".join(parts)


def _kind(plan: Plan, seed: int) -> str:
    result, _, _ = run_seed(plan, seed)
    return result.violations[0].kind if result.violations else ""


def _drop_faults(plan: Plan, seed: int, still: Callable[[Plan], bool]) -> Plan:
    """Bisects the list of the faults that struck: halves first, then what is left of it."""
    result, _, _ = run_seed(plan, seed)
    kept: Sequence[int] = [
        number for number in range(1, result.faults + 1) if number not in plan.dropped
    ]
    size = max(1, len(kept) // 2)
    while size >= 1 and kept:
        for begin in range(0, len(kept), size):
            fewer = kept[begin : begin + size]
            smaller = structs.replace(plan, dropped=plan.dropped | set(fewer))
            if still(smaller):
                plan, kept = smaller, [one for one in kept if one not in fewer]
                break
        else:
            size //= 2
    return plan
