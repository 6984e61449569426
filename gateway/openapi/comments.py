"""What the comments of the protos say, for people and for machines."""

import re
from collections.abc import Iterator
from itertools import groupby

HTTP_OF_CODES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
BOTH = ["INVALID_ARGUMENT", "NOT_FOUND"]
# A reason, or the code behind it; codes without an underscore are named.
WORD = re.compile(r"\b(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|ABORTED|UNAVAILABLE|INTERNAL)\b")
LITERAL = re.compile(r"`([^`]+)`")
# `AAPL.XNAS` or `AAPL`; the length of a bar: `1d`; a multiple of the lot size: `100`.
EXAMPLES = re.compile(r"(?:^|: )(`[^`]+`(?:(?:, | or |, or )`[^`]+`)*)")
MEDIA_TYPE = re.compile(r"^(?:application|text)/[\w.+-]+$")


def prose(comment: str) -> str:
    """Paragraphs on one line each: what is parted by an empty line stays parted."""
    paragraphs = re.split(r"\n[ \t]*\n", comment.strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def summary(comment: str) -> str:
    """The first sentence, without its full stop."""
    first = prose(comment).partition("\n\n")[0]
    return re.split(r"(?<=[^.])\. (?=[A-Z`])", first)[0].removesuffix(".")


def examples(comment: str) -> Iterator[str]:
    """The values that a comment shows. An ellipsis shows only how a value begins."""
    for group in EXAMPLES.findall(prose(comment)):
        yield from (found for found in LITERAL.findall(group) if "…" not in found)


def media_types(comment: str) -> list[str]:
    return [found for found in LITERAL.findall(comment) if MEDIA_TYPE.match(found)]


def reasons(comment: str, of_calls: dict[str, str]) -> dict[int, list[str]]:
    """The reasons that a call says it fails with, by HTTP status.

    The code follows its reasons in parentheses: `A, B (NOT_FOUND) or C (INVALID_ARGUMENT)`. Where
    none does, the name tells. `of_calls` are the comments of all calls: one may take over the
    reasons of another.
    """
    found: dict[int, list[str]] = {}
    for status, reason in _reasons(prose(comment)):
        _add(found, status, reason)
    for other in re.findall(r"reasons of (\w+)", prose(comment)):
        for status, names in reasons(of_calls[other], {}).items():
            for name in names:
                _add(found, status, name)
    return found


def _reasons(text: str) -> Iterator[tuple[int, str]]:
    for sentence in re.findall(r"Fails with .*?(?:\.(?= [A-Z]|$)|\n\n|$)", text):
        waiting: list[str] = []
        for words in _runs(WORD.findall(sentence)):
            if words[0] in HTTP_OF_CODES:
                yield from ((_status(reason, words), reason) for reason in waiting)
                waiting = []
            else:
                waiting = words
        yield from ((_status(reason, BOTH), reason) for reason in waiting)


def _runs(words: list[str]) -> Iterator[list[str]]:
    """Reasons that follow each other, then the codes behind them, and so on."""
    for _, run in groupby(words, lambda word: word in HTTP_OF_CODES):
        yield list(run)


def _status(reason: str, codes: list[str]) -> int:
    """Of several codes, the name of the reason tells."""
    if len(codes) > 1:
        return 404 if reason.endswith("_NOT_FOUND") else 400
    return HTTP_OF_CODES[codes[0]]


def _add(found: dict[int, list[str]], status: int, reason: str) -> None:
    names = found.setdefault(status, [])
    if reason not in names:
        names.append(reason)
