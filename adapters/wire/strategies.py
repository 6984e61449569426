"""Strategies and runs between the wire and the domain."""

from adapters.wire.values import Choices, time_from_wire, time_to_wire
from domain.strategies.library import Listed, Setting, StrategyVersion
from domain.strategies.run import Run, RunState
from domain.strategies.run_log import RunLine
from domain.strategies.wanted import Wanted
from ports.ownership import HOUSE
from trademesh.strategies.v1 import run_pb2, run_service_pb2, strategy_pb2

STATES = Choices(
    {
        run_pb2.Run.STATE_STARTING: RunState.STARTING,
        run_pb2.Run.STATE_RUNNING: RunState.RUNNING,
        run_pb2.Run.STATE_STOPPING: RunState.STOPPING,
        run_pb2.Run.STATE_STOPPED: RunState.STOPPED,
        run_pb2.Run.STATE_FINISHED: RunState.FINISHED,
        run_pb2.Run.STATE_FAILED: RunState.FAILED,
        run_pb2.Run.STATE_PAUSED: RunState.PAUSED,
    }
)


def strategy_to_wire(listed: Listed) -> strategy_pb2.Strategy:
    """A strategy of the library with its newest version."""
    latest = listed.latest
    return strategy_pb2.Strategy(
        strategy_id=latest.strategy_id,
        latest_version=version_to_wire(latest),
        built_in=latest.tenant == HOUSE,
        archived=listed.archived,
    )


def version_to_wire(version: StrategyVersion) -> strategy_pb2.StrategyVersion:
    """One version, source and all."""
    return strategy_pb2.StrategyVersion(
        version_id=version.version_id,
        strategy_id=version.strategy_id,
        class_name=version.class_name,
        summary=version.summary,
        parameters=[_parameter(setting) for setting in version.settings],
        source=version.source,
        create_time=time_to_wire(version.create_ts),
    )


def run_to_wire(run: Run) -> run_pb2.Run:
    """A run as it stands."""
    replay = run_pb2.Replay(bars_per_second=run.replay.bars_per_second)
    if run.replay.start_ts is not None:
        replay.start_time.CopyFrom(time_to_wire(run.replay.start_ts))
    if run.replay.end_ts is not None:
        replay.end_time.CopyFrom(time_to_wire(run.replay.end_ts))
    return run_pb2.Run(
        run_id=run.run_id,
        strategy_id=run.strategy_id,
        version_id=run.version_id,
        account_id=run.account_id,
        instrument_id=run.instrument_id,
        timeframe=run.timeframe,
        parameters=run.parameters,
        replay=replay,
        state=STATES.to_wire(run.state),
        bar_count=run.bar_count,
        total_bar_count=run.total_bar_count,
        market_time=time_to_wire(run.market_ts) if run.market_ts else None,
        error_reason=run.error_reason,
        error_message=run.error_message,
        create_time=time_to_wire(run.create_ts),
        end_time=time_to_wire(run.end_ts) if run.end_ts else None,
    )


def line_to_wire(line: RunLine) -> run_service_pb2.RunLog:
    """One line of a run's log."""
    return run_service_pb2.RunLog(
        number=line.number,
        market_time=time_to_wire(line.ts) if line.ts else None,
        writer=line.writer.value,
        text=line.text,
    )


def wanted_run_from_wire(run: run_pb2.Run) -> Wanted:
    """What to start. Raises `InvalidRequest` BAD_TIME."""
    replay = run.replay
    start, end = replay.HasField("start_time"), replay.HasField("end_time")
    return Wanted(
        strategy_id=run.strategy_id,
        version_id=run.version_id,
        instrument_id=run.instrument_id,
        timeframe=run.timeframe,
        parameters=dict(run.parameters),
        start_ts=time_from_wire("replay.start_time", replay.start_time) if start else None,
        end_ts=time_from_wire("replay.end_time", replay.end_time) if end else None,
        times_under="replay.",
    )


def _parameter(setting: Setting) -> strategy_pb2.Parameter:
    return strategy_pb2.Parameter(
        name=setting.name, type=setting.type, default_value=setting.default
    )
