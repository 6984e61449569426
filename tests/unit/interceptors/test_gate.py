"""What is known of an object is not asked again; what is not known is asked each time."""

import pytest

from apps.interceptors import auth
from apps.interceptors.access import Access
from apps.interceptors.auth import Gate
from domain.errors import InvalidRequest, NotFound
from ports.ownership import OwnedKind, Ownership
from ports.token_verifier import Claims
from trademesh.orders.v1 import account_service_pb2 as accounts

ACCESS = Access("orders.read", OwnedKind.ACCOUNT, "account_id")
OURS = Claims("local", "me", frozenset(), 0.0)
THEIRS = Claims("other", "them", frozenset(), 0.0)


class Asked(Ownership):
    """Says who owns what, and counts how often it was asked."""

    def __init__(self, owned: set[tuple[str, str]]) -> None:
        self.owned = owned
        self.questions: list[tuple[str, str]] = []

    async def belongs(self, tenant: str, kind: OwnedKind, object_id: str) -> bool:
        self.questions.append((tenant, object_id))
        return (tenant, object_id) in self.owned


def a_request(account_id: str = "acc_1") -> accounts.GetAccountRequest:
    return accounts.GetAccountRequest(account_id=account_id)


async def test_an_owner_is_asked_for_once() -> None:
    ownership = Asked({("local", "acc_1")})
    gate = Gate(tokens=None, ownership=ownership)
    assert not gate.knows(OURS, ACCESS, a_request())

    await gate.check_object(OURS, ACCESS, a_request())

    assert gate.knows(OURS, ACCESS, a_request())
    assert ownership.questions == [("local", "acc_1")]


async def test_what_one_tenant_owns_another_does_not() -> None:
    gate = Gate(tokens=None, ownership=Asked({("local", "acc_1")}))
    await gate.check_object(OURS, ACCESS, a_request())

    assert not gate.knows(THEIRS, ACCESS, a_request())
    with pytest.raises(NotFound):
        await gate.check_object(THEIRS, ACCESS, a_request())


async def test_the_same_name_of_another_kind_is_another_object() -> None:
    gate = Gate(tokens=None, ownership=Asked({("local", "acc_1")}))
    await gate.check_object(OURS, ACCESS, a_request())

    assert not gate.knows(OURS, Access("", OwnedKind.RUN, "account_id"), a_request())


async def test_what_was_not_there_may_be_there_the_next_time() -> None:
    ownership = Asked(set())
    gate = Gate(tokens=None, ownership=ownership)
    with pytest.raises(NotFound):
        await gate.check_object(OURS, ACCESS, a_request())
    ownership.owned.add(("local", "acc_1"))

    await gate.check_object(OURS, ACCESS, a_request())

    assert len(ownership.questions) == 2


async def test_an_object_without_a_name_is_asked_for_by_nobody() -> None:
    ownership = Asked({("local", "")})
    with pytest.raises(InvalidRequest):
        await Gate(tokens=None, ownership=ownership).check_object(OURS, ACCESS, a_request(""))
    assert ownership.questions == []


async def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REMEMBERED_OBJECTS", 2)
    names = ["acc_1", "acc_2", "acc_3"]
    gate = Gate(tokens=None, ownership=Asked({("local", name) for name in names}))
    for name in names:
        await gate.check_object(OURS, ACCESS, a_request(name))

    assert [gate.knows(OURS, ACCESS, a_request(name)) for name in names] == [False, True, True]
