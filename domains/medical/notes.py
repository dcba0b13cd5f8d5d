"""Notes copied from earlier ones, and visits billed at a level that the note does not support."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span
from docassay.domains.medical.dates import DATE
from docassay.domains.patterns import compiled
from docassay.domains.values import read_day

_WORD = compiled(r"[^\W_]+")
_DATE = compiled(rf"(?i)\b{DATE}\b")
_ENTRY_CUE = compiled(
    r"(?i)\b(?:note|visit|encounter|date|service|seen|session|day|progress|DOS|soap|verlauf|visite|eintrag"
    r"|datum|consultation|séance|suivi)\b"
)
_SENTENCE = compiled(r"(?s)\S.*?(?:[.!?](?:\s|$)|\n\s*\n|$)")
_LONGEST_HEAD = 90
_LEAST_COPIED = 40
_MOST_QUOTED = 300

_HIGH_LEVEL = compiled(r"\b(?:99205|99215|99223|99233|99236|99245|99255)\b")
_MINUTES = compiled(r"(?i)\b(?:[4-9]\d|1\d\d) ?(?:min\b|minutes\b)")
_LEAST_WORDS = 120


def cloned_note(view: RuleInput) -> Iterator[Span]:
    """Find passages of a dated entry that stand word for word in an earlier entry of another day.

    An entry begins with a short line that has a date. It is a copy where most of its words, and at
    least 40, stand in sentences of eight words or more that the earlier entry has too. Quoted lines
    of a mail are not entries.
    """
    seen: dict[str, str] = {}
    entries = list(_entries(view.text))
    if len({day for day, _, _ in entries}) < 2:
        return
    for day, start, end in entries:
        copied: list[Span] = []
        words = 0
        total = 0
        sentences: dict[str, str] = {}
        for match in _SENTENCE.finditer(view.text[start:end]):
            tokens = _WORD.findall(match[0].lower())
            total += len(tokens)
            if len(tokens) < 8:
                continue
            key = " ".join(tokens)
            if seen.get(key, day) != day:
                copied.append((start + match.start(), start + match.end()))
                words += len(tokens)
            sentences[key] = day
        seen |= {key: day for key in sentences if key not in seen}
        if words >= _LEAST_COPIED and 2 * words > total:
            yield _quote(view.text, copied)


def unsupported_level(view: RuleInput) -> Iterator[Span]:
    """Find the code of a highest-level visit in a note of fewer than 120 words that states no long time."""
    match = _HIGH_LEVEL.search(view.text)
    if match and len(_WORD.findall(view.text)) < _LEAST_WORDS and not _MINUTES.search(view.text):
        yield match.span()


def _entries(text: str) -> Iterator[tuple[str, int, int]]:
    heads: list[tuple[str, int, int]] = []
    for match in _DATE.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        end = text.find("\n", match.end())
        end = len(text) if end < 0 else end
        if end - start > _LONGEST_HEAD or text[start] == ">" or (heads and heads[-1][1] == start):
            continue
        line = text[start:end]
        day = read_day(match[0])
        if day and (line.lstrip(" \t#*|").startswith(match[0]) or _ENTRY_CUE.search(line)):
            heads.append((day.isoformat(), start, end))
    for number, (iso_day, _, start) in enumerate(heads):
        yield iso_day, start, heads[number + 1][1] if number + 1 < len(heads) else len(text)


def _quote(text: str, copied: list[Span]) -> Span:
    """Take the first run of neighbouring sentences, cut at a word where it is long."""
    start, end = copied[0]
    for following in copied[1:]:
        if text[end : following[0]].strip():
            break
        end = following[1]
    if end - start > _MOST_QUOTED:
        end = start + text.rfind(" ", start, start + _MOST_QUOTED) - start
    return start, start + len(text[start:end].rstrip())
