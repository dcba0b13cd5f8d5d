"""What a contract is called."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from docassay.domains import RuleInput, plain
from docassay.domains.facts import Found
from docassay.domains.patterns import compiled

_KIND = (
    r"(?:AGREEMENT|Agreement|CONTRACT|Contract|LEASE(?:[ ]AGREEMENT)?"
    r"|Lease(?:[ ]Agreement)?|DEED|Deed|INDENTURE|Indenture|ADDENDUM|Addendum|AMENDMENT|Amendment"
    r"|MEMORANDUM\s+OF\s+UNDERSTANDING|Memorandum\s+of\s+Understanding|TERMS\s+AND\s+CONDITIONS|Terms\s+and\s+Conditions"
    r"|\p{Lu}\pL*(?:vertrag|vereinbarung)|\p{Lu}{4,}(?:VERTRAG|VEREINBARUNG)|CONTRAT|Contrat|BAIL|Bail|CONVENTION|Convention"
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
