"""Requests that come again, at once, with another body, of another caller: 100,000 cases."""

import asyncio
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from msgspec import Struct

from adapters.sql.account_store import SqlAccountStore
from domain.errors import NotAllowedNow
from domain.orders.book import AccountBook
from domain.orders.records import AccountTerms
from domain.orders.risk import RiskLimits
from ports.account_store import Change, Request
from ports.request_log import RequestIdReused, RequestKey
from tests.databases import a_database_on
from tests.unit.orders.house import ManualClock

TENANTS, PRINCIPALS, METHODS = ("mine", "theirs"), ("p", "q"), ("Place", "Cancel")
BODIES = (b"a", b"b", b"c")
REFUSED = "no"
LIVE = 60  # request ids that are asked for now; older ones are seldom asked for again


class Call(Struct, frozen=True):
    """What a caller sends, and whether what it asks for is refused or only rehearsed."""

    scope: tuple[str, str, str, str]
    body: bytes
    refuses: bool
    rehearses: bool


class Callers:
    """Says by a seed what is asked next, and what the answer must be."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._newest = 0
        self.answers: dict[tuple[str, str, str, str], tuple[bytes, str]] = {}

    def next_calls(self) -> list[Call]:
        """One call, or the same one several times at once, or two bodies at once."""
        random = self._random
        if random.random() < 0.2:
            self._newest += 1
        back = int(random.expovariate(1 / LIVE)) if random.random() < 0.9 else self._newest
        request_id = f"request {max(0, self._newest - back)}"
        scope = (*map(random.choice, (TENANTS, PRINCIPALS, METHODS)), request_id)
        rare = random.random()
        call = Call(scope, random.choice(BODIES[:2]), rare < 0.05, rare > 0.95)
        match random.randrange(20):
            case 0:
                return [call] * random.randint(2, 8)
            case 1:
                other = Call(scope, BODIES[2], call.refuses, rehearses=False)
                return [call, other] * random.randint(1, 3)
        return [call]


async def ask(store: SqlAccountStore, call: Call, executed: Counter[Call]) -> Change[str] | str:
    """The change, or why there was none."""
    tenant, principal, method, request_id = call.scope

    def decide(book: AccountBook) -> str:
        if call.refuses:
            raise NotAllowedNow("not now", reason=REFUSED)
        executed[call] += 1
        return f"{call.scope} {call.body!r} at version {book.version}"

    key = RequestKey(tenant, principal, method, request_id, call.body)
    try:
        return await store.change(
            tenant, f"acc_{tenant}", decide, request=Request(key, str), rehearse=call.rehearses
        )
    except (RequestIdReused, NotAllowedNow) as refusal:
        return refusal.reason


def judge(callers: Callers, calls: list[Call], given: list[Change[str] | str]) -> None:
    """Of calls at once any may have been the first; the others then follow from it."""
    scope = calls[0].scope
    for call, answer in zip(calls, given, strict=True):
        if isinstance(answer, Change) and not answer.repeated and not call.rehearses:
            assert scope not in callers.answers, "executed twice"
            callers.answers[scope] = (call.body, answer.value)
    body, value = callers.answers.get(scope, (b"", ""))
    for call, answer in zip(calls, given, strict=True):
        if call.rehearses:
            assert isinstance(answer, Change) if not call.refuses else answer == REFUSED
        elif isinstance(answer, Change):
            assert (call.body, answer.value) == (body, value)
        elif answer == "IDEMPOTENCY_KEY_REUSED":
            assert body not in (b"", call.body)
        else:
            assert (answer, call.refuses) == (REFUSED, True)
        if scope in callers.answers and not call.refuses and not call.rehearses:
            assert isinstance(answer, Change) == (call.body == body)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("kind", "cases"), [("sqlite", 100_000), ("postgres", 5_000)])
async def test_every_request_is_carried_out_once_and_answered_alike(
    kind: str, cases: int, tmp_path: Path
) -> None:
    async with a_database_on(kind, tmp_path) as database:
        store, callers, done = SqlAccountStore(database, ManualClock()), Callers(seed=4), 0
        executed: Counter[Call] = Counter()
        for tenant in TENANTS:
            terms = AccountTerms(f"acc_{tenant}", "test", "paper", "USD", RiskLimits(), 1)
            await store.create(tenant, terms, lambda book: book.account.deposit(1, 100))
        while done < cases:
            calls = callers.next_calls()
            given = await asyncio.gather(*(ask(store, call, executed) for call in calls))
            judge(callers, calls, list(given))
            done += len(calls)
        kept = sum(count for call, count in executed.items() if not call.rehearses)
        assert kept == len(callers.answers) > cases // 20
        for scope, (body, value) in callers.answers.items():
            again = await ask(store, Call(scope, body, refuses=True, rehearses=False), executed)
            assert isinstance(again, Change)
            assert (again.repeated, again.value) == (True, value)
