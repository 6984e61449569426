"""The tools: doctor, top, explain, schema, completion, config and admin."""

import socket
from pathlib import Path
from typing import Any

from apps.containers.maintenance import back_up_folder
from tests.houses import migrated
from tests.unit.cli.cases.case import EXPIRED, Case, Refused
from tests.unit.cli.filled import page

ADDRESS, SCHEMA = r"127\.0\.0\.1:\d+", r"\d{4}_\w+"


def with_settings(folder: Path, monkeypatch: Any) -> None:
    """A settings file, and an environment that says the rest."""
    monkeypatch.setenv("TRADEMESH_SETTINGS", str(folder / "settings.toml"))
    monkeypatch.setenv("TRADEMESH_DATA_DIR", str(folder / "data"))
    monkeypatch.setenv("TRADEMESH_BACKTEST_WORKERS", "2")


def with_free_port(folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("TRADEMESH_DATA_DIR", str(folder / "data"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("TRADEMESH_PORT", str(free.getsockname()[1]))


def with_data(folder: Path, monkeypatch: Any) -> None:
    """A data folder with a store in it, and a backup of it."""
    (folder / "data").mkdir(exist_ok=True)
    migrated(folder / "data" / "trademesh.db")
    back_up_folder(
        folder / "data",
        folder / "monday.zip",
        version="0.1.0",
        keys=True,
        replace=True,
        told=lambda done, total: None,
    )


SETTINGS = {"settings.toml": "port = 9000\n"}


def value_of(name: str) -> str:
    """What stands at this name, whatever it is today."""
    return rf'(?<="{name}": ")[^\n]*(?=")'


# Which walls can be built is the machine's to say.
STATE_OF_ISOLATION = r'(?<="check": "isolation",\n    "state": ")\w+'
OF_BACKUP = (value_of("create_time"), r'(?<="total_bytes": ")\d+', SCHEMA, value_of("version"))

CASES = {
    "doctor": Case(
        prepare=with_free_port,
        changing=(value_of("found"), value_of("mend"), STATE_OF_ISOLATION),
        code=13,  # the platform of the tests does not tell its health
        refused=Refused(13, "--address 127.0.0.1:1", says="PROBLEMS_FOUND"),
    ),
    "top": Case(
        "--once",
        answers={
            "orders.AccountService/ListAccounts": page("accounts", "orders.Account"),
            "orders.AccountService/ListPositions": page("positions", "orders.Position"),
            "orders.OrderService/ListOrders": page("orders", "orders.Order"),
            "strategies.RunService/ListRuns": page("runs", "strategies.Run"),
        },
        refused=Refused(5, "--once", {"orders.AccountService/ListAccounts": EXPIRED}),
    ),
    "explain": Case("order.limit_price", refused=Refused(3, "order.limit_prise", says="limit_p")),
    "schema": Case("version", refused=Refused(3, "order lists", says="NOTHING_TO_DESCRIBE")),
    "completion": Case(
        "bash", changing=(value_of("script"),), refused=Refused(2, "tcsh", says="not one of")
    ),
    "config list": Case(
        files=SETTINGS,
        prepare=with_settings,
        changing=(ADDRESS,),
        refused=Refused(2, "everything"),
    ),
    "config get": Case(
        "port",
        files=SETTINGS,
        prepare=with_settings,
        refused=Refused(3, "prot", says="SETTING_NOT_FOUND"),
    ),
    "config set": Case(
        "log_level debug",
        files=SETTINGS,
        prepare=with_settings,
        refused=Refused(4, "port 90000", says="INVALID_SETTING"),
    ),
    "config unset": Case(
        "port",
        files=SETTINGS,
        prepare=with_settings,
        refused=Refused(7, "address", says="SETTING_DERIVED"),
    ),
    "config path": Case(files=SETTINGS, prepare=with_settings, refused=Refused(2, "more")),
    "admin backup": Case(
        "new.zip --data-dir data --verify --force",
        prepare=with_data,
        changing=OF_BACKUP,
        refused=Refused(8, "monday.zip --data-dir data", says="FILE_EXISTS"),
    ),
    "admin restore": Case(
        "monday.zip --verify",
        prepare=with_data,
        changing=OF_BACKUP,
        refused=Refused(7, "monday.zip --data-dir data", says="DATA_DIR_NOT_EMPTY"),
    ),
    "admin migrate": Case(
        "--dry-run --data-dir data",
        prepare=with_data,
        changing=(SCHEMA,),
        refused=Refused(3, "--data-dir nowhere", says="NO_DATA"),
    ),
}
