"""What a seed stands for: a swarm. Each enables some faults at some rates, and its own world."""

from random import Random

from msgspec import Struct

from domain.orders.doubt import SECOND
from ports.broker import Capabilities, Question

FAULTS = {
    # the store
    "commit_unknown": 0.01,
    "serialization_failure": 0.02,
    "disk_full": 0.002,
    # the line to the broker
    "submit_lost": 0.05,
    "submit_late": 0.05,
    "submit_too_late": 0.01,
    "submit_refused": 0.04,
    "retry_refused": 0.3,
    "ack_lost": 0.05,
    "submitted_twice": 0.03,
    "taken_twice": 0.01,
    "question_lost": 0.1,
    "question_stale": 0.1,
    "change_lost": 0.1,
    "change_late": 0.05,
    "change_answer_lost": 0.1,
    "reports_lost": 0.05,
    "rate_limited": 0.03,
    "session_reset": 0.002,
    # what the broker tells
    "report_late": 0.1,
    "report_twice": 0.1,
    "arrival_lost": 0.1,
    "burst": 0.1,
    # processes and their clocks
    "crash": 0.003,
    "stopped": 0.001,
    "clock_jump": 0.0005,
    "renewal_lost": 0.05,
    # the operator
    "kill_pressed": 0.05,
    # clients
    "call_lost": 0.05,
    "reply_lost": 0.05,
    "other_body": 0.02,
}
"""The highest rate of each, per occasion."""

PAPER = Capabilities(unique_order_ids=True, questions=(Question.BY_ID,), max_inflight=0)
UNIQUE = Capabilities(unique_order_ids=True, questions=(Question.BY_ID,), max_inflight=60 * SECOND)
NOT_UNIQUE = Capabilities(
    unique_order_ids=False,
    questions=(Question.OPEN_ORDERS, Question.COMPLETED_ORDERS, Question.EXECUTIONS),
    max_inflight=60 * SECOND,
)
PROFILES = {"paper": PAPER, "unique": UNIQUE, "not_unique": NOT_UNIQUE}


class Scenario(Struct, frozen=True):
    """One world, by its seed."""

    seed: int
    orders: int
    clients: int
    nodes: int
    profiles: tuple[str, ...]
    """One account each."""
    rates: dict[str, float]
    hurry: float
    """Mean seconds between a client's decisions."""
    groups: bool
    """Whether the run trades groups of orders too."""


def scenario_of(seed: int, orders: int) -> Scenario:
    """The scenario of a seed, the same on every machine."""
    random = Random(f"{seed} scenario")
    names = sorted(FAULTS)
    enabled = [name for name in names if random.random() < 0.5]
    return Scenario(
        seed,
        orders,
        clients=random.randint(2, 6),
        nodes=random.choice((1, 1, 2, 3)),
        profiles=tuple(
            random.choice(("paper", "unique", "unique", "not_unique", "not_unique"))
            for _ in range(random.randint(2, 5))
        ),
        rates={name: FAULTS[name] * random.choice((0.3, 1.0, 1.0, 3.0)) for name in enabled},
        hurry=random.choice((0.05, 0.2, 0.5)),
        groups=random.random() < 0.25,
    )
