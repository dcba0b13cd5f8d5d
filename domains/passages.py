"""Passages: the sentence or the window around a piece of evidence, and the blanks that a form leaves.

A sentence runs on over line ends, and over the items of a list that it introduces; a full stop after an
abbreviation or the number of a clause does not end it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise
from typing import NamedTuple

import re2

from docassay.domains.outline import trim
from docassay.domains.typography import plain
from docassay.languages import language

REACH = 600
"""Characters before and after a piece of evidence in which its sentence is sought."""

_PARAGRAPH = re.compile(r"(?:[^\n]|\n(?![ \t]*\n))+")
_LONGEST_PARAGRAPH = 2_000
"""Characters of a paragraph whose sentences are sought at once: the time is quadratic in them."""

_LONGEST_STATEMENT = 500
"""Characters of a sentence up to which it is shown whole as evidence."""

_SHORT_LINE = 40
"""Characters below which a line is a heading or an entry; prose that was wrapped has longer ones."""

_ENDS = re2.compile(r"[\pL\pN%)\]\"'][.!?][\"')\]*_]*$")

_END = re2.compile(
    r"[.!?][\"')\]*_]*(?:[ \t\n]+(?:[*_#>\"'(\[]*[\p{Lu}0-9]|\([a-z]{1,4}\)[ \t])|[ \t]*\n[ \t]*(?:\n"
    r"|[-*\x{2022}]))"
    r"|[\pL\pN\"')\]|][*_]*[ \t]*\n(?:[ \t]*\n)+"  # a blank line, but not after the colon or comma of a list
)
_ABBREVIATION = re2.compile(
    r"(?:^|[^\pL\pN])(?:(?i:inc|ltd|pvt|pte|pty|corp|co|llc|cie|no|nos|art|arts|sec|para|mr|mrs|ms|dr|prof|st|vs?|etc|al"
    r"|cf|approx|dept|nr|abs|gem|sog|lt|ziff|bzw|ggf|vgl|evtl|inkl|usw|ca|str|tel|lit|env|réf|mme|al|p|pp|ex|z|d|u)|\p{Lu}"
    r"|[a-z]\.[a-z]|(?:^|\n)[ \t*#]*[0-9]{1,2}(?:\.[0-9]{1,2})*)$"
)
_WORD_CHARS = 20
"""Characters before a full stop in which the word stands that it may abbreviate."""

_FIELDS = (
    "insert|enter|fill|name|company|date|due|state|country|jurisdiction|address|amount|number|party|tbd|employee"
    "|customer|client|term|duration|period|compléter|nom|datum|betrag|bitte"
)
_LAST_FIELDS = (
    "name|date|amount|number|address|state|country|city|years?|months?|days|percent(?:age)?|rate|title|salary"
    "|rent"
)
"""The last word of a field: [End Date], [X years]."""

_MONTHS = "|".join(spellings[0] for spellings in language("en").months)
_BLANK = re2.compile(
    r"(?im)_{3,}|(?:\.{5,}|\x{2026}{2,})[ \t]*(?:$|[,;)])|[●■]|•(?:[^\s\pL]|$)|\[[ \t_.*●•…-]{0,20}\]"
    rf"|\[[ \t*_]{{0,5}}(?:{_FIELDS})\b[^\]\n]{{0,60}}\]"
    rf"|\[[ \t*_]{{0,5}}(?:[\pL'/-]+[ ]){{1,3}}(?:{_LAST_FIELDS})[ \t*_]{{0,5}}\]"
    r"|\b(?-i:TBD|TBC)\b|\byour-?(?:company|domain|site|organi[sz]ation)\.(?:[a-z]{2,3})\b"
    r"|\$?\{\{[^{}\n]{1,60}\}\}|\$\{[^{}\n]{1,40}\}|\b(?-i:X{1,4}(?:[.,]X{2,4})+)\b"
    r"|\b(?:day|dated?(?:[ \t]+as)?)[ \t]+of[ \t]*,?[ \t\n]+,?[ \t]*(?:(?:19"
    r"|20)[0-9]{0,2}\b|,)|\bthis[ \t]+day[ \t]+of\b|\bthis[ \t]{3,}day\b"
    rf"|\b(?:{_MONTHS})(?:[ \t]{{3,}},?|[ \t]+,)[ \t]*(?:19|20)[0-9]{{2}}\b"
)


def sentence_around(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """Find the sentence, or the sentences, that a span lies in, at most `REACH` characters on either side.

    >>> text = "We agree. Acme Inc. shall not disclose it. The end."
    >>> start, end = sentence_around(text, (22, 27))
    >>> text[start:end]
    'Acme Inc. shall not disclose it.'
    """
    text = plain(text)
    before = max(0, span[0] - REACH)
    start = before
    for cut in _cuts(text[before : span[0] + 2]):
        if before + cut <= span[0]:
            start = before + cut
    last = max(0, span[1] - 1)
    cuts = _cuts(text[last : span[1] + REACH], 1)  # a full stop right behind the span ends its sentence
    end = next((last + cut for cut in cuts), min(len(text), span[1] + REACH))
    return trim(text, start, end)


def sentence_of(text: str, span: tuple[int, int], longest: int = 400) -> tuple[int, int]:
    r"""Find the sentence that a span lies in, at most `longest` characters before and after it.

    >>> text = "It was closed. A tear was seen. She woke."
    >>> start, end = sentence_of(text, (17, 21))
    >>> text[start:end]
    'A tear was seen.'
    >>> text = "| Purpose |\n| Billing |\n\nWe sell nothing."
    >>> text[slice(*sentence_of(text, (2, 9)))]
    '| Purpose |\n| Billing |'
    """
    base = max(0, span[0] - REACH - 1)
    start, end = sentence_around(text[base : span[1] + REACH + 1], (span[0] - base, span[1] - base))
    return max(base + start, span[0] - longest), min(base + end, span[1] + longest)


def statement_of(text: str, span: tuple[int, int]) -> tuple[int, int]:
    r"""Find the whole sentence that a span lies in, with a heading at most; else give the span itself.

    >>> text = "It is agreed. You promise to repay it monthly.\n\nNo.: 5\nDate: 1 May\nThank you."
    >>> text[slice(*statement_of(text, (29, 34)))], text[slice(*statement_of(text, (48, 51)))]
    ('You promise to repay it monthly.', 'No.')
    """
    start, end = sentence_of(text, span, REACH)
    whole = start <= span[0] and span[1] <= end <= start + _LONGEST_STATEMENT
    if not whole or not _ENDS.search(text[span[0] : end]):
        return span
    lines = text[start:end].split("\n")[:-1]
    return (start, end) if sum(0 < len(line.strip()) < _SHORT_LINE for line in lines) <= 1 else span


def sentences(text: str, most: int) -> Iterator[tuple[int, int]]:
    r"""Yield where the sentences of a text's first `most` characters stand, without the space around them.

    A paragraph ends a sentence, and so do `_LONGEST_PARAGRAPH` characters.

    >>> text = "We keep it. \n\n You may ask."
    >>> [text[start:end] for start, end in sentences(text, 100)]
    ['We keep it.', 'You may ask.']
    """
    read = plain(text[:most])
    for paragraph in _PARAGRAPH.finditer(read):
        for first in range(*paragraph.span(), _LONGEST_PARAGRAPH):
            part = read[first : min(first + _LONGEST_PARAGRAPH, paragraph.end())]
            cuts = [0, *_cuts(part), len(part)]
            for start, end in pairwise(cuts):
                if said := part[start:end].strip():
                    begins = first + part.index(said, start)
                    yield begins, begins + len(said)


def _cuts(text: str, first: int = 0) -> list[int]:
    """List where a sentence ends and another may begin; an abbreviation begins at `first` or later."""
    cuts, position = [], 0
    while match := _END.search(text, position):
        stop = match.start()
        position = max(match.end() - 1, stop + 1)
        if text[stop] == "." and _ABBREVIATION.search(text[max(first, stop - _WORD_CHARS) : stop]):
            continue
        cuts.append(stop + 1)
    return cuts


def has_blank(text: str) -> bool:
    """Tell whether a passage has a field that nobody filled in: "dated as of       , 2008", "[State]".

    >>> [has_blank(text) for text in ("the State of ____", "as of May 1, 2008", "day of , 2008", "[●]")]
    [True, False, True, True]
    """
    return _BLANK.search(text) is not None


def blanks(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places that nobody filled in.

    >>> [slice(*span) for span in blanks("the State of ____, [City Name]")]
    [slice(13, 17, None), slice(19, 30, None)]
    """
    return (found.span() for found in _BLANK.finditer(text))


_SLOT = re2.compile(
    r"(\[(?:[^\[\]\n@]*\pL[^\[\]\n@]*|[ \t]+)\]|\{[A-Za-z_ ]+\})(?:[^(\[]|$)"  # [1] is a note
)
_SLOTS = 0.3
"""Share of a passage from which on fields to be filled leave nothing said."""


def is_form(text: str) -> bool:
    """Tell whether a passage is mostly fields to be filled, in whatever words.

    >>> is_form("Diagnoses 1. [Diagnosis (ICD-10)] 2. [Secondary]"), is_form("Dr. [NAME] saw him for colds")
    (True, False)
    >>> is_form("see [12] and [13]"), is_form("write to [dpo@acme.example]")
    (False, False)
    """
    return sum(len(found[1]) for found in _SLOT.finditer(text)) >= _SLOTS * len(text) > 0


_NEXT = re2.compile(
    r"(?:[ \t]+(?:on|of|from|by|at|is|in|or|with|within|upon|for|least|before|after|the|this"
    r"|[Aa]greement|contract|lease|amount|sum|salary|wage|remuneration|[A-Z]{3})){0,6}"
    r"[ \t*\"(]{0,4}(?:_{3,}|\[[^\]\n]{0,60}\](?:[^(]|$)|\$?\{\{?[^{}\n]{1,40}\}\}?|X{1,4}(?:[.,]X{2,4})+)"
)


def blank_follows(text: str, position: int) -> bool:
    """Tell whether a field that nobody filled in follows: "the laws of the State of", then "[State]".

    >>> blank_follows("the laws of the State of **[State]**.", 24), blank_follows("see [here](a.html)", 3)
    (True, False)
    >>> blank_follows("an annual salary in the amount of EUR XX.XXX", 9)
    True
    """
    following = _NEXT.match(text[position : position + _LONGEST_FIELD])
    return following is not None and _BLANK.search(following.group()) is not None


_LONGEST_FIELD = 80

_SLOTS_ALONE = re2.compile(
    r"[ \t*_•#-]*(?:\d{1,2}[.)][ \t]+)?"
    r"(?:[\[{<][^\[\]{}<>\n@]*\pL[^\[\]{}<>\n@]*[\]}>][ \t*_,/.-]*)+"
)
_RULER = re2.compile(r"[ \t]*(?:(?:\d{1,2}[.)]|[*•-])[ \t]+)?(?:[_=.·-][ \t]*){3,}")
_LABELLED_BLANK = re2.compile(r"[ \t#*•-]*\pL[^:.\n|]{0,60}:[ \t*_]*(?:_{3,}|\[[^\[\]\n]{0,60}\])[ \t*_/]*")
_TITLE = re2.compile(r"[ \t]*(?:#+[ \t][^:.\n|]{1,60}|[ \t*•\d.)-]*\pL[^:.\n|]{0,60}:)[ \t*/]*(?:__)?[ \t]*")
_LINE_ALONE = re2.compile(r"[ \t*•\d.)-]*\pL[^:.\n|]{0,60}[ \t*_]*")
_BARE_TITLES = 2
"""Titles in a row that leave open what stands above them; one may stand above its parts."""

_LINES_BELOW = 12


def is_left_open(text: str, span: tuple[int, int]) -> bool:
    r"""Tell whether a passage is a heading below which nobody wrote: a blank, or the next headings.

    >>> [is_left_open(f"Plan:{below}", (0, 5)) for below in ("\n____", "\n\nRest.", " rest", "\n[Plan]")]
    [True, False, False, True]
    >>> form = "Assessment:\nPlan:\nSigned: ____"
    >>> is_left_open(form, (0, 11)), is_left_open("Plan:\nHeart:\n- aspirin", (0, 5))
    (True, False)
    >>> is_left_open("Discharged home", (0, 15)), is_left_open("COURSE\n------\nUneventful", (0, 6))
    (False, False)
    """
    line = text.rfind("\n", max(0, span[0] - _LONGEST_FIELD), span[0]) + 1
    end = text.find("\n", span[1], span[1] + REACH)
    end = end if end >= 0 else min(len(text), span[1] + REACH)
    if span[0] - line > _LONGEST_FIELD:
        return False
    title, *below = text[line:end].split("\n", _LINES_BELOW)
    is_title = _TITLE.fullmatch(title)
    if not is_title and (below or not _LINE_ALONE.fullmatch(title)):
        return False
    titles, ruled = 0, False
    for one in (*below, *islice(text[end + 1 : end + 1 + REACH].split("\n"), _LINES_BELOW)):
        if _SLOTS_ALONE.fullmatch(one):
            return True
        if not one.strip() or _RULER.fullmatch(one):
            ruled = ruled or bool(one.strip())
        elif not is_title:
            return False
        elif _LABELLED_BLANK.fullmatch(one):
            return True
        elif _TITLE.fullmatch(one):
            titles += 1
            if ruled or titles >= _BARE_TITLES:
                return True
        else:
            return False
    return bool(is_title)


_WORD = re.compile(r"\S+")
_LONGEST_WORD = 30
"""Characters that are looked through for each word of a window; a longer run ends it."""


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of text around a passage in which another must begin or end.

    Attributes:
        characters: Characters on either side; None without a limit in characters.
        words: Words on either side; None without a limit in words.
        same_sentence: It ends where the passage's sentence does.
    """

    characters: int | None = None
    words: int | None = None
    same_sentence: bool = False

    def around(self, text: str, span: tuple[int, int]) -> tuple[int, int]:
        """Give the window around a span of a text; the whole text where nothing limits it.

        >>> text = "We paid. Our bank details have changed, pay EUR 48,300.00 to the new account. Bye."
        >>> for window in (Window(words=2), Window(same_sentence=True)):
        ...     start, end = window.around(text, (18, 30))
        ...     print(text[start:end])
        Our bank details have changed, pay
        Our bank details have changed, pay EUR 48,300.00 to the new account.
        """
        start, end = 0, len(text)
        if self.characters is not None:
            start, end = span[0] - self.characters, span[1] + self.characters
        if self.words is not None:
            reach, most = _LONGEST_WORD * (self.words or 1), self.words or 1
            earliest = max(0, span[0] - reach)
            starts = [earliest + match.start() for match in _WORD.finditer(text[earliest : span[0]])]
            ends = [span[1] + match.end() for match in _WORD.finditer(text[span[1] : span[1] + reach])]
            start = max(start, starts[-most:][0] if starts else earliest)
            end = min(end, ends[:most][-1] if ends else span[1])
        if self.same_sentence:
            first, last = sentence_around(text, span)
            start, end = max(start, first), min(end, last)
        return start, end


class Places(NamedTuple):
    """Spans, sorted, for `Places.touch` to search."""

    starts: list[int]
    furthest: list[int]

    @classmethod
    def of(cls, spans: Iterable[tuple[int, int]]) -> Places:
        """Sort spans by their starts; beside each stands the greatest end up to it."""
        ordered = sorted(spans)
        return cls([start for start, _ in ordered], list(accumulate((end for _, end in ordered), max)))

    def touch(self, window: tuple[int, int]) -> bool:
        """Tell whether one of the spans lies, in part at least, in a window or at its edge."""
        before = bisect_right(self.starts, window[1])
        return before > 0 and self.furthest[before - 1] >= window[0]
