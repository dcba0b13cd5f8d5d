"""The letters that a reader sees: without invisible signs inside words and letters of other alphabets."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import re2

from docassay.domains import Span

# Signs of no width (joiners, marks of direction); not the soft hyphen, with which newsletters break lines.
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a-\u202e\u2060-\u206f\u034f\ufeff\u180e"
_HIDDEN = re2.compile(rf"\p{{Latin}}[{_INVISIBLE}]+\p{{Latin}}")
# Letters for mathematics and the like that imitate Latin ones (Unicode Technical Standard 39).
_STYLED = re2.compile(r"[\x{1D400}-\x{1D7FF}\x{FF21}-\x{FF5A}\x{24B6}-\x{24E9}\x{1F130}-\x{1F189}]{2,}")
_MIXED = re2.compile(
    r"(?:\p{Latin}+[\p{Cyrillic}\p{Greek}]+"
    r"|[\p{Cyrillic}\p{Greek}]+\p{Latin}+)[\p{Latin}\p{Cyrillic}\p{Greek}]*"
)
_BORROWED = str.maketrans(
    "асеорхуіјѕԁԛԝһӏАВЕКМНОРСТУХІЈЅοανικρτυωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aceopxyijsdqwhlABEKMHOPCTYXIJSoavikptuwABEZHIKMNOPTYX",
)
UNACCENTED = {
    code: base
    for code in range(0xC0, 0x250)
    if (base := unicodedata.normalize("NFD", chr(code))[0]).isascii() and base.isalpha()
} | {ord("ß"): "s", ord("ø"): "o", ord("Ø"): "O", ord("ł"): "l", ord("’"): "'", ord("\u00a0"): " "}
"""Letters with accents, and the letter that is left without: expressions are sought without accents."""
_MU = frozenset("µμΩΔπσβαγλ")
"""Greek letters that stand beside Latin ones in honest words: units and symbols."""
LEAST = 2
"""Disguised words from which on it is no accident."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as its reader sees it.

    Attributes:
        offsets: The place of each character in the original; None where it is the same.
    """

    text: str
    offsets: tuple[int, ...] | None

    def original(self, span: Span) -> Span:
        """Give the place of a span in the original."""
        if self.offsets is None or span[0] >= span[1]:
            return span
        return self.offsets[span[0]], self.offsets[span[1] - 1] + 1


def disguised_words(text: str) -> list[Span]:
    """Find words that are hidden from a filter: split by invisible signs, or of several alphabets."""
    if text.isascii():
        return []
    spans = [match.span() for match in _HIDDEN.finditer(text)]
    spans += [match.span() for match in _STYLED.finditer(text) if _spells(match.group())]
    spans += [match.span() for match in _MIXED.finditer(text) if not _MU & set(match.group())]
    return sorted(spans)


def _spells(styled: str) -> bool:
    return unicodedata.normalize("NFKC", styled).isalpha()


@lru_cache(maxsize=4)
def shown(text: str) -> Shown:
    """Give the text that a reader sees, without accents."""
    if not disguised_words(text):
        return Shown(text.translate(UNACCENTED), None)
    characters: list[str] = []
    offsets: list[int] = []
    mixed = [match.span() for match in _MIXED.finditer(text)]
    borrowed = {at for start, stop in mixed for at in range(start, stop)}
    for at, character in enumerate(text):
        if unicodedata.category(character) == "Cf" or character == "\u034f":
            continue
        if character > "\u2460":
            character = unicodedata.normalize("NFKC", character)
        elif at in borrowed:
            character = character.translate(_BORROWED)
        characters.append(character)
        offsets += [at] * len(character)
    return Shown("".join(characters).translate(UNACCENTED), tuple(offsets))
