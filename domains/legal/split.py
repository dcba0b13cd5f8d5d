"""Cut a legal text into the clauses that a lawyer would cite.

Contracts number their clauses in many ways, and extracted texts have lost most of their layout: lines
wrap in mid-sentence, a table of contents repeats every heading, and some files are a single line. A number
is therefore taken for a clause's only when it *follows* the last one (4.1 after 4, 4.2 after 4.1, 5 after
4.2): a wrapped line that begins with "30 days", or a reference to "Section 9", does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from docassay.domains import RuleInput
from docassay.domains.legal.marks import SPACE, candidates, title_of
from docassay.domains.outline import Part, trimmed
from docassay.domains.patterns import compiled

TINY = 15
"""Words under which a sub-clause stays with its neighbours."""

SHORT = 40
"""Fewest words of a piece that an over-long clause is cut into."""

LONG = 250
"""Words above which a clause is cut at its items, definitions or paragraphs."""

_ITEM = compiled(
    rf"(?m)(?:^{SPACE}*|{SPACE}{{3,}}|[;:.,][ \t]+(?:(?:and|or)[ \t]+)?)"
    rf"(\((?:[a-z]{{1,2}}|[ivx]{{1,5}}|[0-9]{{1,2}})\)|(?:[a-z][.)]|[\x{{2022}}\x{{25cf}}-]){SPACE})"
    rf"{SPACE}*\S"
)
_DEFINITION = compiled(
    r"(?m)(?:^[ \t]*|[.;][ \t]+|[ \t]{3,})"
    r"(([\"\x{201c}\x{ab}][^\"\x{201c}\x{201d}\n]{2,60}[\"\x{201d}\x{bb}]),?[ \t\n]+"
    r"(?:shall[ \t]+mean|means?|ha(?:s|ve)[ \t]+the[ \t]+meaning|refers|d\x{e9}signe|bezeichnet|bedeutet)\b)"
)
_PARAGRAPH = compiled(r"\n[ \t\x{a0}]*\n\s*(\S)|[ \t]{3,}(\S)")


@dataclass(slots=True)
class _Sequence:
    """A sequence of clause numbers, and the headings that it stands under."""

    style: str
    above: tuple[str, ...]
    last: tuple[int, ...]
    titles: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Mark:
    """The start of a clause: its headings, and whether it has a title of its own."""

    start: int
    heading: tuple[str, ...]
    titled: bool
    nested: bool


def split(view: RuleInput) -> list[Part]:
    r"""Cut a legal text at its numbered clauses, articles, schedules and headings.

    A clause of more than `LONG` words is cut further at its items, definitions or paragraphs; short
    sub-clauses without a title stay together. Tables of contents, page headers and references to
    clauses are no headings. Works on any text: one without clauses is cut at its paragraphs.

    Returns:
        Parts in order that do not overlap and that together hold every character but white space.

    >>> [part.heading for part in split(RuleInput("1. Term. One year.\n2. Law. That of Malta."))]
    [('1. Term',), ('2. Law',)]
    """
    text = view.text
    marks = [_Mark(0, (), False, False), *_marks(text, view.media_type)]
    ends = [mark.start for mark in marks[1:]] + [len(text)]
    pieces = [(mark, end) for mark, end in zip(marks, ends, strict=True) if text[mark.start : end].strip()]
    parts: list[Part] = []
    for mark, end in _joined(text, pieces):
        parts.extend(_cut(text, mark, end))
    return parts


def _marks(text: str, media_type: str) -> list[_Mark]:
    """List the starts of clauses, in order."""
    marks: list[_Mark] = []
    outer: dict[int, str] = {}
    stack: list[_Sequence] = []
    loose = ""  # an unnumbered heading since the last numbered clause
    for start, style, label, numbers, strict in candidates(text, media_type):
        title = title_of(text, start, label) if label else ""
        if style in ("annex", "part", "markdown"):
            level = label.count("#") if style == "markdown" else -1 if style == "annex" else 0
            outer = {n: name for n, name in outer.items() if n < level}
            outer[level] = title
            stack, loose = [], ""
            marks.append(_Mark(start, tuple(outer.values()), True, False))
            continue
        if style == "heading":
            if marks and marks[-1].heading[-1:] and marks[-1].heading[-1].endswith(title):
                continue  # the second line of the heading above
            loose = title
            marks.append(_Mark(start, (*outer.values(), title), True, False))
            continue
        if style == "closing":
            stack, loose = [], ""
            marks.append(_Mark(start, tuple(n for lv, n in outer.items() if lv == -1), True, False))
            continue
        index = _follows(stack, style, numbers, strict, bool(loose))
        if index is None:
            continue
        if index == len(stack):
            # Numbers that begin anew under an unnumbered heading belong to it; the first ones do not,
            # since what stands above them is the document's title or its recitals.
            recitals = bool(stack) and stack[-1].style == "letter" and not marks[-1].titled and title != label
            if recitals:
                stack = []  # "A." to "C." before the first titled clause are recitals, not its parents
                above = tuple(outer.values())
            elif stack and not loose:
                above = stack[-1].above + tuple(stack[-1].titles.values())
            else:
                above = (*outer.values(), *([loose] if stack else []))
                stack = []
            stack.append(_Sequence(style, above, numbers))
            index = len(stack) - 1
        del stack[index + 1 :]
        sequence = stack[index]
        depth = len(numbers) - 1
        sequence.titles = {n: name for n, name in sequence.titles.items() if n < depth}
        sequence.titles[depth] = title
        sequence.last = numbers
        loose = ""
        marks.append(
            _Mark(start, sequence.above + tuple(sequence.titles.values()), title != label, depth + index > 0)
        )
    return marks


def _follows(
    stack: list[_Sequence], style: str, numbers: tuple[int, ...], strict: bool, fresh: bool
) -> int | None:
    """Find the sequence that `numbers` continues: its index, the stack's length for a new one, or None."""
    leap = 1 if strict else 3
    for index in range(len(stack) - 1, -1, -1):
        sequence = stack[index]
        if sequence.style == style and _succeeds(sequence.last, numbers, leap):
            return index
        # "Section 4.1" and "4.1" may be mixed in one contract
        if (
            {sequence.style, style} <= {"section", "number"}
            and len(numbers) > 1
            and _succeeds(sequence.last, numbers, 1)
        ):
            return index
    begins = numbers[-1] == 1 and (len(numbers) == 1 or not stack or stack[-1].style == "article" or fresh)
    if not begins or len(stack) >= 4:
        return None
    if (
        any(sequence.style == style for sequence in stack)
        and (strict or style in ("article", "section"))
        and not fresh
    ):
        return None
    return len(stack)


def _succeeds(last: tuple[int, ...], numbers: tuple[int, ...], leap: int) -> bool:
    """Tell whether `numbers` comes next after `last`: a child's first, or a later sibling at any level.

    >>> _succeeds((4,), (4, 1), 1), _succeeds((4, 2, 1), (5,), 1), _succeeds((4,), (9,), 3)
    (True, True, False)
    """
    depth = len(numbers) - 1
    if len(numbers) > len(last):
        return numbers[: len(last)] == last and all(n == 1 for n in numbers[len(last) :])
    return numbers[:depth] == last[:depth] and last[depth] < numbers[depth] <= last[depth] + leap


def _joined(text: str, pieces: list[tuple[_Mark, int]]) -> Iterator[tuple[_Mark, int]]:
    """Join a heading to the clause below it, and short untitled sub-clauses to each other."""
    index = 0
    while index < len(pieces):
        mark, end = pieces[index]
        index += 1
        body = text[mark.start : end]
        while index < len(pieces) and _is_bare(body, mark) and _is_below(pieces[index][0], mark):
            below, end = pieces[index]
            mark = replace(below, start=mark.start)
            body = text[mark.start : end]
            index += 1
        if mark.nested and not mark.titled:
            words = len(text[mark.start : end].split())
            above = mark.heading[:-1]
            while index < len(pieces) and words < TINY:
                following, following_end = pieces[index]
                if following.titled or following.heading[:-1] != above:
                    break
                words, end = words + len(text[following.start : following_end].split()), following_end
                mark = replace(mark, heading=above)
                index += 1
        yield mark, end


def _is_bare(body: str, mark: _Mark) -> bool:
    return bool(mark.heading) and len(body.split()) <= len(mark.heading[-1].split()) + 2


def _is_below(lower: _Mark, upper: _Mark) -> bool:
    return len(lower.heading) > len(upper.heading) and lower.heading[: len(upper.heading)] == upper.heading


def _cut(text: str, mark: _Mark, end: int) -> Iterator[Part]:
    """Cut an over-long clause at its items, definitions or paragraphs; leave others whole."""
    body = text[mark.start : end]
    if len(body.split()) <= LONG:
        yield trimmed(text, mark.start, end, mark.heading)
        return
    labels: dict[int, str] = {}
    for match in _PARAGRAPH.finditer(body):
        labels[match.start(1) if match.group(1) else match.start(2)] = ""
    labels |= _items(body)
    for match in _DEFINITION.finditer(body):
        labels[match.start(1)] = match.group(2)
    starts = [0, *sorted(offset for offset in labels if offset)]
    start, label, words = 0, "", 0
    for cut, following in zip(starts, [*starts[1:], len(body)], strict=True):
        size = len(body[cut:following].split())
        rest_is_short = len(body[cut:].split(None, SHORT)) <= SHORT
        if words >= SHORT and cut and not rest_is_short:
            yield trimmed(text, mark.start + start, mark.start + cut, _labelled(mark.heading, label))
            start, label, words = cut, labels[cut], 0
        words += size
    yield trimmed(text, mark.start + start, end, _labelled(mark.heading, label))


def _items(body: str) -> dict[int, str]:
    """Find the items of a clause, each with the label by which it is cited: ``(b)``, ``(b)(ii)``."""
    labels: dict[int, str] = {}
    letter, roman = "", ""
    for match in _ITEM.finditer(body):
        label = match.group(1).strip()
        inner = label.strip("().").lower()
        if not inner.isalnum():
            labels[match.start(1)] = ""
            continue
        if set(inner) <= set("ivx") and (len(inner) > 1 or roman or (inner == "i" and letter != "h")):
            roman = inner
            labels[match.start(1)] = f"({letter})({inner})" if letter else f"({inner})"
        else:
            letter, roman = inner, ""
            labels[match.start(1)] = f"({inner})"
    return labels


def _labelled(heading: tuple[str, ...], label: str) -> tuple[str, ...]:
    return (*heading, label) if label else heading
