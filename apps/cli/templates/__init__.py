"""What `trademesh strategy new` writes: each file here is a strategy that works."""

import keyword
import re
from pathlib import Path

_CLASS = "MyStrategy"


def source_of(template: str, class_name: str) -> str:
    """The source of a template, its class under this name."""
    source = (Path(__file__).parent / f"{template}.py").read_text("utf-8")
    return re.sub(rf"\b{_CLASS}\b", class_name, source)


def class_name_of(file: Path) -> str:
    """`MyCross` for `my_cross.py` and `my-cross.py`; a file that names none has `MyStrategy`."""
    words = re.findall(r"[A-Za-z0-9]+", file.stem)
    name = "".join(word[:1].upper() + word[1:] for word in words).lstrip("0123456789")
    return name if name.isidentifier() and not keyword.iskeyword(name) else _CLASS
