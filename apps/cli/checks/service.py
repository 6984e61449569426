"""The platform itself: does it answer, does it take our token, is it of our version."""

import base64
import json
import time
from collections.abc import Iterator

from apps.cli import __version__
from apps.cli.checks.finding import Finding, note, ok, problem
from apps.cli.connection import find_token
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.session import Session
from apps.platform.running import Running

SECONDS = 5.0


def check_token(session: Session) -> Iterator[Finding]:
    """There, a token, and still good by our clock."""
    try:
        token = find_token(session.token_file)
    except Failure as failure:
        yield problem("token", failure.message, failure.hint)
        return
    if not token:
        yield note("token", "there is none yet", "trademesh up issues one")
        return
    expires = _expiry(token)
    if expires is None:
        mend = "the token file of the platform that answers: --token-file FILE"
        yield problem("token", "it is no token of ours", mend)
    elif expires < time.time():
        mend = "restart trademesh up: each start issues a new one"
        yield problem("token", f"expired {_day(expires)}", mend)
    else:
        yield ok("token", f"good until {_day(expires)}")


def check_platform(session: Session) -> Iterator[Finding]:
    """Reachable, healthy, and willing to answer us."""
    import grpc
    from grpc_health.v1 import health_pb2

    try:
        check = session.client.channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            health_pb2.HealthCheckRequest.SerializeToString,
            health_pb2.HealthCheckResponse.FromString,
        )
        answer = check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
        session.call("orders.AccountService/ListAccounts", {"page_size": 1})
    except Failure as failure:
        yield problem("platform", failure.message, failure.hint)
        return
    except grpc.RpcError as error:
        reachable = error.code() is not grpc.StatusCode.UNAVAILABLE
        words = "does not tell its health" if reachable else "does not answer"
        yield problem("platform", f"{session.address} {words}", "trademesh up")
        return
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        words = f"{session.address} is stopping, or not ready"
        yield problem("platform", words, "the same again in a moment")
        return
    yield ok("platform", f"{session.address} answers and takes our token")


def check_versions(running: Running | None) -> Iterator[Finding]:
    """The command's and the platform's."""
    if running is None:
        yield ok("version", __version__)
    elif running.version != __version__:
        words = f"this command is {__version__}, the platform {running.version}"
        yield problem("version", words, "restart trademesh up, from the newer of the two")
    else:
        yield ok("version", f"{__version__}, as the platform's")


def failed(findings: list[Finding]) -> Failure:
    """Some are problems: exit 13, with the first thing to do."""
    problems = [each for each in findings if each.state == "problem"]
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    return Failure(
        ExitCode.PROBLEMS_FOUND,
        f"{count} found: {', '.join(each.check for each in problems)}",
        reason="PROBLEMS_FOUND",
        hint=problems[0].mend,
    )


def _expiry(token: str) -> float | None:
    """What the token says of itself; whether it is genuine only the platform knows."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(moment))
