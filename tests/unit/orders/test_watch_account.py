"""Following an account over the wire."""

import asyncio

import grpc

from tests.builders import a_bar
from tests.unit.orders.office import Office, accepted, refusal
from trademesh.orders.v1 import account_service_pb2 as pb


async def test_a_watch_cut_anywhere_and_resumed_sees_every_change_once(office: Office) -> None:
    account_id = await office.open("100000000")
    house = office.house
    await house.desk.open("local", account_id, "run_1", {})
    first = office.accounts.WatchAccount(
        pb.WatchAccountRequest(account_id=account_id), **office.me()
    )
    snapshot = await first.read()
    assert snapshot.snapshot.account.cash == "100000000"
    first.cancel()

    async def trade() -> None:
        for minute in range(10):
            order = await office.place(account_id, quantity="1")
            await accepted(office, account_id, order.order_id)
            await house.desk.advance("local", account_id, a_bar(minute=minute + 1))

    async def follow() -> list[bytes]:
        cursor, seen = snapshot.cursor, []
        while sum(b"F" in one for one in seen) < 10:
            watch = office.accounts.WatchAccount(
                pb.WatchAccountRequest(account_id=account_id, cursor=cursor), **office.me()
            )
            for _ in range(len(seen) % 7 + 1):
                update = await watch.read()
                cursor = update.cursor
                seen.append(update.WhichOneof("update").encode()[:1].upper() + _number(update))
            watch.cancel()
        return seen

    _, cut = await asyncio.gather(trade(), follow())
    whole = []
    watch = office.accounts.WatchAccount(
        pb.WatchAccountRequest(account_id=account_id, cursor=snapshot.cursor), **office.me()
    )
    while len(whole) < len(cut):
        update = await watch.read()
        whole.append(update.WhichOneof("update").encode()[:1].upper() + _number(update))
    watch.cancel()
    assert cut == whole
    assert [one for one in cut if one.startswith(b"F")] == [b"FF%d" % n for n in range(1, 11)]


def _number(update: pb.WatchAccountResponse) -> bytes:
    return (update.fill.fill_id or update.order.etag or update.account.cash).encode()


async def test_a_watch_ends_when_the_server_leaves(office: Office) -> None:
    account_id = await office.open()
    watch = office.accounts.WatchAccount(
        pb.WatchAccountRequest(account_id=account_id), **office.me()
    )
    assert (await watch.read()).cursor
    office.house.drain.start()
    code, reason, _, _ = await refusal(watch.read())
    assert (code, reason) == (grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING")
