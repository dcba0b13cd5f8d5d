"""Texts about legal documents: guides, summaries, offers of templates, pages that lead to a file.

They bear the title of what they are about and use its words, but bind nobody: what a contract must say is not
missing there, and what they say of one is no clause. A contract binds by operative words ("shall", "hereby",
"this Agreement", "by using"), which such a text has few of.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docassay.domains import RuleInput, Span, plain
from docassay.domains.folders import compiler

_compiled = compiler(Path(__file__).parent, "about.toml")

_TITLE = _compiled(r"(?i)\b{guide_title}\b")
_SAYS = _compiled(r"(?im)(?:\b|^){says_so}")
_ADVICE = _compiled(r"(?im)^[ \t#*_>\d.)-]*{advice_heading}")
_OFFER = _compiled(r"(?i)\b{offer}")
_OF_READER = _compiled(r"(?i)\b{of_reader}")
_OPERATIVE = _compiled(r"(?i)\b{operative}\b")
_MARKUP = _compiled(r"<[^<>]{1,400}>|\{\{[^{}]{1,200}\}\}|\]\([^()\s]{1,400}\)")
_FRONT = _compiled(r"\A\s*---[ \t]*\n(?:[^\n]*\n){1,60}?---[ \t]*(?:\n|\z)")
_NAMED = _compiled(r"(?im)^[ \t]*(?:short_?)?(?:title|subtitle|description)[ \t]*:[ \t]*(\S[^\n]{0,300})$")

_OPENING_LINES = 3
"""Lines that are not blank, behind the front matter, in which a title may stand."""

_READ = 40_000
"""Characters from the start that are looked at."""

_FEW = 3.5
"""Operative words of 1,000 below which one sign tells that a text binds nobody."""

_SOME = 8.0
"""The same, for two signs."""

_LEAST_WORDS = 30
"""Words below which a page behind its front matter says nothing itself."""


def about_documents(view: RuleInput) -> Iterator[Span]:
    """Find that a text is about documents such as it bears the title of, and none of them itself."""
    text = plain(view.text)[:_READ]
    front = _FRONT.search(text)
    body = text[front.end() :] if front else text
    words = len(_MARKUP.sub(" ", body).split())
    if _is_about(text[: front.end()] if front else "", body, words):
        yield 0, min(len(text), 1)


def _is_about(front: str, body: str, words: int) -> bool:
    if _SAYS.search(body) or _SAYS.search(front):
        return True
    operative = sum(1 for _ in _OPERATIVE.finditer(body))
    if front and words < _LEAST_WORDS:
        return operative == 0
    lines = [line for one in body[:2_000].split("\n") if (line := one.strip())][:_OPENING_LINES]
    titles = [match[1] for match in _NAMED.finditer(front)] + [line for line in lines if len(line) <= 160]
    signs = (
        any(_TITLE.search(title) for title in titles),
        len({match.group().strip().casefold() for match in _ADVICE.finditer(body)}) > 1,
        sum(1 for _ in _OFFER.finditer(body)) > 1,
        _OF_READER.search(body) is not None,
    )
    if not any(signs) or signs == (False, True, False, False):  # questions are headings of some terms
        return False
    return 1_000 * operative / max(1, words) < (_SOME if sum(signs) > 1 else _FEW)
