"""Sections: what a passage is by the heading above it, such as “Allergies” or “Item 1A. Risk Factors”.

The author's own heading is a surer sign than what a model makes of the words below it, it is the same on
every processor, and it can be read in any language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from docassay.domains.outline import Part
from docassay.domains.passages import has_blank
from docassay.domains.patterns import compiled
from docassay.domains.rules import Matcher, RuleInput, Span
from docassay.domains.typography import plain

NONE = "none"
"""The label of a section that is none of a task's: its heading keeps a model from naming it."""

_MARKS = " \t\n#*_:.-–—•·>"
_RUN = re.compile(r"[^ \t\n\r\f]+")
_NUMBER = compiled(
    r"(?i)^(?:[(]?(?:\d{1,2}(?:\.\d{1,2})*|[a-z]|[ivx]{1,4})[.)]|\d{1,2}(?:\.\d{1,2})*)[ ]+(\S.*)$"
)
_JOINED = re.compile(r"/|[ ]?\((?:e?s|n)\)|[ ]?&[ ]?|[ ](?:and|und|et)[ ]")
_LABEL_LINE = compiled(r"(?m)^[ \t]*\p{Lu}[\pL /,()'-]{2,60}:[ \t]*$")
_MOST_WORDS_ABOVE = 15
"""Words that may stand above a passage's own heading: other headings, or a letterhead."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section that its headings tell, one entry of a domain's ``sections.toml``.

    Attributes:
        task: The model's task that it is a label of.
        label: The label, or `NONE`.
        titles: Matches a heading that names it, without number, marks and colon.
        kinds: The kinds of document in which the heading means this; empty for all.
        parts: Matches headings that belong to it where they stand below it or come after it, such as those
            of organs in an examination; None where there are none.
        whole: Any heading below it belongs to it.
        most_words: A passage of more words under its heading is something else.
        first_only: Of several passages under its heading only the first is sure to be it: lists are short,
            and what comes after them often has no heading of its own.
    """

    task: str
    label: str
    titles: Any
    kinds: frozenset[str]
    parts: Any
    whole: bool
    most_words: int
    first_only: bool


def labels_by_heading(
    sections: Sequence[Section],
    kind: str,
    passages: Sequence[tuple[tuple[str, ...], str]],
    wanted: str = "",
) -> list[str | None]:
    """Give the label that its heading gives each passage of a document; None where it gives none.

    The innermost heading decides. If it is a part of a section, that is the label of the section
    above it, or of the one before it where all headings are of one level.

    Args:
        sections: Those of one task.
        kind: The document's kind.
        passages: The headings above each passage, outermost first, and its text, in order.
        wanted: The label that counts where a heading has several names: "Findings/Complications".
    """
    labels: list[str | None] = []
    before: Section | None = None
    path_before: tuple[str, ...] = ()
    words_before = 0
    asked = [section for section in sections if not section.kinds or kind in section.kinds]
    named: dict[str, list[Section]] = {}
    for path, text in passages:
        words = _words(_body(path, text))
        titles = [plain_title(title) for title in path]
        for title in titles:
            if title not in named:
                named[title] = _named(asked, title, wanted)
        goes_on = path == path_before and before is not None and not _opens_with(path, text)
        goes_on = goes_on and words_before > 0  # else the heading stood alone
        if not goes_on:
            before = _section(titles, named, before, words)
        known = before and words and not (goes_on and before.first_only)
        labels.append(before.label if before and known else None)
        path_before, words_before = path, words
    return labels


def _named(sections: Sequence[Section], title: str, wanted: str) -> list[Section]:
    """List the sections that a heading names: by all of it, else by one of the names that it joins.

    Of several names that of the wanted label counts, without one the first.
    """
    named = [section for section in sections if section.titles.fullmatch(title)]
    if named or not _JOINED.search(title):
        return named
    names = [name.strip() for name in _JOINED.split(title)]
    found = [section for name in names for section in sections if section.titles.fullmatch(name)]
    return [section for section in found if section.label == wanted] or found[:1]


def _section(
    titles: Sequence[str], named: Mapping[str, Sequence[Section]], before: Section | None, words: int
) -> Section | None:
    below: list[str] = []
    for title in reversed(titles):
        section = next((section for section in named[title] if words <= section.most_words), None)
        if section:
            belongs = section.whole or all(section.parts and section.parts.fullmatch(part) for part in below)
            return section if belongs else None
        below.append(title)
    if titles and before and before.parts and before.parts.fullmatch(titles[-1]):
        return before
    return None


def _opens_with(path: tuple[str, ...], text: str) -> bool:
    return bool(path) and text.lstrip(_MARKS).startswith(path[-1].strip(_MARKS))


def _words(text: str) -> int:
    """Count the words of a text: what has a letter or a digit."""
    return sum(any(c.isalpha() or c in "0123456789" for c in run) for run in _RUN.findall(text))


def _body(path: tuple[str, ...], text: str) -> str:
    """Leave out the headings that a passage begins with: its own, and those of sections without content."""
    title = path[-1].strip(_MARKS) if path else ""
    at = text.find(title) if title else -1
    if at < 0 or len(text[:at].split()) > _MOST_WORDS_ABOVE:
        return text
    return text[at + len(title) :]


@lru_cache(maxsize=4096)
def plain_title(title: str) -> str:
    """Write a heading without number, marks, colon and typography.

    >>> plain_title("**3. Family History:**"), plain_title("PLAN\u2009–\u2009FOLLOW\u00a0UP")
    ('Family History', 'PLAN - FOLLOW UP')
    """
    title = " ".join(plain(title).replace("`", "'").split()).strip(_MARKS)
    numbered = _NUMBER.match(title)
    return numbered[1] if numbered else title


def section_matcher(
    label: str, sections: Sequence[Section], split: Callable[[RuleInput], Sequence[Part]] | None
) -> Matcher:
    """Make the function that finds the passages whose headings give them a label.

    Args:
        label: The label.
        sections: Those of the domain.
        split: Cuts a view that has no segments.
    """
    tasks = {section.task for section in sections if section.label == label}
    own = tuple(section for section in sections if section.task in tasks)

    def matcher(view: RuleInput) -> Iterator[Span]:
        if view.segments:
            parts = [Part(s.start_char, s.end_char, s.heading) for s in view.segments]
        else:
            parts = list(split(view)) if split else []
        passages = [(part.heading, view.text[part.start : part.end]) for part in parts]
        for part, given in zip(parts, labels_by_heading(own, view.kind, passages, label), strict=True):
            if given == label:
                yield part.start, _end_of_field(view.text, part.start, part.end)

    return matcher


def _end_of_field(text: str, start: int, end: int) -> int:
    """Give where what a heading names ends if a field left blank follows, below a line that is a label."""
    part = text[start:end]
    behind = 0
    for match in _LABEL_LINE.finditer(part) if has_blank(part) else ():
        if _words(part[behind : match.start()]):
            return start + len(part[: match.start()].rstrip())
        behind = match.end()
    return end
