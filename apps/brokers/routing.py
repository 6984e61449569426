"""Each account's broker, by the name it was opened with."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from apps.following import end_all
from domain.orders.doubt import Capabilities, Question
from domain.orders.records import AccountKey
from ports.account_store import AccountStore
from ports.broker import (
    Ack,
    Broker,
    BrokerOrder,
    BrokerSilent,
    ExecutionReport,
    Found,
    Statement,
    Terms,
)


class BrokerRouter(Broker):
    """A broker that is not here now is silent: its orders wait as they are."""

    def __init__(self, accounts: AccountStore, brokers: Mapping[str, Broker]) -> None:
        self._accounts = accounts
        self._brokers = brokers
        self._known: dict[AccountKey, Broker] = {}

    async def capabilities(self, account: AccountKey) -> Capabilities:
        return await (await self._of(account)).capabilities(account)

    async def healthy_since(self, account: AccountKey) -> int | None:
        return await (await self._of(account)).healthy_since(account)

    async def submit(self, account: AccountKey, order: BrokerOrder) -> Ack:
        return await (await self._of(account)).submit(account, order)

    async def cancel(self, account: AccountKey, order_id: str, ts: int) -> None:
        await (await self._of(account)).cancel(account, order_id, ts)

    async def replace(self, account: AccountKey, order_id: str, terms: Terms, ts: int) -> None:
        await (await self._of(account)).replace(account, order_id, terms, ts)

    async def ask(self, account: AccountKey, order_id: str, question: Question) -> Sequence[Found]:
        return await (await self._of(account)).ask(account, order_id, question)

    async def reports(
        self, account: AccountKey, *, after: int, limit: int = 1000
    ) -> Sequence[ExecutionReport]:
        return await (await self._of(account)).reports(account, after=after, limit=limit)

    async def statement(self, account: AccountKey, *, since: int) -> Statement:
        return await (await self._of(account)).statement(account, since=since)

    async def arrivals(self) -> AsyncIterator[AccountKey]:
        """Those of every broker, as they come."""
        sources = [broker.arrivals() for broker in self._brokers.values()]
        coming = {asyncio.ensure_future(anext(source)): source for source in sources}
        try:
            while coming:
                done, _ = await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    source = coming.pop(one)
                    coming[asyncio.ensure_future(anext(source))] = source
                    yield one.result()
        finally:
            await end_all(*coming)
            for source in sources:
                if close := getattr(source, "aclose", None):
                    await close()

    async def _of(self, account: AccountKey) -> Broker:
        if account not in self._known:
            record = await self._accounts.get(account.tenant, account.account_id)
            broker = self._brokers.get(record.terms.broker)
            if broker is None:
                raise BrokerSilent(f"broker {record.terms.broker} is not connected here")
            self._known[account] = broker
        return self._known[account]
