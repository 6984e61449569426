"""What keeps the board true: a stream an account, a stream a run at work, in threads."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from apps.cli.failure import Failure
from apps.cli.session import Session
from apps.cli.top.board import Board

Json = dict[str, Any]

LOOK_EVERY = 2.0  # seconds between two looks for accounts and runs that are new
MOST_STREAMS = 40  # of each kind; what is beyond is not shown


class Feed:
    """Started once, ended once. Whatever goes wrong is tried again, and told to the board."""

    def __init__(self, session: Session, board: Board) -> None:
        self._session = session
        self._board = board
        self._over = Event()
        self._watched: set[str] = set()

    def start(self) -> None:
        """Returns at once."""
        _ = self._session.client  # made before there are threads
        Thread(target=self._look_again_and_again, name="top", daemon=True).start()

    def end(self) -> None:
        """Lets go of every stream."""
        self._over.set()
        self._session.client.close()

    def _look_again_and_again(self) -> None:
        while not self._over.is_set():
            try:
                self._look()
                self._board.told("")
            except Failure as failure:
                if not self._over.is_set():
                    self._board.told(failure.message)
            self._over.wait(LOOK_EVERY)

    def _look(self) -> None:
        """Follows what is not followed yet."""
        for account in self._listed("orders.AccountService/ListAccounts", "accounts", {}):
            self._follow(account["account_id"], self._watch_account)
        for run in self._listed("strategies.RunService/ListRuns", "runs", {"active_only": True}):
            self._follow(run["run_id"], self._watch_run)

    def _listed(self, method: str, key: str, request: Json) -> list[Json]:
        page: list[Json] = self._session.call(method, request | {"page_size": MOST_STREAMS})[key]
        return page

    def _follow(self, name: str, watch: Callable[[str], None]) -> None:
        if name in self._watched:
            return
        self._watched.add(name)
        Thread(target=self._watch, args=(name, watch), name=name, daemon=True).start()

    def _watch(self, name: str, watch: Callable[[str], None]) -> None:
        try:
            watch(name)
        except Failure as failure:
            if not self._over.is_set():
                self._board.told(failure.message)
        except ValueError:  # gRPC's word for a channel that was closed meanwhile
            pass
        self._watched.discard(name)  # the next look follows it anew, if it is still there

    def _watch_account(self, account_id: str) -> None:
        request = {"account_id": account_id}
        for update in self._session.stream("orders.AccountService/WatchAccount", request):
            self._board.take_account_update(account_id, update)

    def _watch_run(self, run_id: str) -> None:
        for update in self._session.stream("strategies.RunService/WatchRun", {"run_id": run_id}):
            self._board.take_run(update["run"])
