"""What a policy tells people of their rights."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span, plain
from docassay.domains.headings import Headings, headings
from docassay.domains.patterns import compiled

LEAST_RIGHTS = 3
"""Of the rights of Articles 15 to 21, so many at least stand in a section that tells people of theirs."""

_SECTION = 2_500
"""Characters of a section, from its heading on, in which its rights are counted."""

_LONGEST = 300
"""Most characters of what is shown."""

_TITLE = compiled(r"(?i)\brights?\b|control|manage\s+your|droits?\b|\brechte\b|betroffene|access")
_RIGHTS = tuple(
    compiled(rf"(?i){right}")
    for right in (
        r"\b(?:access(?:ing)?|copy\s+of|copies\s+of|accès|accéder|Auskunft)\b",
        r"\b(?:delet\w+|eras\w+|remov\w+|forgotten|effac\w+|supprim\w+|suppression|Löschung|löschen)",
        r"\b(?:correct\w*|rectif\w+|updat\w+|amend\w*|chang\w+|Berichtigung|berichtigen)\b",
        r"\b(?:object\w*|oppos\w+|Widerspruch\w*|widersprechen)\b",
        r"\b(?:portab\w+|machine[- ]readable|portabilité|Datenübertragbarkeit)",
        r"\b(?:restrict\w*|limit(?:\s+(?:the|our)|ation)|Einschränkung)\b",
    )
)
_YOURS = compiled(
    r"(?i)\b(?:you(?:r)?\s+(?:\w+\s+){0,3}?(?:may|can|have|rights?)|rights?\s+(?:to|of)|vous\s+(?:\w+\s+){0,2}?(?:pouvez"
    r"|disposez|avez|bénéficiez)|droits?\s+(?:d|de|à)|Sie\s+(?:haben|können)|haben\s+Sie|Recht\s+auf)\b"
)


def rights_listed(view: RuleInput) -> Iterator[Span]:
    """Find a section on people's rights that names several of them: the words that give them the first."""
    text = plain(view.text)
    found = headings(view.text)
    for index, (start, path) in enumerate(zip(found.starts, found.paths, strict=True)):
        if not _TITLE.search(path[-1]):
            continue
        end, body = _end(found, index, len(text)), text.find("\n", start) + 1
        named = [match for right in _RIGHTS if (match := right.search(text, body, end))]
        yours = _YOURS.search(text, body, end)
        if body and yours and len(named) >= LEAST_RIGHTS:
            first = min((match.end() for match in named if match.end() > yours.start()), default=yours.end())
            yield yours.start(), max(yours.end(), min(first, yours.start() + _LONGEST))


def _end(found: Headings, index: int, length: int) -> int:
    """Find where the section under a heading ends: at the next that is not below it, or after `_SECTION`."""
    end = min(length, found.starts[index] + _SECTION)
    for following in range(index + 1, len(found.starts)):
        if found.starts[following] >= end:
            break
        if len(found.paths[following]) <= len(found.paths[index]):
            return found.starts[following]
    return end
