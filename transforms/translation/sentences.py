"""Sentences: a text segmented for a translator, with offsets.

Translators are trained on single sentences and drop some when they are given paragraphs. A break too
many is worse than one too few: half a sentence has no right translation, two in a row mostly have one.
So a full stop that may belong to an abbreviation, an initial or an ordinal does not end a sentence.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from docassay.domains.outline import trim

NARROW_CHARS = 45
"""A line shorter than this is not taken for one that was wrapped at the page's edge."""

FULL_SHARE = 0.7
"""A line of this share of its paragraph's widest line may have been wrapped."""

_WORDS = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))

ABBREVIATIONS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split()) for language, words in _WORDS["abbreviations"].items()
}
"""Words before a full stop that does not end a sentence, by language; ``any`` holds for all."""

_GERMAN_STARTS = frozenset(_WORDS["german"]["starts"].split())

_END = re.compile(r"(?<![.!?…])[.!?…]+[\"»”’')\]]{0,3}(?=\s)")
_OPENING = re.compile(r"[\"«“„‘'(\[\s]*")
CELL = re.compile(r"\t+|[ \u00a0]{3,}|[ \u00a0]*\|[ |\u00a0]*")
"""What stands between the cells of a line."""

_MARKER = re.compile(
    r"(?:[-–—•·*▪◦‣►§¶]|#{1,6}|\(?[0-9]{1,3}(?:\.[0-9]{1,3}){0,4}[.)]?|\(?[a-zA-Z]\)|\(?[ivxIVX]{1,5}\)"
    r"|[IVX]{2,5}\.)[ \t\u00a0]+"
)
_MONTH = re.compile(
    r"(?i)(?:jan|feb|fév|mär|mar|apr|avr|mai|jun|juin|jul|juil|aug|août|sep|okt|oct|nov|dez|déc)"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence ``text[start:end]``, and the same as one line for a translator.

    Attributes:
        source: The sentence without line ends.
    """

    start: int
    end: int
    source: str


def sentences(text: str, start: int, end: int, language: str) -> Iterator[Sentence]:
    r"""Cut ``text[start:end]`` into sentences, one after the other, in order, not overlapping.

    Cells of a table, items of a list and headings are sentences of their own. What lies between
    sentences (white space, bullets, the numbers of clauses) belongs to none, and stays as it is.

    >>> text = "1. Selon l'art. 5 al. 2, M. Dupont paie. Il\nsigne."
    >>> [s.source for s in sentences(text, 0, len(text), "fr")]
    ["Selon l'art. 5 al. 2, M. Dupont paie.", 'Il signe.']
    """
    for first, last in _blocks(text, start, end):
        for begin, stop in _in_block(text, first, last, language):
            begin, stop = trim(text, begin, stop)
            if begin < stop:
                yield Sentence(begin, stop, " ".join(text[begin:stop].split()))


def _blocks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the blocks that no sentence extends beyond: cells, list items, headings, paragraphs."""
    for first, last in _paragraphs(text, start, end):
        lines = _lines(text, first, last)
        widest = max(b - a for a, b in lines)
        at = lines[0][0]
        for n, (a, b) in enumerate(lines):
            line = text[a:b]
            marker = _marker(line)
            if marker and at == a:
                at += marker
            cells = list(CELL.finditer(line))
            for cell in cells:
                if a + cell.start() > at:
                    yield at, a + cell.start()
                at = max(at, a + cell.end())
            if n + 1 == len(lines) or cells or _ends(line, text[slice(*lines[n + 1])], widest):
                yield at, b
                at = lines[n + 1][0] if n + 1 < len(lines) else b


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for gap in re.finditer(r"\n[ \t\r\f]*\n", text[start:end]):
        if start + gap.start() > at:
            yield at, start + gap.start()
        at = start + gap.end()
    if end > at:
        yield at, end


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """List the lines of a paragraph without the white space around them."""
    lines = []
    at = start
    for line in text[start:end].split("\n"):
        lines.append(trim(text, at, at + len(line)))
        at += len(line) + 1
    return lines


def _ends(line: str, following: str, widest: int) -> bool:
    """Tell whether a block ends with a line that is not its paragraph's last."""
    if not line or not following or line[-1] in ":;" or _marker(following):
        return True
    if line[-1] in "-\u00ad" and following[0].islower():
        return False
    full = len(line) >= max(NARROW_CHARS, FULL_SHARE * widest)
    return not full and not following[0].islower()


def _marker(line: str) -> int:
    """Measure the bullet or number that a line begins with; 0 where there is none."""
    match = _MARKER.match(line)
    if match is None or match.end() == len(line):
        return 0
    if match[0][0].isdigit() and not re.match(r"[^\W\d_]", line[match.end() :]):
        return 0  # "2 500 euros"
    number = match[0].strip()
    if number.isdigit() and line[match.end() :][:1].islower():
        return 0  # "30 jours après"
    if number.rstrip(".").isdigit() and _MONTH.match(line[match.end() :]):
        return 0  # "1. Januar"
    return match.end()


def _in_block(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    at = 0
    for match in _END.finditer(piece):
        opening = _OPENING.match(piece, match.end())
        following = piece[opening.end() if opening else match.end() :][:40]
        if following and _is_end(piece, match, following, language):
            yield start + at, start + match.end()
            at = match.end()
    yield start + at, end


def _is_end(piece: str, match: re.Match[str], following: str, language: str) -> bool:
    if following[0].islower():
        return False
    if match[0][0] != ".":
        return True
    before = piece[max(0, match.start() - 40) : match.start()].split()
    word = before[-1].lower().lstrip("(«„“\"'’[") if before else ""
    bare = re.split(r"[’']", word)[-1]
    abbreviations = ABBREVIATIONS.get(language, frozenset()) | ABBREVIATIONS["any"]
    if len(bare) == 1 and bare.isalpha():
        return False
    if (
        bare in abbreviations
        or bare.rpartition(".")[2] in abbreviations
        or bare.rpartition("-")[2] in abbreviations
    ):
        return False
    if re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]", bare):  # "c.-à-d.", "i.e."
        return False
    if language == "de" and re.fullmatch(r"[0-9]{1,2}", bare):
        return re.split(r"\W", following, maxsplit=1)[0].lower() in _GERMAN_STARTS
    return True
