"""What a contract is called, and the day that it bears."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from docassay.domains import RuleInput, plain
from docassay.domains.facts import Found
from docassay.domains.legal.facts import effective_date
from docassay.domains.legal.formation import OPENING
from docassay.domains.patterns import compiled
from docassay.domains.values import Habits, dates

_KIND = (
    r"(?:AGREEMENT|Agreement|CONTRACT|Contract|LEASE(?:[ ]AGREEMENT)?"
    r"|Lease(?:[ ]Agreement)?|DEED|Deed|INDENTURE|Indenture|ADDENDUM|Addendum|AMENDMENT|Amendment"
    r"|MEMORANDUM\s+OF\s+UNDERSTANDING|Memorandum\s+of\s+Understanding|TERMS\s+AND\s+CONDITIONS|Terms\s+and\s+Conditions"
    r"|\p{Lu}\pL{0,30}(?:vertrag|vereinbarung)|\p{Lu}{4,40}(?:VERTRAG|VEREINBARUNG)|CONTRAT|Contrat|BAIL|Bail|CONVENTION|Convention"
    r"|ACCORD|Accord)"
)
_WORD = r"[\p{Lu}0-9][\pL0-9&'/-]*"
_RUN = compiled(rf"\b((?:{_WORD},?(?:[ ](?:of|and|for|to|the|de|du|des|la|&|-))*[ ]){{1,9}}?{_KIND})\b")
_ALONE = compiled(rf"(?m)^[ \t*#_|]*({_KIND})[ \t*_|]*$")
_THIS = compiled(
    rf"\b(?:This|THIS|Dieser|Diese|Le\s+présent|Ce|La\s+présente)\s+"
    rf"((?:\p{{Lu}}[\pL&'/-]*(?:\s+(?:of|and|for|&|de))?\s+){{1,8}}{_KIND})\b"
)
_NOT_A_TITLE = compiled(
    r"(?i)^(?:exhibit|ex-|this|source|page|table|section|article|schedule|annex|between|whereas|the|der|die|das|dieser?|le|la|ce|cette)\b"
)
_BEFORE_TITLE = compiled(
    r"(?i)^(?:[0-9.]+\s+|(?:exhibit|schedule|annex|appendix)\s+[0-9A-Z.-]+\s+|execution\s+(?:copy|version)\s+|final\s+|translation\s+)+"
)
_MOST_TITLE = 150
_MOST_LINES = 60
_TITLE_WITHIN = 2_500
"""Characters from the start in which a contract is called by its name."""


def title(view: RuleInput) -> Iterator[Found]:
    """Find what a contract is called: the first words in capitals that end in a kind of contract."""
    text = plain(view.text)[:_TITLE_WITHIN]
    for match in islice(_RUN.finditer(text), _MOST_LINES):
        start, end = match.span(1)
        before = _BEFORE_TITLE.match(match.group(1))
        start += before.end() if before else 0
        if end - start <= _MOST_TITLE and " " in text[start:end] and not _NOT_A_TITLE.match(text[start:end]):
            yield Found(start, end)
            return
    match = _THIS.search(text) or _ALONE.search(text)
    if match:
        yield Found(*match.span(1))


_MADE = compiled(
    r"(?i)\b(?:dated|date\s+of\s+(?:this\s+)?agreement|agreement\s+date|made|entered|executed|concluded|signed|this|as\s+of|geschlossen|vom"
    r"|conclue?|signée?|fait\s+à)\b|(?m)^[ \t]*date[ \t]*:"
)
_OTHER = compiled(
    r"(?i)\b(?:certain|prior|existing|original|amended\s+by|pursuant\s+to|between\s+the\s+\w+\s+and|filed|supplemented|referred\s+to|under\s+the|terms\s+of\s+the)\b"
    r"[^.;]{0,200}$|\b(?:effective|commenc\w+|begin\w*|expir\w+|terminat\w+|end\w*|until|ending|source|due|resignation|birth|début|effet|compter|naissance|née?|beginn\w*|geboren|ab)\b[^.;]{0,50}$"
)
_NO_OWN_DAY = compiled(
    r"\b(?:[Aa]n?|such|[Tt]he)\s+(?:\p{Lu}[\pL&-]*,?\s+(?:and\s+|of\s+)?){1,8}(?:Agreement|Plan|Lease|Contract)\s*$|\bSource:[^\n]{0,80}$"
)
_RECITALS = compiled(r"\b(?:WHEREAS|Whereas|RECITALS?|Recitals?|WITNESSETH|BACKGROUND|Background)\b")
_BLANK_DAY = compiled(
    r"(?i)(?:_{2,}|\[[^\]\n]{0,12}\])\s*(?:st|nd|rd|th)?\s*day\s+of\b|\bday\s+of\s+_{2,}|\b(?:dated|as\s+of)\s+(?:\pL{3,9}\s+)?(?:_{2,}|\[)"
)
_DAY_BEFORE = compiled(r"(?i)(?:day\s+of|\bt\s?h|_)[\s,_]*$")
_NEAR = 110
"""Characters behind a word such as "dated" in which the day stands."""


def agreement_date(view: RuleInput) -> Iterator[Found]:
    """Find the day that a contract bears: on which it was made, whenever it begins to bind."""
    text = plain(view.text)
    habits = Habits(view.text, "")
    recitals = _RECITALS.search(text, _SHORTEST_OPENING, OPENING // 2)
    end = recitals.start() if recitals else OPENING // 2
    if _BLANK_DAY.search(text, 0, end):
        return  # what is dated in its text is another paper
    for match in islice(_MADE.finditer(text, 0, end), _MOST_LINES):
        before = text[max(0, match.start() - 250) : match.start()]
        if _OTHER.search(before) or _NO_OWN_DAY.search(before):
            continue
        stretch = text[match.start() : match.end() + _NEAR]
        value = next(dates(stretch, habits), None)
        said = stretch[: value.start] if value else ";"
        if value is None or ";" in said or _OTHER.search(said) or _NO_OWN_DAY.search(said):
            continue
        if len(value.normalised or "") < _WHOLE and _DAY_BEFORE.search(stretch[: value.start]):
            continue  # "this __ day of May 2024"
        start = match.start()
        yield Found(start + value.start, start + value.end, value.normalised, alternative=value.alternative)
        return
    yield from _signed(view)


_SHORTEST_OPENING = 300
"""Characters from the start in which no recitals begin, but a table of contents may name them."""

_WHOLE = len("2024-05-01")


def _signed(view: RuleInput) -> Iterator[Found]:
    """Find a day beside a signature, or on which it begins to bind, where it bears no other: a hint."""
    for span in effective_date(view):
        yield Found(*span, sure=False)
