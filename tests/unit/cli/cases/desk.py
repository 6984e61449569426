"""`trademesh order`, `position` and `account`."""

from tests.unit.cli.cases.case import EXPIRED, Case, Refused, invalid, not_found, refused_now
from tests.unit.cli.cases.data import EXPORTED
from tests.unit.cli.filled import filled, page

_ORDERS = "orders.OrderService"
_ACCOUNTS = "orders.AccountService"

_ONE = {f"{_ACCOUNTS}/ListAccounts": page("accounts", "orders.Account")}
_ORDER = {"order": filled("orders.Order")}
_PLACED = {"order": _ORDER["order"], "preview": filled("orders.OrderPreview")}
_ENDED = {"order": filled("orders.Order", state="STATE_FILLED")}
_GROUP = {"order_group": filled("orders.OrderGroup")}
_NO_ORDER = _ONE | not_found("ORDER_NOT_FOUND", f"{_ORDERS}/GetOrder")

CASES = {
    "order submit": Case(
        "AAPL buy 10 --limit 64.50",
        answers=_ONE | {f"{_ORDERS}/PlaceOrder": _ORDER},
        refused=Refused(4, "AAPL buy -5", _ONE | invalid("NOT_POSITIVE", f"{_ORDERS}/PlaceOrder")),
    ),
    "order preview": Case(
        "AAPL buy 10",
        answers=_ONE | {f"{_ORDERS}/PlaceOrder": _PLACED},
        refused=Refused(
            7,
            "AAPL buy 10000",
            _ONE | refused_now("INSUFFICIENT_BUYING_POWER", f"{_ORDERS}/PlaceOrder"),
        ),
    ),
    "order bracket": Case(
        "AAPL buy 10 --take-profit 70 --stop-loss 60",
        answers=_ONE | {f"{_ORDERS}/PlaceOrderGroup": _GROUP},
        refused=Refused(
            7,
            "AAPL buy 10000 --trail 2",
            _ONE | refused_now("INSUFFICIENT_BUYING_POWER", f"{_ORDERS}/PlaceOrderGroup"),
        ),
    ),
    "order oco": Case(
        "AAPL sell 10 --take-profit 70 --trail-percent 2",
        answers=_ONE | {f"{_ORDERS}/PlaceOrderGroup": _GROUP},
        refused=Refused(
            4,
            "AAPL sell 10 --take-profit 70",
            _ONE | invalid("MISSING_FIELD", f"{_ORDERS}/PlaceOrderGroup"),
        ),
    ),
    "order group list": Case(
        "--active",
        answers=_ONE | {f"{_ORDERS}/ListOrderGroups": page("order_groups", "orders.OrderGroup")},
        refused=Refused(5, answers={f"{_ACCOUNTS}/ListAccounts": EXPIRED}),
    ),
    "order group show": Case(
        "o1",
        answers=_ONE | {f"{_ORDERS}/GetOrderGroup": _GROUP},
        refused=Refused(
            3, "o2", _ONE | not_found("ORDER_GROUP_NOT_FOUND", f"{_ORDERS}/GetOrderGroup")
        ),
    ),
    "order group cancel": Case(
        "o1",
        answers=_ONE | {f"{_ORDERS}/CancelOrderGroup": _GROUP},
        refused=Refused(
            7, "o1", _ONE | refused_now("ORDER_GROUP_ENDED", f"{_ORDERS}/CancelOrderGroup")
        ),
    ),
    "order list": Case(
        "--open",
        answers=_ONE | {f"{_ORDERS}/ListOrders": page("orders", "orders.Order")},
        refused=Refused(5, answers={f"{_ACCOUNTS}/ListAccounts": EXPIRED}),
    ),
    "order show": Case(
        "o1",
        answers=_ONE | {f"{_ORDERS}/GetOrder": _ORDER},
        refused=Refused(3, "o2", _NO_ORDER),
    ),
    "order replace": Case(
        "o1 --limit 64.75",
        answers=_ONE | {f"{_ORDERS}/ReplaceOrder": _ORDER},
        refused=Refused(2, "o1", says="nothing to change"),
    ),
    "order cancel": Case(
        "o1",
        answers=_ONE | {f"{_ORDERS}/CancelOrder": _ORDER},
        refused=Refused(7, "o1", _ONE | refused_now("ORDER_ENDED", f"{_ORDERS}/CancelOrder")),
    ),
    "order reissue": Case(
        "o1",
        answers=_ONE | {f"{_ORDERS}/ReissueOrder": _ORDER},
        refused=Refused(
            7, "o1", _ONE | refused_now("ORDER_NOT_REISSUABLE", f"{_ORDERS}/ReissueOrder")
        ),
    ),
    "order cancel-all": Case(
        "--yes",
        answers=_ONE | {f"{_ORDERS}/CancelAllOrders": page("orders", "orders.Order")},
        refused=Refused(
            2,
            "--no-input",
            _ONE | {f"{_ORDERS}/CancelAllOrders": page("orders", "orders.Order")},
            says="this cancels 1 order; nobody can be asked",
        ),
    ),
    "order watch": Case(
        "o1",
        answers=_ONE
        | {
            f"{_ORDERS}/GetOrder": _ENDED,
            f"{_ACCOUNTS}/WatchAccount": [{"snapshot": {"open_orders": []}, "cursor": "1"}],
        },
        refused=Refused(
            3,
            "o2",
            _NO_ORDER
            | {f"{_ACCOUNTS}/WatchAccount": [{"snapshot": {"open_orders": []}, "cursor": "1"}]},
        ),
    ),
    "position list": Case(
        answers=_ONE | {f"{_ACCOUNTS}/ListPositions": page("positions", "orders.Position")},
        refused=Refused(5, answers={f"{_ACCOUNTS}/ListAccounts": EXPIRED}),
    ),
    "position show": Case(
        "AAPL",
        answers=_ONE | {f"{_ACCOUNTS}/GetPosition": {"position": filled("orders.Position")}},
        refused=Refused(
            3,
            "APPL",
            _ONE
            | not_found("INSTRUMENT_NOT_FOUND", f"{_ACCOUNTS}/GetPosition")
            | {
                "market_data.MarketDataService/ListInstruments": page(
                    "instruments", "market_data.Instrument"
                )
            },
            says="AAPL; did you mean that?",
        ),
    ),
    "position close": Case(
        "AAPL --yes",
        answers=_ONE | {f"{_ACCOUNTS}/ClosePosition": filled("orders.ClosePositionResponse")},
        refused=Refused(
            7, "AAPL --yes", _ONE | refused_now("POSITION_FLAT", f"{_ACCOUNTS}/ClosePosition")
        ),
    ),
    "position close-all": Case(
        "--yes",
        answers=_ONE
        | {f"{_ACCOUNTS}/CloseAllPositions": filled("orders.CloseAllPositionsResponse")},
        refused=Refused(
            2,
            "--no-input",
            _ONE
            | {
                f"{_ACCOUNTS}/CloseAllPositions": filled("orders.CloseAllPositionsResponse"),
                f"{_ACCOUNTS}/ListPositions": page(
                    "positions", "orders.Position", last_price="20.00"
                ),
            },
            says="this cancels 1 order, buys 12.5 AAPL.XNAS ≈ 250.00; nobody can be asked",
        ),
    ),
    "account list": Case(
        answers=_ONE, refused=Refused(5, answers={f"{_ACCOUNTS}/ListAccounts": EXPIRED})
    ),
    "account show": Case(
        "practice",
        answers=_ONE | {f"{_ACCOUNTS}/GetAccount": {"account": filled("orders.Account")}},
        refused=Refused(3, "practise", _ONE, says="practice; did you mean that?"),
    ),
    "account create": Case(
        "practice --cash 5000",
        answers={f"{_ACCOUNTS}/CreateAccount": {"account": filled("orders.Account")}},
        refused=Refused(
            4, "practice --cash -1", invalid("NOT_POSITIVE", f"{_ACCOUNTS}/CreateAccount")
        ),
    ),
    "account ledger": Case(
        answers=_ONE
        | {f"{_ACCOUNTS}/ListLedgerEntries": page("ledger_entries", "orders.LedgerEntry")},
        refused=Refused(
            3, "acc_2", not_found("ACCOUNT_NOT_FOUND", f"{_ACCOUNTS}/ListLedgerEntries") | _ONE
        ),
    ),
    "account export": Case(
        "fills fills.csv",
        answers=_ONE | EXPORTED,
        refused=Refused(8, "fills fills.csv", _ONE, says="FILE_EXISTS"),
    ),
}
