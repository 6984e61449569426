"""Mutants of the transaction: the epoch, the kept answer, the name of a decision."""

from typing import Any

import msgspec

from adapters.memory.account_store import Memory, MemoryAccountStore
from apps.orders import desk
from domain.orders import book as books
from ports.request_log import RequestIdReused
from tests.simulation.mutants.mutant import Put


def epoch_not_checked(put: Put) -> None:
    """A process that lost its lease goes on writing."""
    put(MemoryAccountStore, "_check_epoch", lambda _self: None)


def answers_not_kept(put: Put) -> None:
    """A repeated request is answered by what is true now."""
    put(MemoryAccountStore, "_answer", lambda _self, _request: None)


def bodies_not_compared(put: Put) -> None:
    """The same request id with another body gets the first answer."""
    answer = MemoryAccountStore._answer

    def any_body(store: Any, request: Any) -> Any:
        try:
            return answer(store, request)
        except RequestIdReused:
            key = request.key
            place = (key.tenant, key.principal, key.method, key.request_id)
            return msgspec.msgpack.decode(store.memory.answers[place][1], type=request.answer)

    put(MemoryAccountStore, "_answer", any_body)


def kept_in_two_steps(put: Put) -> None:
    """What happened is kept, and what was told of it now and then is not."""
    keep = Memory.keep

    def halved(memory: Memory, account: Any, book: Any) -> None:
        told = len(memory.outbox)
        keep(memory, account, book)
        if book.version % 50 == 0:
            del memory.outbox[told:]

    put(Memory, "keep", halved)


def names_by_attempt(put: Put) -> None:
    """The name of an order depends on when it was decided."""
    order_id_of = books.order_id_of
    count = iter(range(10**9))

    def unlike(tenant: str, account_id: str, decision_key: str, generation: int = 1) -> str:
        return order_id_of(tenant, account_id, f"{decision_key}|{next(count)}", generation)

    put(books, "order_id_of", unlike)


def decision_number_reset(put: Put) -> None:
    """The numbers of a run's decisions begin anew, so a new one is taken for an old one."""
    run_decision = desk.run_decision
    put(desk, "run_decision", lambda run_id, request: run_decision(run_id, request % 10))


def generation_reused(put: Put) -> None:
    """Every decision of an account has the name of another one of the same second half."""
    order_id_of = books.order_id_of

    def shared(tenant: str, account_id: str, decision_key: str, generation: int = 1) -> str:
        return order_id_of(tenant, account_id, decision_key[:-1], generation)

    put(books, "order_id_of", shared)
