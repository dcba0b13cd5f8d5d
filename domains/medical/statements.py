"""What the sentences of a consent form tell; that somebody was told of something tells nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from docassay.domains import Matcher, RuleInput, Span
from docassay.domains.folders import compiler
from docassay.domains.outline import trim
from docassay.domains.passages import sentence_of
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain

LONGEST = 300
"""Most characters of a sentence on either side of the words that tell an element."""

MOST = 200
"""Passages of each sort that are looked at."""

_ACKNOWLEDGED = compiler(Path(__file__).parent, "consent.toml")(r"(?i)\b{acknowledged}")


_BEFORE_TITLE = (
    "(?:potential|possible|expected|foreseeable|known|any|the|risks?|discomforts?|benefits?|and|or|&)"
)
"""A word of a label before the name of an element, on whose line it is told."""


def tells(
    told: Any,
    but: Any = None,
    with_any: Any = None,
    title: str = "",
    hint: Any = None,
    in_titles: bool = True,
) -> Matcher:
    """Make a function that finds the sentences in which an element is told.

    Args:
        told: The words that tell it.
        but: Words whose sentence does not; an acknowledgement never does.
        with_any: Words of which the sentence has one.
        title: The element's heading: what stands below it tells it, if no sentence does.
        hint: Words of what stands below a heading that is that of another element, too.
        in_titles: Whether the words may stand in a heading or a question, with the sentence below it.
    """
    headed = compiled(
        rf"(?im)^[ \t#*•●\d.)-]*(?:(?:[\w'&/-]+,?[ \t]+){{0,4}}?{title}\b[^\n.:]{{0,50}}[ \t*.:]*$"
        rf"|(?:{_BEFORE_TITLE}[ \t]+){{0,4}}?{title}\b[^\n.:]{{0,50}}:[ \t*]+)"
    )

    def matcher(view: RuleInput) -> Iterator[Span]:
        text = plain(view.text)
        titles = list[Span]()
        for match in islice(told.finditer(text), MOST):
            start, end = sentence_at(text, match.span())
            sentence = text[start:end]
            start += _MARK.match(sentence).end()
            instructs = is_instruction(text, match.span()) or is_instruction(text, (end - 1, end))
            instructs = instructs or bool(WRITE_HERE.match(sentence))
            if instructs or _ACKNOWLEDGED.search(sentence) or (but and but.search(sentence)):
                continue
            if with_any is None or with_any.search(sentence):
                if _is_title(text, match.span()):
                    titles.append((start, end))
                else:
                    yield trim(view.text, start, end)
        yield from (trim(view.text, *one) for one in titles if in_titles)
        for match in islice(headed.finditer(text), MOST) if title else ():
            wanted = hint if hint and _AND.search(match[0]) else None
            below = _told_below(text, match.end(), wanted)
            if below and not (but and but.search(text[slice(*below)])):
                is_first = not text[match.end() : below[0]].strip()
                yield trim(view.text, match.start() if is_first else below[0], below[1])

    return matcher


_AND = compiled(r"(?i)\b(?:and|or)\b|[/&,]")
_MARK = compiled(r"[ \t]*(?:[-•●*☐□]?[ \t]*\[[ xX]?\][ \t]*)?")
"""A box to tick before a sentence: no blank in it."""

_NEXT_ITEM = compiled(r"\n[ \t]*(?:[•●#*-]|\d{1,2}[.)][ \t])")
_LEAST_BELOW = 6
"""Characters below a heading from which on they say something."""

_MOST_BELOW = 500
"""Characters below a heading in which it is told what it names."""


def _told_below(text: str, start: int, hint: Any) -> Span | None:
    """Give the first sentence below a heading, or the first with a hint."""
    limit = start + _MOST_BELOW
    while start < min(limit, len(text)):
        below = _said_from(text, start)
        end = sentence_of(text, (below, below + 1), _MOST_BELOW)[1]
        if item := _NEXT_ITEM.search(text[below:end]):
            end = below + item.start()
        said = text[below:end]
        instructs = is_instruction(text, (below, below + 1))
        if len(said) <= _LEAST_BELOW or instructs or _ACKNOWLEDGED.search(said):
            return None
        if hint is None or hint.search(said):
            return below, end
        start = end
    return None


_HEADING_LINE = 70
"""Most characters of a line that is a heading or a field rather than a line of running text."""

_MOST_IN_HEADING = 9
_FEWEST = 7
"""Fewest words of a sentence that is no heading."""

_MOST_IN_LABEL = 3
"""Most words of a heading that ends in a full stop."""


def _is_title(text: str, span: Span) -> bool:
    """Tell whether words lie in a heading, in a question or in the label before a line's colon."""
    first = text.rfind("\n", 0, span[0]) + 1
    line = text[first : _line_end(text, span[0])].strip(" \t*#_")
    label, colon, _ = text[first : first + _HEADING_LINE].partition(":")
    if colon and span[1] <= first + len(label) and len(label.split()) < _MOST_IN_HEADING:
        return True
    short = len(line) <= _HEADING_LINE and len(line.split()) < _MOST_IN_HEADING
    return line.endswith("?") or (short and not line[:1].islower() and line[-1:] not in ".;,")


WRITE_HERE = compiled(
    r"(?i)\W*(?:briefly\s+)?(?:indicate|provide|describe|state|summari[sz]e|explain|include|insert|list|specify)\s"
    r"(?:the|any|a|how|what|whom?|whether|why|that|your)\b"
)
_INSTRUCTION = compiled(r"[\[{<][^\[\]{}<>]{3,400}[\]}>]")


def is_instruction(text: str, span: Span) -> bool:
    """Tell whether words stand in the brackets of a template that somebody has to fill in."""
    start = max(0, span[0] - LONGEST)
    return any(
        start + one.start() <= span[0] and span[1] <= start + one.end()
        for one in _INSTRUCTION.finditer(text[start : span[1] + LONGEST])
    )


def _said_from(text: str, start: int) -> int:
    """Give where something is said again from a place on, if that is near."""
    blank = text[start : start + _MOST_BELOW]
    return start + len(blank) - len(blank.lstrip())


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


_BOXES = compiled(r"\s*\n[ \t]*[☐☑☒□⊠][ \t☐☑☒□⊠]*\n")
"""A line of boxes to tick, at which a statement ends."""


def sentence_at(text: str, span: Span) -> Span:
    """Give the sentence of some words, without the headings and fields that stand before it.

    To a question or a heading belongs the sentence below it. A line of boxes to tick ends it.
    """
    start, end = sentence_of(text, span, LONGEST)
    if boxes := _BOXES.search(text, span[1], end):
        end = boxes.start()
    first = text.rfind("\n", start, span[0]) + 1 or start
    while first > start:
        before = text.rfind("\n", start, first - 1) + 1 or start
        above = text[before:first]
        short = len(above) <= _HEADING_LINE and not text[first : first + 1].islower()
        if short or not any(map(str.isalpha, above)):
            break
        first = before
    for _ in range(3):
        said = text[first:end].rstrip(" *_")
        words = len(said.split())
        is_headed = said.rpartition("\n")[2].lstrip().startswith("#")
        is_sentence = words >= _FEWEST or (said.endswith(".") and words > _MOST_IN_LABEL)
        whole = is_sentence or ("\n" in said and not is_headed)
        if whole and not said.endswith("?"):
            break
        below = _said_from(text, end)
        end = sentence_of(text, (below, below + 1), LONGEST)[1] if below < len(text) else end
    return first, end
