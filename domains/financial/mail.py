"""Read the headers that a mail's text starts with."""

from __future__ import annotations

import re2

_HEADER_LINE = re2.compile(r"[A-Z][A-Za-z0-9-]*:(?:[ \t].*)?$")


def header_block(text: str) -> int:
    """Give the offset behind the headers of a mail, or 0 where a text does not start with headers.

    >>> header_block("From: a@b.example\\nSubject: x\\n\\nHello")
    29
    >>> header_block("Subject: to change")
    0
    """
    position = 0
    names = set()
    for line in text[:20_000].splitlines(keepends=True):
        if not line.strip():
            break
        if not _HEADER_LINE.match(line.rstrip()) and not (names and line[0] in " \t"):
            return 0
        names.add(line.partition(":")[0].lower())
        position += len(line)
    return position if "from" in names and names & {"to", "subject", "date"} else 0
