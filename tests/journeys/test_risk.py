"""Limits: set, passed by nobody, tripped and released, over REST and the command line."""

from tests.journeys.cli import Cli
from tests.journeys.clients import Rest, until
from tests.journeys.test_orders import LIMIT, MARKET, open_account


def test_limits_are_set_shown_and_bind_the_next_order(rest: Rest, cli: Cli) -> None:
    account = open_account(rest)
    scope = {"account_id": account}
    kept = rest.get("/v1/risk_limits:get", **scope).json["risk_limits"]
    assert (kept["etag"], kept["limits"].get("max_order_quantity")) == ("0", None)
    wanted = scope | {"etag": "0", "limits": {"max_order_quantity": "5", "long_only": True}}
    first = rest.post("/v1/risk_limits:set", risk_limits=wanted).json["risk_limits"]
    assert (first["etag"], first["updated_by"]) == ("1", "local-user")
    stale = rest.post("/v1/risk_limits:set", risk_limits=wanted)
    assert (stale.status, stale.reason) == (409, "ETAG_MISMATCH")

    orders = f"/v1/accounts/{account}/orders"
    refused = rest.post(orders, order=LIMIT)
    assert (refused.status, refused.reason) == (400, "MAX_ORDER_QUANTITY")
    short = rest.post(orders, order=MARKET | {"side": "SIDE_SELL", "quantity": "1"})
    assert short.reason == "SHORT_SELLING_NOT_ALLOWED"
    assert rest.post(orders, order=LIMIT | {"quantity": "5"}).status == 200

    changed = cli("risk", "limits", "set", "max_order_quantity=", "-a", account, "-o", "json")
    assert "max_order_quantity" not in changed.data["limits"], changed
    assert rest.post(orders, order=LIMIT).status == 200
    history = rest.get("/v1/risk_limit_changes", page_size=2).json["risk_limit_changes"]
    assert [each["after"]["account_id"] for each in history] == [account, account]
    assert history[0]["before"]["max_order_quantity"] == "5"


def test_bad_limits_are_refused_by_their_field(rest: Rest) -> None:
    for limits, field in (
        ({"max_daily_loss": "-5"}, "risk_limits.limits.max_daily_loss"),
        ({"max_daily_loss": "ten"}, "risk_limits.limits.max_daily_loss"),
        ({"max_orders_per_second": 5000}, "risk_limits.limits.max_orders_per_second"),
    ):
        answer = rest.post("/v1/risk_limits:set", risk_limits={"limits": limits})
        assert (answer.status, answer.fields) == (400, [field])


def test_a_loss_trips_until_somebody_releases_it(rest: Rest, cli: Cli) -> None:
    account = open_account(rest)
    terms = {
        "strategy_id": "sma-cross",
        "account_id": account,
        "instrument_id": "FB",
        "timeframe": "1d",
        "parameters": {"fast": "2", "slow": "3", "quantity": "500"},
        "replay": {"start_time": "2012-05-01T00:00:00Z", "end_time": "2013-03-01T00:00:00Z"},
    }
    limits = {"account_id": account, "limits": {"max_drawdown_percent": "0.5"}}
    assert rest.post("/v1/risk_limits:set", risk_limits=limits).status == 200
    started = rest.post("/v1/runs", run=terms)
    assert started.status == 200, started.json
    run_id = started.json["run"]["run_id"]
    until(lambda: rest.get(f"/v1/runs/{run_id}").json["run"]["state"] == "STATE_FINISHED")

    [trip] = rest.get("/v1/risk_trips", account_id=account, standing_only="true").json["risk_trips"]
    assert trip["reason"] == "DRAWDOWN"
    [status] = cli("risk", "status", account, "-o", "json").data
    assert [each["reason"] for each in status["halts"]] == ["DRAWDOWN"]
    orders = f"/v1/accounts/{account}/orders"
    assert rest.post(orders, order=LIMIT).reason == "DRAWDOWN"
    released = cli("risk", "release", trip["trip_id"], "--reason", "seen", "-o", "json")
    assert released.data["released_by"] == "local-user", released
    assert rest.post(orders, order=LIMIT).status == 200
