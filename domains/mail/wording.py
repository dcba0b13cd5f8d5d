"""What a mail says, in seven languages: the expressions of ``wording.toml``, found in its subject and body.

A language that came later has a file of its own, ``wording_nl.toml``, whose expressions are added.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import re2

from docassay.domains import Span
from docassay.domains.entries import read_toml
from docassay.domains.folders import terms_of
from docassay.domains.mail.message import message
from docassay.domains.terms import written_out
from docassay.domains.typography import unaccented

MOST_CHARS = 20_000
"""How far into a body wording is looked for."""

_MOST = 20
_MEMORY = 64 << 20


@lru_cache(maxsize=256)
def phrase_matches(text: str, wording: str) -> tuple[Span, ...]:
    """Find the places of a mail, subject first, at which it uses a wording; the first twenty.

    Args:
        text: The mail.
        wording: A name in ``wording.toml``.
    """
    mail = message(text)
    found: list[Span] = []
    pieces = [mail.subject] if mail.subject else []
    for start, stop in (*pieces, (mail.body_start, min(len(text), mail.body_start + MOST_CHARS))):
        for match in islice(_expression(wording).finditer(unaccented(text[start:stop])), _MOST):
            first, last = match.span()
            found.append((start + first, start + last))
    return tuple(found)


def words() -> list[str]:
    """List the names of the wordings, in order."""
    return list(_wordings())


def near(spans: tuple[Span, ...], others: tuple[Span, ...], within: int) -> bool:
    """Tell whether one of some spans lies within so many characters of one of others."""
    return any(a[0] - within <= b[1] and b[0] <= a[1] + within for a in spans for b in others)


@cache
def _wordings() -> dict[str, list[str]]:
    folder = Path(__file__).parent
    expressions: dict[str, list[str]] = {}
    for path in (folder / "wording.toml", *sorted(folder.glob("wording_*.toml"))):
        wordings = read_toml(path)
        wordings.pop("terms", None)
        for name, patterns in written_out(wordings, terms_of(folder, path.name)).items():
            expressions[name] = [*expressions.get(name, ()), *patterns]
    return expressions


@cache
def _expression(wording: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY
    # RE2 knows the letters of ASCII alone as parts of words.
    patterns = (unaccented(pattern) for pattern in _wordings()[wording])
    return re2.compile("|".join(patterns), options)
