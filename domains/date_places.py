"""Places of a text at which a date may stand: a fast look before the slow expression of `values`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from docassay.domains.patterns import compiled
from docassay.languages import months

_SHORT = 400
"""Characters up to which a text is read as a whole."""

_BEFORE, _BEHIND = 80, 80
"""Characters around a month or figures in which the rest of its date stands."""


@cache
def _expression() -> Any:
    names = "|".join(sorted(months(), key=len, reverse=True))
    space = r"[\s\pZ]"
    return compiled(
        rf"(?i)(?:^|[^\pL])(?:{names})(?:[.,-]|{space})*(?:(?:of|de){space}+)?\p{{Nd}}"
        rf"|\p{{Nd}}{space}?[./\pZ\s-]{space}?\p{{Nd}}{{1,2}}{space}?[./\pZ\s-]{space}?\p{{Nd}}{{1,2}}"
        r"|(?:19|20)\p{Nd}{6}"
    )


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """Give the parts of a text outside which no date stands, in order; they do not overlap.

    >>> list(stretches("No day is named. " * 30 + "It ends on 31 May 2027."))
    [(443, 533)]
    """
    if len(text) <= _SHORT:
        yield 0, len(text)
        return
    first = last = 0
    for match in _expression().finditer(text):
        start, end = max(0, match.start() - _BEFORE), min(len(text), match.end() + _BEHIND)
        if start <= last:
            last = end
            continue
        if last:
            yield first, _whole(text, last)
        first, last = start, end
    if last:
        yield first, _whole(text, last)


def _whole(text: str, end: int) -> int:
    """Move an end behind the word or figures in which it stands."""
    while end < len(text) and text[end].isalnum():
        end += 1
    return end
