"""Tell the form of a filing and its fiscal year, and find its items by their headings and its signature.

A heading counts, not the mention of an item nor its line in the table of contents.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from docassay.domains import Matcher, RuleInput, Span
from docassay.domains.financial.covers import form, period
from docassay.domains.financial.split import item_headings
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain
from docassay.domains.values import read_day

_SIGNING = compiled(
    r"(?i)pursuant\s+to\s+the\s+requirements\s+of|signed\s+on\s+its\s+behalf\s+by"
    r"|hereby\s+certifies\s+that\s+it\s+meets"
)
_CONFORMED = compiled(r"(?i)(?:/ ?s ?/|\bs/b/|\(signed\))[^\n]{0,60}")
_REACH = 1_200
"""How far behind the statement a signature is looked for, in characters."""

_DIFFERENT = compiled(
    r"(?i)\b(?:could|may|might|will|would|can|to)\s+(?:\w+\s+){0,3}(?:differ|vary|be\s+different)\b[^.\n]{0,120}"
    r"|\bmaterially\s+different\s+from\b[^.\n]{0,80}"
)
_BY_MUCH = compiled(r"(?i)\b(?:materially|significantly|substantially)\b")
_RESULT = compiled(
    r"(?i)\b(?:results?|outcomes?|performance|events|developments?|achievements|financial\s+condition)\b"
)
_OF_ESTIMATES = compiled(r"(?i)\bfrom\s+(?:\w+\s+){0,3}(?:estimates|assumptions)\b")
_FORWARD = compiled(r"(?i)\bforward[- ]looking\b")
_FORECAST = compiled(
    r"(?i)\b(?:expect(?:s|ations?)?|anticipates?|project(?:s|ions?)|forecasts?|predict(?:s|ions?)|outlook)\b"
)
_FROM_FORECAST = compiled(
    r"(?i)\bfrom\b[^.]*\b(?:forward[- ]looking|expect|anticipate|project|forecast|predict|outlook|plan)"
)
_NAMED_WITHIN = 3_000
"""So far from the caution the statements may be called forward-looking, in characters."""

_FORECAST_BEFORE = 700
_SUBJECT_CHARS = 2_500

_COVER_CHARS = 8_000
_AMENDMENT = compiled(r"(?i)\b(?:10-?K|10-?Q|8-?K)\w*[ ]?/[ ]?A\b|\bAmendment\s+No\.?\s*\d")


def _ended(view: RuleInput) -> tuple[date, Span] | None:
    """Give the day on which the period of a filing ended, as its cover has it, and where."""
    for start, end in period(view):
        if day := read_day(view.text[start:end]):
            return day, (start, end)
    return None


def _of_forms(*names: str) -> Matcher:
    """Make a function that finds the form on the cover of a filing, if it is one of these."""

    def matcher(view: RuleInput) -> Iterable[Span]:
        named = (found for found in form(view) if (found.normalised or "").partition("/")[0] in names)
        return (found[:2] for found in named)

    return matcher


form_10k = _of_forms("10-K", "10-K405", "10-KT")
form_periodic = _of_forms("10-K", "10-K405", "10-KSB", "10-KT", "10-Q", "10-QSB", "10-QT", "8-K", "20-F")


def amendment(view: RuleInput) -> Iterable[Span]:
    """Find on the cover of a report that it amends an earlier one."""
    return (match.span() for match in _AMENDMENT.finditer(plain(view.text[:_COVER_CHARS])))


def whole_report(view: RuleInput) -> Iterable[Span]:
    """Find the period on the cover of a report that is all there, down to its exhibits or its signature.

    What an excerpt leaves out is not missing.
    """
    end = _ended(view)
    closed = any(name in _items(view.text) for name in ("14", "15", "16")) or any(
        True for _ in filing_signature(view)
    )
    if end and closed:
        yield end[1]


def _since(year: int, month: int, day: int) -> Matcher:
    """Make a function that finds something unless the period is known to have ended before a day."""

    def matcher(view: RuleInput) -> Iterable[Span]:
        end = _ended(view)
        if end is None:
            return [(0, len(view.text))]
        return [end[1]] if end[0] >= date(year, month, day) else []

    return matcher


market_risk_asked = _since(1998, 6, 15)
certification_asked = _since(2002, 8, 29)
controls_asked = _since(2003, 8, 14)
risk_factors_asked = _since(2005, 12, 1)
cybersecurity_asked = _since(2023, 12, 15)


def cautionary_statement(view: RuleInput) -> Iterable[Span]:
    """Find the caution that results may differ from what is forecast; not that figures rest on estimates."""
    text = plain(view.text)
    for match in _DIFFERENT.finditer(text):
        start, end = match.span()
        said = match.group()
        by_much = _BY_MUCH.search(said) or _FROM_FORECAST.search(said)
        if not by_much or (_OF_ESTIMATES.search(said) and not _FROM_FORECAST.search(said)):
            continue
        subject = text[max(0, start - _SUBJECT_CHARS) : start].rpartition("\n")[2]
        named = _FORWARD.search(text[max(0, start - _NAMED_WITHIN) : end + _NAMED_WITHIN])
        named = named or _FORECAST.search(text[max(0, start - _FORECAST_BEFORE) : start])
        if named and _RESULT.search(subject):
            yield start, end


def filing_signature(view: RuleInput) -> Iterable[Span]:
    """Find conformed signatures, ``/s/ Ada Brook``, below the statement that the registrant signs."""
    for match in _SIGNING.finditer(view.text):
        signature = _CONFORMED.search(view.text[match.end() : match.end() + _REACH])
        if signature:
            yield (match.end() + signature.start(), match.end() + signature.end())


@lru_cache(maxsize=2)
def _items(text: str) -> dict[str, list[Span]]:
    # Nine checks ask for the items of the same filing, one after the other.
    items: dict[str, list[Span]] = {}
    for name, start, end in item_headings(text):
        items.setdefault(name, []).append((start, end))
    return items


def _item(name: str) -> Matcher:
    def matcher(view: RuleInput) -> Iterable[Span]:
        return _items(view.text).get(name, [])

    return matcher


item_1 = _item("1")
item_1a = _item("1a")
item_1c = _item("1c")
item_3 = _item("3")
item_7 = _item("7")
item_7a = _item("7a")
item_8 = _item("8")
item_9a = _item("9a")
item_11 = _item("11")
