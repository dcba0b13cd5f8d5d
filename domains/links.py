"""Links in a text: the words that a reader sees, and the address that they lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from docassay.domains.rules import Span

MOST_LINKS = 500
"""Most links that are looked at in one text."""

_TARGET = r"(?:https?://|//|mailto:|data:)[^\s<>()]{1,300}"
_LINK = re.compile(
    rf"\[(?P<label>[^\]\[\n]{{1,300}})\]\(\s?<?(?P<bracketed>{_TARGET})>?\s?\)"
    rf"|[ ]?<(?P<angled>{_TARGET})>",
    re.IGNORECASE,
)
_LONGEST_TEXT = 120
# What ends the words before a link's: another link, a cell, a sentence.
_BEFORE = re.compile(r"[>|)]|[.!?:;] ")


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands in a document's text.

    Attributes:
        text: The words before its target: those of the link, with what stands before them in the same
            sentence of the same line; ``""`` where the target stands alone.
        target: The address that it leads to: ``https:``, ``//``, ``mailto:`` or ``data:``.
        span: Its words and its target.
    """

    text: str
    target: str
    span: Span


def links(text: str) -> Iterator[Link]:
    """Find the links of a text, in order, at most `MOST_LINKS`.

    Mail and HTML are written with the target in angle brackets after the words of the link (of a button, the
    description of a picture, or a form, too); plain text mails and Markdown are read likewise.

    >>> [(link.text, link.target) for link in links("Hello. Log in here <https://a.example/x> now")]
    [('Log in here', 'https://a.example/x')]
    >>> [(link.text, link.target) for link in links("See [our terms](https://a.example/terms).")]
    [('our terms', 'https://a.example/terms')]
    """
    for match in islice(_LINK.finditer(text), MOST_LINKS):
        if match["label"]:
            yield Link(match["label"].strip(), match["bracketed"], match.span())
            continue
        earliest = max(text.rfind("\n", 0, match.start()) + 1, match.start() - _LONGEST_TEXT)
        before = text[earliest : match.start()]
        ends = [end.end() for end in _BEFORE.finditer(before)]
        words = before[ends[-1] :] if ends else before
        start = match.start() - len(words.lstrip())
        yield Link(words.strip(), match["angled"], (start, match.end()))
