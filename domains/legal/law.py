"""Which law a contract says that it is under."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from docassay.domains import Span, View

_GOVERNED = re2.compile(
    r"(?i)\b(?:governed(?:,?\s+(?:interpreted|enforced|construed))*\s*"
    r"(?:(?:exclusively|in\s+all\s+respects)\s+)?"
    r"(?:and\s+(?:construed|interpreted|enforced)\s+)?(?:by|under|(?:in\s+)?(?:accordance|compliance)\s+with)"
    r"|soumis au|régi par(?: le)?|unterliegt dem|gilt das)\s+"
    r"(?:and\s+(?:construed|interpreted|enforced)\s+(?:in\s+accordance\s+with|under)\s+)?"
    r"(?:the\s+)?(?:(?:substantive|internal|domestic)\s+)?(?:laws?\s+(?:of|in)\s+(?:the\s+)?"
    r"(?:(?:state|commonwealth|republic|province)\s+of\s+|people's\s+)?)?"
    r"((?-i:\p{Lu})[\pL]+(?:\s+(?-i:\p{Lu})[\pL]+){0,2})(?:\s+law\b)?"
)
_SAME = {
    "english": "england",
    "french": "france",
    "german": "germany",
    "swiss": "switzerland",
    "irish": "ireland",
    "dutch": "netherlands",
}
_NO_PLACE_WORDS = """
this section agreement article clause applicable the customer terms law laws united state
"""
_NO_PLACE = frozenset(_NO_PLACE_WORDS.split())
_CONDITIONAL = re2.compile(
    r"(?i)\b(?:if|where|residen\w+|resid\w+|located|domiciled|customers? in|except|respect to)\b"
)


def conflicting_laws(view: View) -> Iterator[Span]:
    """Find a second choice of law that differs from the first, unless it depends on a condition."""
    first = ""
    for match in _GOVERNED.finditer(view.text):
        place = match.group(1).lower().split()
        name = _SAME.get(place[0], place[0])
        words = match.group().lower()
        if name in _NO_PLACE or not ("law" in words or "droit" in words or "recht" in words):
            continue
        opening = view.text[
            max(view.text.rfind(". ", 0, match.start()), match.start() - 300, 0) : match.start()
        ]
        if _CONDITIONAL.search(opening):
            continue
        if first and name != first:
            yield match.span()
        first = first or name
