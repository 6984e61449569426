"""The whole platform, killed with SIGKILL in the middle of a run and started again."""

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import grpc
import msgspec
from google.protobuf.json_format import MessageToDict

from domain.orders.events import Event, LedgerPosted, OrderFilled, event_from_bytes
from tests.strategy_sources import MIXED
from trademesh.orders.v1 import (
    account_pb2,
    account_service_pb2,
    account_service_pb2_grpc,
    order_service_pb2,
    order_service_pb2_grpc,
)
from trademesh.strategies.v1 import (
    run_pb2,
    run_service_pb2,
    run_service_pb2_grpc,
    strategy_service_pb2,
    strategy_service_pb2_grpc,
)

TRADEMESH = Path(sys.executable).parent / "trademesh"
READY_SECONDS = 60
PATIENCE = 120
ENDED = {run_pb2.Run.STATE_FINISHED, run_pb2.Run.STATE_STOPPED, run_pb2.Run.STATE_FAILED}


class Books(msgspec.Struct):
    """What must be the same, however often the platform was killed."""

    orders: list[dict[str, object]]
    fills: list[dict[str, object]]
    money: dict[str, object]
    positions: list[dict[str, object]]
    postings: list[Event]
    order_ids: list[str]
    at_broker: list[str]


class Platform:
    """`trademesh up` on a data folder, from its start to its end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._log = (folder / "up.log").open("ab")
        self.process = subprocess.Popen(
            [str(TRADEMESH), "up", "--headless", "--no-demo"],
            env=os.environ | {"TRADEMESH_DATA_DIR": str(folder), "TRADEMESH_PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def ready(self) -> "Platform":
        """Waits until it answers. Raises when it ends before."""
        assert self.process.stdout is not None
        timer = threading.Timer(READY_SECONDS, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        if not line:
            raise RuntimeError((self.folder / "up.log").read_text())
        told = msgspec.json.decode(line)
        token = Path(told["token_file"]).read_text().strip()
        self._channel = grpc.insecure_channel(told["grpc"])
        self._credentials = (("authorization", f"Bearer {token}"),)
        return self

    def call(self, stub, method: str, request):
        """One call, with the token; a platform that is just starting is given time."""
        call = getattr(stub(self._channel), method)
        return call(request, metadata=self._credentials, timeout=30, wait_for_ready=True)

    def all(self, stub, method: str, request, items: str) -> list:
        """Every page of a list."""
        found = []
        while True:
            page = self.call(stub, method, request)
            found.extend(getattr(page, items))
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    def follow(self, run_id: str, reached) -> run_pb2.Run:
        """Watches the run until `reached`."""
        watch = run_service_pb2_grpc.RunServiceStub(self._channel).WatchRun(
            run_service_pb2.WatchRunRequest(run_id=run_id),
            metadata=self._credentials,
            timeout=PATIENCE,
            wait_for_ready=True,
        )
        for told in watch:
            if reached(told.run):
                watch.cancel()
                return told.run
        raise AssertionError("the watch ended before its time")

    def end(self, how: signal.Signals) -> int:
        """Ends it with a signal; returns the exit code."""
        if hasattr(self, "_channel"):
            self._channel.close()
        with suppress(ProcessLookupError):
            self.process.send_signal(how)
        code = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._log.close()
        return code


def begun(folder: Path, start: datetime, end: datetime) -> tuple[str, str]:
    """A platform with a run just begun, then stopped in order; the account's and the run's id."""
    folder.mkdir()
    platform = Platform(folder).ready()
    account = platform.call(
        account_service_pb2_grpc.AccountServiceStub,
        "CreateAccount",
        account_service_pb2.CreateAccountRequest(
            account=account_pb2.Account(display_name="killed", capital="100000"),
            request_id=_request(1),
        ),
    ).account
    platform.call(
        strategy_service_pb2_grpc.StrategyServiceStub,
        "PushStrategy",
        strategy_service_pb2.PushStrategyRequest(
            strategy_id="mixed", source=MIXED, request_id=_request(2)
        ),
    )
    wanted = run_pb2.Run(
        strategy_id="mixed",
        account_id=account.account_id,
        instrument_id="AAPL.XNAS",
        timeframe="1d",
    )
    wanted.replay.start_time.FromDatetime(start.astimezone(UTC))
    wanted.replay.end_time.FromDatetime(end.astimezone(UTC))
    run = platform.call(
        run_service_pb2_grpc.RunServiceStub,
        "StartRun",
        run_service_pb2.StartRunRequest(run=wanted, request_id=_request(3)),
    ).run
    assert platform.end(signal.SIGTERM) == 0
    return account.account_id, run.run_id


def killed_again_and_again(folder: Path, run_id: str, kills: int, seed: int) -> int:
    """Kills it at random points, some while it starts; returns how many kills met a run at work."""
    chance = random.Random(seed)
    met = 0
    for kill in range(kills):
        platform = Platform(folder)
        if kill % 5 == 4:
            time.sleep(chance.uniform(0.2, 4.0))
            platform.end(signal.SIGKILL)
            continue
        platform.ready()
        now = platform.follow(run_id, lambda run: True)
        left = now.total_bar_count - now.bar_count
        target = now.bar_count + chance.randint(1, max(1, 2 * left // (kills - kill + 1)))
        now = platform.follow(run_id, _reaches(target))
        time.sleep(chance.uniform(0, 0.03))
        platform.end(signal.SIGKILL)
        met += now.state not in ENDED
    return met


def _reaches(bar_count: int) -> Callable[[run_pb2.Run], bool]:
    return lambda run: run.bar_count >= bar_count or run.state in ENDED


def finished(folder: Path, account_id: str, run_id: str) -> tuple[run_pb2.Run, Books]:
    """Lets the run come to its end, and reads the books."""
    platform = Platform(folder).ready()
    run = platform.follow(run_id, lambda run: run.state in ENDED)
    accounts = account_service_pb2_grpc.AccountServiceStub
    orders = platform.all(
        order_service_pb2_grpc.OrderServiceStub,
        "ListOrders",
        order_service_pb2.ListOrdersRequest(account_id=account_id, page_size=1000),
        "orders",
    )
    fills = platform.all(
        accounts,
        "ListFills",
        account_service_pb2.ListFillsRequest(account_id=account_id, page_size=1000),
        "fills",
    )
    account = platform.call(
        accounts, "GetAccount", account_service_pb2.GetAccountRequest(account_id=account_id)
    ).account
    positions = platform.call(
        accounts, "ListPositions", account_service_pb2.ListPositionsRequest(account_id=account_id)
    ).positions
    assert platform.end(signal.SIGTERM) == 0
    return run, Books(
        orders=[_plain(order) for order in orders],
        fills=[_plain(fill) for fill in fills],
        money=_plain(account),
        positions=[_plain(position) for position in positions],
        postings=_postings(folder, account_id),
        order_ids=sorted(order.order_id for order in orders if order.broker_order_id),
        at_broker=_column(folder / "paper.db", "SELECT order_id FROM paper_orders"),
    )


def _postings(folder: Path, account_id: str) -> list[Event]:
    query = f"SELECT event FROM account_events WHERE account_id = '{account_id}' ORDER BY version"
    events = [event_from_bytes(one) for one in _column(folder / "trademesh.db", query)]
    return [event for event in events if isinstance(event, OrderFilled | LedgerPosted)]


def _column(file: Path, query: str) -> list:
    with closing(sqlite3.connect(file)) as book:
        return [row[0] for row in book.execute(query)]


# Names that are new in each folder, and what tells of tries.
_OWN = {"order_id", "fill_id", "account_id", "run_id", "broker_order_id", "etag", "update_time"}


def _plain(message) -> dict[str, object]:
    fields = MessageToDict(message, preserving_proto_field_name=True)
    if isinstance(message, account_pb2.Account):
        fields.pop("create_time")
    return {name: value for name, value in fields.items() if name not in _OWN}


def _request(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"
