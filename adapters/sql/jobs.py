"""Long work in tables: a job is one row with its body packed, told to whoever follows it."""

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection, Select, Table, insert, select, update

from adapters.sql.database import Database
from adapters.sql.event_bus import append_events
from adapters.sql.request_log import keep_answer, kept_answer
from domain.errors import NotFound
from ports.clock import Clock
from ports.event_bus import Event
from ports.ownership import HOUSE
from ports.request_log import RequestKey


class Job(Protocol):
    """What every kind of long work has beside its id."""

    @property
    def tenant(self) -> str: ...

    @property
    def is_active(self) -> bool: ...


J = TypeVar("J", bound=Job)


class SqlJobs(Generic[J]):
    """Jobs of one kind. The table has `seq`, `tenant`, the id, `active` and `body`."""

    def __init__(
        self, database: Database, clock: Clock, table: Table, kind: type[J], noun: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._table = table
        self._noun = noun
        self._id = table.c[f"{noun}_id"]
        self._decode = msgspec.msgpack.Decoder(kind).decode

    async def answered(self, request: RequestKey) -> J | None:
        """The job this request answered with before. Raises `RequestIdReused`."""
        answer = await self._database.read(
            request.tenant, lambda connection: kept_answer(connection, request)
        )
        return None if answer is None else self._decode(answer)

    async def create(self, new: J, *, request: RequestKey | None = None) -> J:
        """Keeps a new job, or returns the one of the first call. Raises `RequestIdReused`."""

        def transaction(connection: Connection) -> J:
            if request and (answer := kept_answer(connection, request)):
                return self._decode(answer)
            connection.execute(insert(self._table).values(**self._values(new)))
            self._tell(connection, new)
            self._answer(connection, request, new)
            return new

        return await self._database.write(new.tenant, transaction)

    async def get(self, tenant: str, job_id: str) -> J:
        """Raises `NotFound`."""
        return await self._database.read(
            tenant, lambda connection: self._get(connection, tenant, job_id)
        )

    async def page(self, tenant: str, *, after: str, limit: int) -> Sequence[J]:
        """Newest first, those behind the id `after`."""
        seq, of_tenant = self._table.c.seq, self._table.c.tenant == tenant
        question = select(self._table.c.body).where(of_tenant).order_by(seq.desc()).limit(limit)
        if after:
            place = select(seq).where(of_tenant, self._id == after)
            question = question.where(seq < place.scalar_subquery())
        return await self.ask(tenant, question)

    async def to_do(self) -> Sequence[J]:
        """Those of every tenant that have not ended, oldest first."""
        question = select(self._table.c.body).where(self._table.c.active)
        return await self.ask(HOUSE, question.order_by(self._table.c.seq))

    async def change(
        self,
        tenant: str,
        job_id: str,
        change: Callable[[J], J],
        *,
        request: RequestKey | None = None,
    ) -> J:
        """Keeps what `change` makes of it, in one transaction. Raises NotFound, RequestIdReused."""

        def transaction(connection: Connection) -> J:
            if request and (answer := kept_answer(connection, request)):
                return self._decode(answer)
            before = self._get(connection, tenant, job_id, take=True)
            after = change(before)
            if after != before:
                connection.execute(
                    update(self._table).where(self._id == job_id).values(**self._values(after))
                )
                self._tell(connection, after)
            self._answer(connection, request, after)
            return after

        return await self._database.write(tenant, transaction)

    async def ask(self, tenant: str, question: Select[tuple[bytes]]) -> list[J]:
        """The jobs whose bodies the question selects; `HOUSE` for those of every tenant."""
        bodies = await self._database.read(
            tenant, lambda connection: connection.scalars(question).all()
        )
        return [self._decode(body) for body in bodies]

    def _get(self, connection: Connection, tenant: str, job_id: str, *, take: bool = False) -> J:
        question = select(self._table.c.body).where(
            self._table.c.tenant == tenant, self._id == job_id
        )
        if take:  # nobody else changes it until this transaction ends
            question = question.with_for_update()
        body = connection.scalar(question)
        if body is None:
            raise NotFound(
                f"no {self._noun} {job_id}",
                reason=f"{self._noun.upper()}_NOT_FOUND",
                **{self._id.name: job_id},
            )
        return self._decode(body)

    def _values(self, job: J) -> dict[str, object]:
        return {
            "tenant": job.tenant,
            self._id.name: getattr(job, self._id.name),
            "active": job.is_active,
            "body": msgspec.msgpack.encode(job),
        }

    def _tell(self, connection: Connection, job: J) -> None:
        event = Event(
            seq=0,
            tenant=job.tenant,
            topic=f"{self._noun}s",
            key=getattr(job, self._id.name),
            kind=self._noun,
            payload=msgspec.msgpack.encode(job),
            create_ts=self._clock.now(),
        )
        append_events(connection, [event])

    def _answer(self, connection: Connection, request: RequestKey | None, job: J) -> None:
        if request:
            keep_answer(connection, request, msgspec.msgpack.encode(job), ts=self._clock.now())
