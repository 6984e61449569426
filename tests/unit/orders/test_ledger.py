"""The ledger as clients read it: every posting, balanced, and together the account."""

import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.sql.migrate import migrate
from domain.errors import InvalidRequest, NotFound
from domain.orders.records import AccountKey, LedgerRecord
from domain.orders.request import Side
from domain.simulation.fees import Fees
from domain.values import MONEY_SCALE
from tests.builders import AAPL, MSFT, a_bar
from tests.unit.orders.house import House, a_house, terms


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, fees=Fees(700, MONEY_SCALE)) as house:
        await house.furnish()
        yield house


async def ledger_of(house: House, account: AccountKey, size: int = 7) -> list[LedgerRecord]:
    """Every page of it, oldest first."""
    entries: list[LedgerRecord] = []
    token = ""
    while True:
        page, token = await house.read.ledger(account, size, token)
        entries += page
        if not token:
            return entries[::-1]


def total(entries: list[LedgerRecord], of: Callable[[LedgerRecord], Decimal]) -> Decimal:
    return sum((of(one) for one in entries), Decimal(0))


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_is_traded_every_entry_balances_and_their_sums_are_the_account(
    house: House, seed: int
) -> None:
    dice = random.Random(seed)
    account = await house.account("1000000")
    await house.open_market(account)
    for minute in range(14):
        name = dice.choice((AAPL, MSFT))
        await house.show(account, a_bar(dice.randint(90, 110) + 0.37, minute=minute))
        await house.show(
            account, a_bar(dice.randint(40, 60) + 0.11, minute=minute, instrument_id=MSFT)
        )
        side = dice.choice((Side.BUY, Side.SELL))
        await house.place(account, terms(side, dice.randint(1, 300), name))
    entries = await ledger_of(house, account)
    money = await house.money(account)
    fills = await house.accounts.fills(
        account.tenant, account.account_id, order_id="", before=0, limit=1_000
    )
    held = await house.accounts.positions(account.tenant, account.account_id, after="", limit=9)
    assert len(entries) == len(fills) + 1 > 10
    for one in entries:
        assert one.cash + one.basis + one.fee == one.capital + one.realised
    assert [one.number for one in entries] == list(range(1, len(entries) + 1))
    assert total(entries, lambda one: one.cash) == money.cash == entries[-1].cash_after
    assert total(entries, lambda one: one.fee) == money.fees > 0
    assert total(entries, lambda one: one.realised) == money.realised
    assert total(entries, lambda one: one.capital) == money.capital
    assert total(entries, lambda one: one.basis) == sum(one.cost for one in held)
    booked = [(one.fill_id, one.instrument_id, one.fee, one.ts) for one in entries[1:]]
    assert booked == [
        (fill.fill_id, fill.instrument_id, fill.fee, fill.ts) for _, fill in reversed(fills)
    ]


async def test_a_new_account_has_its_capital_in_it_and_pages_know_their_query(
    house: House,
) -> None:
    account, other = await house.account("500"), await house.account("700")
    [entry] = await ledger_of(house, account)
    assert (entry.number, entry.cash, entry.capital, entry.cash_after) == (1, 500, 500, 500)
    assert (entry.fill_id, entry.instrument_id) == ("", "")
    await house.open_market(account)
    await house.show(account, a_bar(1.0))
    await house.place(account, terms(quantity=1))
    await house.show(account, a_bar(1.0, minute=1))
    _, token = await house.read.ledger(account, 1, "")
    with pytest.raises(InvalidRequest) as moved:
        await house.read.ledger(other, 1, token)
    with pytest.raises(NotFound) as unknown:
        await house.read.ledger(AccountKey("local", "acc_none"), 1, "")
    assert [moved.value.reason, unknown.value.reason] == ["PAGE_TOKEN_INVALID", "ACCOUNT_NOT_FOUND"]


async def test_entries_of_an_earlier_release_learn_which_fill_they_book(tmp_path: Path) -> None:
    async with a_house(tmp_path / "now") as house:
        await house.furnish()
        accounts = [await house.account() for _ in range(2)]
        for account in accounts:
            await house.open_market(account)
        for minute in range(4):
            for account in accounts:
                await house.show(account, a_bar(100.0 + minute, minute=minute))
                await house.place(account, terms(quantity=minute + 1))
        expected = [await ledger_of(house, account) for account in accounts]
    earlier = tmp_path / "earlier" / "trademesh.db"
    earlier.parent.mkdir()
    migrate(earlier, to="0007_ticks")
    copy_rows(tmp_path / "now" / "trademesh.db", earlier)
    migrate(earlier)
    async with a_house(tmp_path / "earlier") as house:
        assert [await ledger_of(house, account) for account in accounts] == expected
        assert len(expected[1]) == 4


def copy_rows(source: Path, target: Path) -> None:
    """What an account is, as the earlier schema keeps it."""
    with sqlite3.connect(target) as database:
        database.execute("ATTACH ? AS now", (str(source),))
        for table in ("accounts", "instruments", "orders", "fills", "positions", "ledger_entries"):
            known = database.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchall()
            names = ", ".join(f'"{name}"' for (name,) in known)
            database.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM now.{table}")
    database.close()
