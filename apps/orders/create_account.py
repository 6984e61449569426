"""Opens accounts."""

from domain.errors import invalid, under
from domain.orders.book import AccountBook
from domain.orders.records import AccountRecord, AccountTerms
from domain.orders.wanted import NewAccount
from domain.values import money_to_int
from ports.account_store import AccountStore, Request
from ports.clock import Clock
from ports.ids import Ids
from ports.request_log import RequestKey

BROKERS = frozenset({"paper"})
CURRENCIES = frozenset({"USD"})
LONGEST_NAME = 100


class CreateAccount:
    """Opens an account with its capital paid in; the same request opens it once."""

    def __init__(self, accounts: AccountStore, clock: Clock, ids: Ids) -> None:
        self._accounts = accounts
        self._clock = clock
        self._ids = ids

    async def __call__(
        self, tenant: str, new: NewAccount, key: RequestKey, *, validate_only: bool = False
    ) -> AccountRecord:
        """The account; with `validate_only` as it would be, without an id.

        Raises `InvalidRequest` MISSING_FIELD, BAD_NAME, UNKNOWN_BROKER, UNKNOWN_CURRENCY,
        NOT_POSITIVE, TOO_MANY_DECIMALS or OUT_OF_RANGE.
        """
        with under("account"):
            _check(new)
            capital = money_to_int(new.capital, "capital")
        now = self._clock.now()
        account_id = "" if validate_only else self._ids.new("acc")
        terms = AccountTerms(
            account_id, new.display_name, new.broker, new.currency, new.limits, now
        )

        def decide(book: AccountBook) -> AccountRecord:
            book.account.deposit(now, capital)
            return book.account_record()

        opened = await self._accounts.create(
            tenant, terms, decide, request=Request(key, AccountRecord), rehearse=validate_only
        )
        return opened.value


def _check(new: NewAccount) -> None:
    if not new.display_name.strip():
        raise invalid("display_name", "is required", reason="MISSING_FIELD")
    if len(new.display_name) > LONGEST_NAME or not new.display_name.isprintable():
        told = f"must be at most {LONGEST_NAME} printable characters"
        raise invalid("display_name", told, reason="BAD_NAME")
    if new.capital <= 0:
        raise invalid("capital", "must be above zero", reason="NOT_POSITIVE")
    if new.broker not in BROKERS:
        raise invalid("broker", f"no broker {new.broker}", reason="UNKNOWN_BROKER")
    if new.currency not in CURRENCIES:
        raise invalid("currency", f"no currency {new.currency}", reason="UNKNOWN_CURRENCY")
    money_to_int(new.limits.max_order_notional, "risk_limits.max_order_notional")
