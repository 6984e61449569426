"""The first things a newcomer sees: a backtest on real data, and the same strategy on paper.

A client of the public API like any other. Its request ids are fixed, so asking again gives the same
backtest and the same run.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import grpc

from trademesh.backtests.v1 import backtest_pb2, backtest_service_pb2, backtest_service_pb2_grpc
from trademesh.orders.v1 import account_pb2, account_service_pb2, account_service_pb2_grpc
from trademesh.strategies.v1 import run_pb2, run_service_pb2, run_service_pb2_grpc

STRATEGY = "sma-cross"
INSTRUMENT = "AAPL.XNAS"
PARAMETERS = {"fast": "10", "slow": "30"}
CASH = "100000"
START, END = datetime(2000, 3, 1, tzinfo=UTC), datetime(2013, 3, 1, tzinfo=UTC)
BARS_PER_SECOND = 2.0
DEADLINE = 120.0

_NAMES = uuid.UUID("6f1c1f0e-6d0f-4d6e-9b9f-1f3f0a5c7d21")


@dataclass(frozen=True)
class Demo:
    """What the demo made."""

    backtest: backtest_pb2.Backtest
    run: run_pb2.Run


class DemoFailed(Exception):
    """The demo's backtest ended otherwise than well."""


def run_demo(
    channel: grpc.Channel,
    credentials: tuple[tuple[str, str], ...],
    on_progress: Callable[[backtest_pb2.Backtest], None],
) -> Demo:
    """Runs the backtest to its end, then starts the paper run.

    Raises `grpc.RpcError` and `DemoFailed`.
    """
    backtest = _backtest(channel, credentials, on_progress)
    return Demo(backtest, _paper_run(channel, credentials))


def _backtest(
    channel: grpc.Channel,
    credentials: tuple[tuple[str, str], ...],
    on_progress: Callable[[backtest_pb2.Backtest], None],
) -> backtest_pb2.Backtest:
    service = backtest_service_pb2_grpc.BacktestServiceStub(channel)
    wanted = backtest_pb2.Backtest(
        strategy_id=STRATEGY,
        instrument_id=INSTRUMENT,
        timeframe="1d",
        parameters=PARAMETERS,
        cash=CASH,
    )
    wanted.start_time.FromDatetime(START)
    wanted.end_time.FromDatetime(END)
    created = service.CreateBacktest(
        backtest_service_pb2.CreateBacktestRequest(
            backtest=wanted, request_id=_request_id("backtest")
        ),
        metadata=credentials,
        timeout=DEADLINE,
    ).backtest
    watch = service.WatchBacktest(
        backtest_service_pb2.WatchBacktestRequest(backtest_id=created.backtest_id),
        metadata=credentials,
        timeout=DEADLINE,
    )
    backtest = created
    for update in watch:
        backtest = update.backtest
        on_progress(backtest)
    if backtest.state != backtest_pb2.Backtest.STATE_SUCCEEDED:
        raise DemoFailed(f"{backtest.error_reason}: {backtest.error_message}")
    return backtest


def _paper_run(channel: grpc.Channel, credentials: tuple[tuple[str, str], ...]) -> run_pb2.Run:
    account = (
        account_service_pb2_grpc.AccountServiceStub(channel)
        .CreateAccount(
            account_service_pb2.CreateAccountRequest(
                account=account_pb2.Account(display_name="demo", capital=CASH),
                request_id=_request_id("account"),
            ),
            metadata=credentials,
            timeout=DEADLINE,
        )
        .account
    )
    wanted = run_pb2.Run(
        strategy_id=STRATEGY,
        account_id=account.account_id,
        instrument_id=INSTRUMENT,
        timeframe="1d",
        parameters=PARAMETERS,
        replay=run_pb2.Replay(bars_per_second=BARS_PER_SECOND),
    )
    wanted.replay.start_time.FromDatetime(START)
    wanted.replay.end_time.FromDatetime(END)
    service = run_service_pb2_grpc.RunServiceStub(channel)
    return service.StartRun(
        run_service_pb2.StartRunRequest(run=wanted, request_id=_request_id("run")),
        metadata=credentials,
        timeout=DEADLINE,
    ).run


def _request_id(what: str) -> str:
    return str(uuid.uuid5(_NAMES, what))
