"""What the platform says about its API: the document, the page that shows it, and the recipes."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from google.protobuf.descriptor_pool import Default
from google.protobuf.json_format import Parse
from google.protobuf.message_factory import GetMessageClass
from openapi_spec_validator import validate

from gateway.calls import read_calls
from tests.unit.gateway.standin import registrations
from tests.verify.openapi_cases import known_ids, try_cases

registrations()  # loads the generated code of every service

ROOT = Path(__file__).resolve().parents[2]
RECIPES = (ROOT / "docs/api-recipes.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", RECIPES, re.MULTILINE | re.DOTALL)
COMMANDS = [line[2:] for _, text in BLOCKS for line in text.splitlines() if line.startswith("$ ")]
# What a browser would load or call: addresses in comments, licences and schema names it would not.
LOADS = re.compile(
    rb"""(?:src|href|action|data-src)\s*=\s*["'](?:https?:)?//|url\(\s*["']?(?:https?:)?//|"""
    rb"""@import|importScripts|new WebSocket|sendBeacon"""
)


def get(platform, path: str, **headers: str):
    with urlopen(Request(f"{platform.rest}{path}", headers=headers), timeout=30) as answer:
        return answer.headers, answer.read()


def test_the_document_is_served_without_a_token_as_it_is_committed(platform):
    headers, body = get(platform, "/openapi.json")

    assert headers["content-type"] == "application/json"
    assert body == (ROOT / "gateway/openapi.json").read_bytes()
    validate(json.loads(body))


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_the_page_and_all_it_names_come_from_the_platform(platform, path):
    headers, page = get(platform, path)
    named = re.findall(r'(?:src|href)="([^"]+)"', page.decode())

    assert headers["content-type"] == "text/html; charset=utf-8"
    assert len(named) >= 5
    assert all(one.startswith(("/docs/", "/openapi.json", "data:,")) for one in named), named
    for one in (one for one in named if one.startswith("/")):
        headers, content = get(platform, one)
        assert content
        assert headers["x-content-type-options"] == "nosniff"


def test_nothing_that_is_served_asks_another_host(platform):
    _, page = get(platform, "/docs")
    named = re.findall(r'(?:src|href)="(/docs/[^"]+)"', page.decode())
    for one in [*named, "/docs"]:
        headers, content = get(platform, one)
        policy = dict(
            part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
        )
        # Whatever a script tried, the browser would refuse: these are the only places there are.
        assert policy["default-src"] == "'none'"
        assert policy["connect-src"] == policy["script-src"] == "'self'"
        assert {place for value in policy.values() for place in value.split()} <= {
            "'none'", "'self'", "'unsafe-inline'", "data:",
        }  # fmt: skip
        if not one.endswith("swagger-ui-bundle.js"):  # it holds templates of pages for its users
            assert not LOADS.search(content), one


def test_what_may_change_is_asked_for_again_and_the_rest_is_kept(platform):
    _, page = get(platform, "/docs")
    script = re.search(r'src="(/docs/[^"]+bundle.js)"', page.decode())

    assert get(platform, "/openapi.json")[0]["cache-control"] == "no-cache"
    assert get(platform, "/docs")[0]["cache-control"] == "no-cache"
    assert "immutable" in get(platform, script[1])[0]["cache-control"]


def test_a_stream_says_what_it_is(platform):
    path = "/v1/instruments/AAPL/bars:stream?timeframe=1d&start_time=2013-02-01T00:00:00Z"
    token = {"authorization": f"Bearer {platform.token}"}

    assert get(platform, path, **token)[0]["content-type"] == "application/jsonl"
    events, _ = get(platform, path, accept="text/event-stream", **token)
    assert events["content-type"] == "text/event-stream"


@pytest.mark.verify
def test_what_the_document_shows_is_answered_as_it_says(platform, rest):
    """The examples alone; tests/verify makes thousands of cases out of the rest."""
    outcome = try_cases(platform, known_ids(rest, platform), examples=1, phases=("examples",))

    assert not outcome.failures, "\n".join(f"{one}\n{how}" for one, how in outcome.failures.items())
    assert outcome.count > 50


@pytest.mark.timeout(180)
def test_every_recipe_works(platform, tmp_path):
    """`grpcurl` is not for every machine to have: without it, its recipes are only read."""
    has_grpcurl = shutil.which("grpcurl") is not None
    commands = [one for one in COMMANDS if has_grpcurl or not one.startswith("grpcurl")]
    for name in ("buf.yaml", "protos", "gateway"):
        (tmp_path / name).symlink_to(ROOT / name)
    script = "\n".join(["set -e", *(f"{as_here(one, platform)}; echo" for one in commands)])
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TRADEMESH_ADDRESS": platform.grpc,
        "TRADEMESH_TOKEN_FILE": str(platform.token_file),
    }
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )

    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr}"
    assert done.stdout.count('"order_id"') + done.stdout.count('"orderId"') >= 2
    assert "UNKNOWN_TIMEFRAME" in done.stdout
    assert "data: {" in done.stdout
    assert "trademesh.orders.v1.OrderService/PlaceOrder" in done.stdout


def test_the_recipes_for_grpcurl_and_buf_name_calls_and_fields_that_exist():
    services = {call.path.strip("/") for call in read_calls()}
    typed = [one for one in COMMANDS if one.startswith(("grpcurl", "buf")) and " -d " in one]
    assert len(typed) >= 6
    for command in typed:
        called = re.search(r"(trademesh\.[\w.]+)/(\w+)", command)
        body = re.search(r"-d '(.*)' \S*(?:http|127)", command)
        assert called[0] in services, command
        method = Default().FindServiceByName(called[1]).FindMethodByName(called[2])
        text = re.sub(r"'\$\w+'|'\$\(\w+\)'", "x", body[1])
        Parse(text, GetMessageClass(method.input_type)())


def as_here(command: str, platform) -> str:
    """The address and token file of the recipes, as they are in this test."""
    command = command.replace("127.0.0.1:8080", platform.grpc)
    return command.replace("~/.local/share/trademesh/token", str(platform.token_file))
