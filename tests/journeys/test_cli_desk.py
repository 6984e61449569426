"""Orders, positions, accounts, runs and the library by the command line, on the whole platform."""

from decimal import Decimal

import pytest

from apps.cli.client import Client

REPLAY = ("--start", "2000-03-01", "--bars-per-second", "20")  # nearly three minutes


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def holder(cli, platform):
    """A run of buy-and-hold that holds its shares."""
    run = cli("run", "start", "buy-and-hold", "--paper", "-i", "AAPL", *REPLAY).data
    client = Client(platform.grpc, platform.token)
    watched = {"account_id": run["account_id"]}
    for change in client.stream("orders.AccountService/WatchAccount", watched):
        if any(each["quantity"] == "100" for each in positions_in(change)):
            break
    client.close()
    yield run
    cli("run", "stop", run["run_id"], "--yes")


def positions_in(change):
    if "snapshot" in change:
        return change["snapshot"]["positions"]
    return [change["position"]] if "position" in change else []


def test_every_template_is_a_strategy_that_trades(cli):
    for template in ("cross", "breakout", "reversion", "blank"):
        file = f"my_{template}.py"
        assert cli("strategy", "new", file, "--template", template).code == 0
        tested = cli("backtest", "run", file, "-i", "AAPL", "-q")
        assert tested.code == 0, tested.err
        assert int(tested.data["statistics"]["order_count"]) > 0, template
        assert tested.data["strategy_id"] == f"my-{template}"


def test_a_strategy_is_pushed_changed_compared_and_put_away(cli, folder):
    cli("strategy", "new", "changing.py", "--template", "blank")
    file = folder / "changing.py"
    first = cli("strategy", "push", "changing.py").data["version_id"]
    file.write_text(file.read_text().replace("Decimal(100)", "Decimal(50)"))

    unkept = cli("strategy", "diff", "changing.py").out.splitlines()
    assert "-    quantity: Decimal = Decimal(100)" in unkept
    assert "+    quantity: Decimal = Decimal(50)" in unkept
    assert cli("strategy", "push", "changing.py", "--dry-run").code == 0
    assert len(cli("strategy", "show", "changing", "--versions").data) == 1

    cli("strategy", "push", "changing.py")
    assert cli("strategy", "diff", "changing").out.splitlines()[2:] == unkept[2:]
    assert cli("strategy", "show", "changing", "--version", first[:20]).data["version_id"] == first

    asked = cli("strategy", "archive", "changing")
    assert asked.code == 2
    assert "puts changing away" in asked.err
    assert cli("strategy", "archive", "changing", "--yes").data["archived"] is True
    refused = cli("backtest", "run", "changing", "-i", "AAPL")
    assert (refused.code, "[STRATEGY_ARCHIVED]" in refused.err) == (7, True)
    assert "changing" not in cli("strategy", "list", "-o", "name").out.split()
    assert "changing" in cli("strategy", "list", "--archived", "-o", "name").out.split()
    cli("strategy", "push", "changing.py")
    assert "changing" in cli("strategy", "list", "-o", "name").out.split()


def test_a_dry_run_of_a_run_checks_all_and_opens_nothing(cli):
    before = cli("account", "list", "--limit", "0", "-o", "name").out
    command = ("run", "start", "sma-cross", "--paper", "-i", "AAPL", "--dry-run")

    assert cli(*command).code == 0
    refused = cli(*command, "--param", "fas=3")

    assert (refused.code, "[UNKNOWN_PARAMETER]" in refused.err) == (4, True)
    assert cli("account", "list", "--limit", "0", "-o", "name").out == before


def test_orders_are_previewed_changed_and_canceled(cli):
    cli("account", "create", "desk", "--cash", "100000")
    of = ("--account", "desk")
    terms = ("AAPL", "buy", "10", "--limit", "1.00", "--tif", "gtc", *of)
    preview = cli("order", "preview", *terms)
    assert preview.code == 0, preview.err
    assert preview.data["preview"]["reserved"] == "10"
    assert cli("order", "list", *of).data == []

    order = cli("order", "submit", *terms).data["order_id"]
    after = cli("account", "show", "desk").data
    assert after["buying_power"] == preview.data["preview"]["buying_power_after"]

    for change in (("replace", order, "--limit", "1.50"), ("cancel", order), ("cancel-all",)):
        assert cli("order", *change, *of, "--dry-run").code == 0
    assert cli("order", "show", order, *of).data["limit_price"] == "1"

    asked = cli("order", "cancel-all", *of)
    assert asked.code == 2
    assert asked.err.startswith("error: this cancels 1 order; nobody can be asked")
    assert cli("order", "list", "--open", *of, "-o", "name").out == f"{order}\n"

    assert cli("order", "cancel-all", *of, "--yes", "-o", "name").out == f"{order}\n"
    watched = cli("order", "watch", order, *of)
    assert watched.code == 0
    assert watched.lines[-1]["state"] == "STATE_CANCELED"


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (("order", "submit", "AAPL", "buy", "-5"), "NOT_POSITIVE"),
        (("order", "submit", "AAPL", "buy", "5", "--limit", "-1"), "NOT_POSITIVE"),
        (("account", "create", "poor", "--cash", "-1"), "NOT_POSITIVE"),
    ],
)
def test_a_negative_number_is_a_wrong_value_not_a_wrong_command_line(cli, terms, reason):
    account = cli("account", "create", "any", "-o", "name").out.strip()
    of = ("--account", account) if terms[0] == "order" else ()
    refused = cli(*terms, *of)
    assert refused.code == 4, refused.err
    assert f"[{reason}]" in refused.err


def test_a_run_is_held_back_changed_flattened_and_stopped(cli, holder):
    run, account = holder["run_id"], ("--account", holder["account_id"])
    assert cli("run", "pause", run).data["state"] == "STATE_PAUSED"
    assert cli("run", "pause", run).code == 7
    assert cli("run", "params", "set", run, "quantity=7").data["parameters"]["quantity"] == "7"

    asked = cli("run", "flatten", run)
    assert asked.code == 2
    assert f"this pauses {run}, " in asked.err
    assert "sells 100 AAPL.XNAS ≈ " in asked.err
    flat = cli("run", "flatten", run, "--yes")
    assert flat.code == 0, flat.err
    assert flat.data["orders"][0]["side"] == "SIDE_SELL"
    assert cli("order", "watch", flat.data["orders"][0]["order_id"], *account).lines[-1][
        "state"
    ] == ("STATE_FILLED")
    assert cli("position", "show", "AAPL", *account).data["quantity"] == "0"

    assert cli("run", "resume", run).data["state"] == "STATE_RUNNING"
    told = " ".join(line["text"] for line in cli("run", "logs", run).data)
    for word in ("paused", "resumed", "quantity=7", "flattened"):
        assert word in told
    assert cli("run", "stop", run).code == 2
    assert cli("run", "stop", run, "--yes").code == 0
    followed = cli("run", "logs", run, "--follow")
    assert followed.code == 0
    assert followed.lines[-1]["number"] == str(len(followed.lines))


def test_a_position_is_closed_and_the_ledger_adds_up(cli, holder):
    cli("run", "pause", holder["run_id"])
    account = holder["account_id"]
    of = ("--account", account)

    assert cli("position", "close", "AAPL", *of, "--dry-run").data["order"]["quantity"] == "100"
    assert cli("position", "close", "AAPL", *of, "--quantity", "101", "--yes").code == 7
    part = cli("position", "close", "AAPL", *of, "--quantity", "40", "--yes").data["order"]
    cli("order", "watch", part["order_id"], *of)
    asked = cli("position", "close-all", *of)
    assert asked.code == 2
    assert "sells 60 AAPL.XNAS ≈ " in asked.err
    rest = cli("position", "close-all", *of, "--yes").data["orders"][0]
    cli("order", "watch", rest["order_id"], *of)
    assert cli("position", "close", "AAPL", *of).code == 7

    entries = cli("account", "ledger", account, "--limit", "0").data
    cash = sum(Decimal(each["cash"]) for each in entries)
    assert cash == Decimal(cli("account", "show", account).data["cash"])
    assert [each["kind"] for each in entries] == ["FILL", "FILL", "FILL", "CAPITAL"]
    exported = cli("account", "export", "fills", "-", *of).out.splitlines()
    assert len(exported) == 1 + 3


def test_backtests_are_compared_and_exported(cli, folder):
    ids = [
        cli("backtest", "run", "sma-cross", "-i", "AAPL", "-p", f"fast={fast}").data["backtest_id"]
        for fast in (5, 10)
    ]
    compared = cli("backtest", "compare", *ids).data
    assert [each["backtest_id"] for each in compared["backtests"]] == ids
    sharpes = {each["backtest_id"]: each["statistics"]["sharpe"] for each in compared["backtests"]}
    assert compared["best"]["sharpe"] == [max(ids, key=lambda each: sharpes[each])]
    assert "*" in cli("backtest", "compare", *ids, "-o", "table").out

    for what, name in (("orders", "o.csv"), ("fills", "f.csv"), ("equity", "e.parquet")):
        assert cli("backtest", "export", ids[0], what, name, "-q").code == 0
    orders = (folder / "o.csv").read_text().splitlines()
    assert len(orders) == 1 + int(compared["backtests"][0]["statistics"]["order_count"])
    assert (folder / "e.parquet").read_bytes()[:4] == b"PAR1"
