"""What a form leaves open: places for names, dates and sums that nobody has filled in."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span
from docassay.domains.passages import blanks
from docassay.domains.patterns import compiled
from docassay.domains.rules import Compared

FEWEST = 2
"""Different blanks from which on a document is a form; one may be a slip, or no blank."""

SHOWN = 6
"""Most blanks that are named."""

_NO_BLANK = compiled(
    r"(?i)e-?mail|\bfollows?\]|signature\s+page|redacted|illegible|[●■•<*]|^\[[ \t.]*\]|\b(?:site|page)\."
)
# A line on which somebody signs, or says who signed, stays open until then.
_SIGNED = compiled(
    r"(?i)\b(?:by|its|names?|titles?|dated?|signed?|signatures?|print|initials|witness\w*|participant|nom|fait|lieu"
    r"|Unterschrift|Datum|Ort|place)\b\W*$"
)
_SIGNATURE = compiled(r"(?i)signature|unterschrift|witness")
_WORD = compiled(r"\pL{2,}")
_BEFORE = 30
_FEWEST_WORDS = 3
"""Words before a line to write on, from which on it stands in a sentence."""


def left_open(view: RuleInput) -> list[Compared]:
    """Send a person to a document that leaves places open, to the first of them."""
    found = {view.text[slice(*span)].strip(): span for span in reversed([*_in_sentences(view.text)])}
    if len(found) < FEWEST:
        return []
    names = sorted(found, key=found.__getitem__)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    says = f"Left open: {', '.join(name[:40] for name in names[:SHOWN])}{more}."
    return [Compared("review", found[names[0]], says)]


def _in_sentences(text: str) -> Iterator[Span]:
    """Yield the blanks that do not wait for a signature."""
    for start, end in blanks(text):
        line = text.rfind("\n", 0, start) + 1
        after = text.find("\n", end)
        before, behind = text[max(line, start - 200) : start], text[end : after if after >= 0 else len(text)]
        if _NO_BLANK.search(text[start:end]) or _SIGNED.search(before[-_BEFORE:]):
            continue
        if _SIGNATURE.search(before) or _SIGNATURE.search(behind[:200]):
            continue
        in_sentence = len(before.split()) >= _FEWEST_WORDS and _WORD.search(behind[:200])
        if "_" not in text[start:end] or in_sentence:
            yield start, end
