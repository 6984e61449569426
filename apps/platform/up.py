"""`trademesh up`: everything in one process, until somebody asks it to stop."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import grpc

from apps.platform.demo import Demo, DemoFailed, run_demo
from apps.platform.platform import Platform
from apps.platform.shows import Ready, Show
from apps.settings import Settings
from domain.errors import Unavailable
from trademesh.backtests.v1.backtest_pb2 import Backtest


async def up(settings: Settings, show: Show, *, demo: bool) -> None:
    """Starts the platform, tells `show` when all of it works, and serves until told to stop.

    SIGINT, SIGTERM or SIGHUP drain it: streams end with their cursor, runs stop between two bars,
    calls in flight get `drain_timeout` seconds. Raises `DomainError` for what keeps it from
    starting.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(name, stop.set)
    platform = Platform(settings, show.step)
    try:
        await platform.start()
        await _until_stopped(platform, stop, _tell_when_ready(platform, show, demo=demo))
        show.stopping()
    finally:
        await platform.stop()


async def _until_stopped(
    platform: Platform, stop: asyncio.Event, greeting: Coroutine[Any, Any, None]
) -> None:
    """Returns when somebody wants to stop. Raises what the greeting or the platform raise."""
    waiting = {asyncio.create_task(stop.wait()), asyncio.create_task(platform.broken())}
    greeted = asyncio.create_task(greeting)
    try:
        await asyncio.wait({*waiting, greeted}, return_when=asyncio.FIRST_COMPLETED)
        if greeted.done():
            greeted.result()
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for ended in (task for task in waiting if task.done()):
            ended.result()
    finally:
        for task in (*waiting, greeted):
            task.cancel()


async def _tell_when_ready(platform: Platform, show: Show, *, demo: bool) -> None:
    made = await asyncio.to_thread(_demo, platform, show.progress) if demo else None
    show.ready(
        Ready(
            rest=f"http://{platform.address}",
            grpc=platform.address,
            token_file=str(platform.token_file),
            data_dir=str(platform.data_dir),
            demo_backtest=made.backtest.backtest_id if made else None,
            demo_run=made.run.run_id if made else None,
        )
    )


def _demo(platform: Platform, on_progress: Callable[[Backtest], None]) -> Demo:
    """Through the front door, like anybody else: that it answers shows that all of it works."""
    credentials = (("authorization", f"Bearer {platform.token_file.read_text().strip()}"),)
    try:
        with grpc.insecure_channel(platform.address) as channel:
            return run_demo(channel, credentials, on_progress)
    except (DemoFailed, grpc.RpcError) as error:
        raise Unavailable(
            f"the platform works, but its demo failed: {error}; --no-demo starts without it",
            reason="DEMO_FAILED",
        ) from error
