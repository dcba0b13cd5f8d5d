"""Candidates: where a value of some form may stand in a text; a ranker tells which of them a field asks for.

candidates = "amount"          # one of `FORMS`, or an expression or call:MODULE.NAME as in `find`
cues = ['(?i)monthly rent']    # of lines: what a line stands after; without it every line is one
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from docassay.domains.currencies import CURRENCY
from docassay.domains.durations import durations
from docassay.domains.patterns import compiled
from docassay.domains.rules import Matcher, RuleInput, Span
from docassay.domains.typography import plain
from docassay.domains.values import FIGURE, LONGEST, Habits, dates

MOST_LINES_ON = 3
"""Lines behind a cue among which the first that says something is taken."""

_WORD = r"\p{Lu}[\pL\pN.&'@/-]*"
_SMALL = r"(?:of|the|de|des|du|la|le|der|die|das|and|et|und|for|für|pour|von|van)"
_NAME = compiled(rf"{_WORD}(?:,?[ \t]+(?:(?:{_SMALL}|&)[ \t]+){{0,2}}{_WORD}){{0,11}}")
_JOINT = re.compile(rf"(?i)[ \t]+(?:{_SMALL}[ \t]+)+|,[ \t]+")
_FIGURE = re.compile(FIGURE)
_PART = re.compile(r"[.,'’\s]")
_MINUS = re.compile(r"(?<![\w-])-\Z")
_AROUND = 8
_RUBRIC = " \t:.-=#*|"


def _names(view: RuleInput, cues: Sequence[Matcher]) -> Iterator[Span]:
    """Give runs of words that begin with a capital, and the parts of each between small words and commas."""
    for match in _NAME.finditer(plain(view.text)):
        start, written = match.start(), match.group().rstrip(".,&-")
        joints = [joint.span() for joint in _JOINT.finditer(written)]
        yield start, start + len(written)
        begins, ends = [0, *(end for _, end in joints)], [*(first for first, _ in joints), len(written)]
        for at, begin in enumerate(begins):
            # A name may have one joint within: Bank of Ohio; Acme, Inc.
            for end in ends[at : at + 2]:
                if (begin, end) != (0, len(written)) and end > begin:
                    yield start + begin, start + end


def _dates(view: RuleInput, cues: Sequence[Matcher]) -> Iterator[Span]:
    return ((one.start, one.end) for one in dates(view.text, Habits(view.text, "")))


def _amounts(view: RuleInput, cues: Sequence[Matcher]) -> Iterator[Span]:
    """Give numbers that have cents or thousands, or a currency beside them."""
    for match in _FIGURE.finditer(view.text):
        start, end = match.span()
        if (
            _PART.search(match[0])
            or CURRENCY.search(view.text, max(0, start - _AROUND), start)
            or CURRENCY.search(view.text, end, end + _AROUND)
        ):
            yield start, end


def _durations(view: RuleInput, cues: Sequence[Matcher]) -> Iterator[Span]:
    return ((one.start, one.end) for one in durations(view.text))


def _lines(view: RuleInput, cues: Sequence[Matcher]) -> Iterator[Span]:
    """Give the rest of each line after a cue, or the next that says something; without cues, every line."""
    if not cues:
        yield from _stripped(view.text, 0, len(view.text))
    for cue in cues:
        for _, end in cue(view):
            yield from _stripped(view.text, end, end + LONGEST, MOST_LINES_ON, 1)


def _stripped(
    text: str, start: int, end: int, lines: int | None = None, most: int | None = None
) -> Iterator[Span]:
    """Give the lines of a stretch of text that say something, without the marks around them."""
    given = 0
    for line in text[start:end].split("\n")[:lines]:
        said = line.strip(_RUBRIC)
        if said and len(said) <= LONGEST:
            at, end = start + line.index(said), start + line.index(said) + len(said)
            yield at - bool(said[0].isdigit() and _MINUS.search(text[max(0, at - 2) : at])), end
            given += 1
            if given == most:
                return
        start += len(line) + 1


FORMS: Mapping[str, Callable[[RuleInput, Sequence[Matcher]], Iterator[Span]]] = {
    "name": _names,
    "date": _dates,
    "amount": _amounts,
    "duration": _durations,
    "line": _lines,
}
"""What a candidate may be, beside what an expression or a function finds."""


def of_form(form: str, cues: Sequence[Matcher]) -> Callable[[RuleInput], Any]:
    """Make the finder of candidates of a form; each is bounded by what the caller takes of it."""
    find = FORMS[form]
    return lambda view: find(view, cues)
