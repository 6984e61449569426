"""Messages with every field set, so that a golden file shows all there is."""

from typing import Any

from apps.cli.shapes import message_of

Json = dict[str, Any]

TIME = "2024-01-02T15:04:05Z"
_ID = "_id"
_WORDS = {
    "broker": "paper",
    "calendar": "XNYS",
    "class_name": "SmaCross",
    "column": "high",
    "currency": "USD",
    "default_value": "10",
    "detail": "close 18.92 between 189.10 and 189.32",
    "display_name": "practice",
    "etag": "e1",
    "file_name": "AAPL.XNAS-1d.csv",
    "kind": "FILL",
    "name": "fast",
    "source": "class SmaCross(Strategy): ...\n",
    "summary": "Hold the instrument while its fast average is above its slow one.",
    "symbol": "AAPL",
    "text": "bought",
    "timeframe": "1d",
    "time_zone": "America/New_York",
    "type": "int",
    "value": "ten",
    "venue": "XNAS",
    "writer": "strategy",
    "instrument_id": "AAPL.XNAS",
    "strategy_id": "sma-cross",
    "version_id": "sha256:1",
    "order_id": "o1",
    "account_id": "acc_1",
    "run_id": "run_1",
    "backtest_id": "bt_1",
    "import_id": "imp_1",
    "export_id": "exp_1",
    "fill_id": "f1",
    "start_date": "2024-01-02",
    "delimiter": ";",
}
_EMPTY = {"reason", "error_reason", "error_message"}  # of what went well


def filled(shape: str, **other: Any) -> Json:
    """One `orders.Order` as the API writes it; `other` fields as given, None leaves one out."""
    made = _message(message_of(shape)) | other
    return {name: value for name, value in made.items() if value is not None}


def page(key: str, shape: str, **other: Any) -> Json:
    """A page of a list with one of them."""
    return {key: [filled(shape, **other)]}


def _message(message: Any) -> Json:
    made: Json = {}
    chosen = set()
    for field in message.fields:
        group = field.containing_oneof
        if group is not None and len(group.fields) > 1:
            if group.name in chosen:
                continue
            chosen.add(group.name)
        made[field.name] = _field(field)
    return made


def _field(field: Any) -> Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return {"fast": _value(field.message_type.fields_by_name["value"])}
    value = _value(field)
    return [value] if field.is_repeated else value


def _value(field: Any) -> Any:
    if field.message_type is not None:
        if field.message_type.full_name == "google.protobuf.Timestamp":
            return TIME
        return _message(field.message_type)
    if field.enum_type is not None:
        return field.enum_type.values[1].name
    return _SCALARS[field.type](field.name)


def _text(name: str) -> str:
    if name in _EMPTY:
        return ""
    return _WORDS.get(name, name if name.endswith(_ID) else "12.50")


_SCALARS = {
    1: lambda name: 1.5,  # double
    3: lambda name: "3",  # int64
    4: lambda name: "3",  # uint64
    5: lambda name: 3,  # int32
    8: lambda name: True,  # bool
    9: _text,  # string
    12: lambda name: "AAAA",  # bytes
}
