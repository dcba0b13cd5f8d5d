"""Disguise: the text of a document as a person sees it, with the way back into the text as written.

Whoever hides words from a filter writes what nobody sees (signs of no width, combining strokes), or what
looks like another letter (Cyrillic in a Latin word, letters for mathematics). `shown` gives the text without:

- Code points that are ignored by default, and marks of direction, are left out (Unicode,
  DerivedCoreProperties: Default_Ignorable_Code_Point; UAX 9).
- Letters are folded as Unicode Technical Standard 39 lists them, within words that are Latin otherwise, but
  never in a host name or an address: there another letter is another host.
- A word that a line's end parts is joined, and the line ends behind it.
- Ligatures of Calibri and other fonts, which files name by letters that no such word has ("parƟcipaƟon"), are
  written as what they show.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from io import StringIO
from itertools import chain, islice
from typing import NamedTuple

from docassay.languages import hyphenation
from docassay.schemas.unseen import IGNORED

LEAST_WORDS = 2
"""Disguised words from which on it is no accident in a short text."""

WORDS_EACH = 500
"""Words of a longer text for each of which there must be one: pages mark with U+200B where lines may end."""

MOST_WORDS = 1_000
"""Disguised words of each manner that are found in one text."""

_IGNORED_RUN = re.compile(f"[{IGNORED}]+")
_LETTER = re.compile(r"[^\W\d_]")
_MARKED = re.compile(r"[A-Za-z][\u0300-\u036f\u0488\u0489\u20d0-\u20ff]+")
_OVERLAID_WORD = re.compile(r"(?:[A-Za-z][\u0334-\u0338\u20d0-\u20ff]){2,}")
# Letters and digits in another shape: ligatures, full width, circled, mathematical, small capitals.
_STYLED = re.compile(
    "[\ufb00-\ufb06\uff01-\uff5e\u2160-\u217f\u24b6-\u24e9\u2102-\u211f\u2124-\u2134\u1d00-\u1d2b\u0250-\u02af"
    "\U0001d400-\U0001d7ff\U0001f130-\U0001f189]"
)
_LATIN = "[A-Za-z\u00c0-\u024f]"
_SPLIT_WORD = re.compile(f"(?<!{_LATIN}){_LATIN}++(?:[{IGNORED}]++{_LATIN}++)+")
# Not the italics of mathematics, whose variables stand side by side.
_WORD_IN_STYLE = re.compile(
    "[\uff21-\uff5a\u24b6-\u24e9\U0001d400-\U0001d433\U0001d468-\U0001d6a3\U0001f130-\U0001f189]{2,}"
)
_WIDE = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
"""Scripts beside which Latin letters are often written in full width."""
_FOREIGN = re.compile(r"[^\W\d_\x00-\u024f]")
_WORD = re.compile(r"[^\W_]+")
_RUN = re.compile(r"\S+")
_IN_ADDRESS = re.compile(r"@|://|[^\W_]\.[^\W\d_]{2}")
_LINE_END = re.compile(r"(?<![^\W\d_])([^\W\d_]+)(-|\u00ad)[ \t]*\n[ \t]*(?=([^\W\d_]+)[^\s-]*( ?))")
_UNITS = frozenset("µμΩΔπσβαγλδεκ")
"""Greek letters that stand beside Latin ones in honest words: units, symbols, names of substances."""
_LIKE_CYRILLIC = frozenset("aceghijknopqrsuvwxyABCEHIJKMOPSTXY")
"""Latin letters that a Cyrillic one looks like."""
_PARTED = 6
"""Letters from which on a word may be parted at a line's end."""
_FEW_FOREIGN = 0.02
"""Share of a text's letters up to which other alphabets, but for look-alikes, are strangers in it."""
_STROKES = {"\u04cf": "l"}
"""The small palochka, which the table takes for an i."""
_ALL_BORROWED = 3
"""Letters from which on a word of look-alikes alone is read as a Latin one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The way from a text as shown to its original.

    Attributes:
        original: The text as it was written.
        at: Offsets into the text as shown at which the distance to the original changes, from 0.
        to: The offsets into the original of the same characters.
        chars: Length of the text as shown.
        disguised: Words that were hidden from a filter, as slices of the text as shown.
    """

    original: str
    at: array[int]
    to: array[int]
    chars: int
    disguised: tuple[tuple[int, int], ...] = ()

    def back(self, offset: int) -> int:
        """Give the offset into the original of a character of the text as shown."""
        run = bisect_right(self.at, offset) - 1
        return self.to[run] + offset - self.at[run] if run >= 0 else 0

    def span_back(self, start: int, end: int) -> tuple[int, int]:
        """Give the slice of the original that a slice of the text as shown stands for."""
        return (self.back(start), self.back(end - 1) + 1) if start < end else (self.back(start),) * 2

    def forth(self, offset: int) -> int:
        """Give the offset into the text as shown of a character of the original, or of the next one shown."""
        run = bisect_right(self.to, offset) - 1
        if run < 0:
            return 0
        beyond = self.at[run + 1] if run + 1 < len(self.at) else self.chars
        return min(self.at[run] + offset - self.to[run], beyond)


class _Edit(NamedTuple):
    start: int
    end: int
    shown: str


def shown(text: str, language_of: Callable[[str], str] = lambda text: "en") -> tuple[str, Shown] | None:
    r"""Give a text as a person sees it, with the way back; None where it is seen as it is written.

    Args:
        text: The text.
        language_of: Tells its language, in which some words have a hyphen of their own.

    >>> text, way = shown("our ba\u00adnk, our p\u0430y-\nment")
    >>> text, way.original[slice(*way.span_back(14, 21))]
    ('our bank, our payment', 'pаy-\nment')
    """
    seen, places = text, None
    line_ends = partial(_line_ends, language_of=language_of)
    for edits_of in (_tied, line_ends, _unseen, _styled, _borrowed, _marked):
        edits = edits_of(seen)
        if first := next(edits, None):
            seen, places = _edited(
                seen, range(len(text)) if places is None else places, chain((first,), edits)
            )
    words = disguised_words(text)
    if places is None and not words:
        return None
    way = _way(text, array("I", range(len(text))) if places is None else places)
    disguised = {(way.forth(start), way.forth(end)) for start, end in words}
    return seen, replace(way, disguised=tuple(sorted(disguised)))


def disguised_words(text: str) -> list[tuple[int, int]]:
    """Find words that are hidden from a filter and not from the reader.

    They are split by signs that nobody sees, struck through letter by letter, in letters for mathematics, or
    of several alphabets. Joiners of other scripts, a soft hyphen where a long word may be parted, units and
    symbols with Greek letters are none.
    """
    if text.isascii():
        return []
    manners = (
        (match for match in _SPLIT_WORD.finditer(text) if _is_hidden(match.group())),
        _OVERLAID_WORD.finditer(text),
        (match for match in _WORD_IN_STYLE.finditer(text) if _LETTER.search(match.group()))
        if not _WIDE.search(text)
        else (),  # wide low lines are where somebody writes
        (match for match in _WORD.finditer(text) if _is_mixed(match.group()))
        if _FOREIGN.search(text)
        else (),
    )
    return sorted(match.span() for manner in manners for match in islice(manner, MOST_WORDS))


def is_disguised(words: Sequence[tuple[int, int]], text: str) -> bool:
    """Tell whether so many disguised words of a text are no accident."""
    return len(words) >= max(LEAST_WORDS, text.count(" ") // WORDS_EACH)


_TIED = {"\u019f": "ti", "\u01a9": "tt", "\u01ab": "tti", "\u019e": "tf", "\u014c": "ft"}
"""Ligatures by the letters that stand for them where a file's font says no better."""

_TI = re.compile("[a-z]\u019f[a-z]")
"""A capital within a word: what tells that a text has such ligatures."""

_TIED_LETTER = re.compile("(?<=[A-Za-z])[\u019f\u01a9\u01ab\u019e\u014c](?![A-Z])|(?<!\\w)\u019f(?=[a-z])")


def _tied(text: str) -> Iterator[_Edit]:
    """Write ligatures that have the letters of other languages as what they show, but in addresses."""
    if not text.isascii() and _TI.search(text):
        letters = (_Edit(*match.span(), _TIED[match.group()]) for match in _TIED_LETTER.finditer(text))
        yield from _outside_addresses(text, letters)


def _line_ends(text: str, language_of: Callable[[str], str]) -> Iterator[_Edit]:
    r"""Join words that a line's end parts: ``pay-\nment``; ``non-\ncompete`` keeps its hyphen."""
    language = None
    for match in _LINE_END.finditer(text):
        language = language or language_of(text)
        left, hyphen, right, space = match.groups()
        if hyphen == "-" and right.lower() in hyphenation("suspended"):
            continue  # "Vor- und Nachteile"
        kept = hyphen == "-" and (not right[0].islower() or left.lower() in hyphenation("own", language))
        yield _Edit(match.start(2) + kept, match.end(), "")
        if space:
            yield _Edit(*match.span(4), "\n")


def _unseen(text: str) -> Iterator[_Edit]:
    """Leave out what has no width."""
    if not text.isascii():
        yield from (_Edit(*match.span(), "") for match in _IGNORED_RUN.finditer(text))


def _marked(text: str) -> Iterator[_Edit]:
    """Write a letter and its accents as one; leave out marks that make no letter with it."""
    if text.isascii():
        return
    for match in _MARKED.finditer(text):
        yield _Edit(*match.span(), unicodedata.normalize("NFC", match.group())[0])


def _styled(text: str) -> Iterator[_Edit]:
    """Write letters and digits in another shape plainly, but in addresses."""
    if not text.isascii():
        plain = (_Edit(*match.span(), _plain(match.group())) for match in _STYLED.finditer(text))
        yield from _outside_addresses(text, (edit for edit in plain if edit.shown != text[edit.start]))


def _borrowed(text: str) -> Iterator[_Edit]:
    """Write letters of other alphabets that stand for Latin ones as these, but in addresses."""
    if text.isascii() or not _FOREIGN.search(text):
        return
    alike, strangers = _confusable(), _are_strangers(text)
    words = (word for word in _WORD.finditer(text) if _is_borrowed(word.group(), strangers))
    letters = (at for word in words for at in range(*word.span()) if text[at] in alike)
    yield from _outside_addresses(text, (_Edit(at, at + 1, alike[text[at]]) for at in letters))


def _outside_addresses(text: str, edits: Iterable[_Edit]) -> Iterator[_Edit]:
    """Leave out edits of host names and addresses, in which another letter is another host."""
    runs = _RUN.finditer(text)
    run, is_address = next(runs, None), False  # the run without white space that an edit is in
    known = None
    for edit in edits:
        while run and run.end() <= edit.start:
            run = next(runs, None)
        if run is not known:
            known, is_address = run, run is not None and _IN_ADDRESS.search(run.group()) is not None
        if not is_address:
            yield edit


def _plain(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character)
    if plain == character and "SMALL CAPITAL" in (name := unicodedata.name(character, "")):
        plain = name.rpartition(" ")[2].lower()
        return plain if len(plain) == 1 else character
    return plain if plain.isalnum() or "\uff01" <= character <= "\uff5e" else character


def _is_borrowed(word: str, strangers: bool) -> bool:
    """Tell whether a word's letters of other alphabets stand for Latin ones."""
    foreign = [letter for letter in word if letter > "\u024f" and letter.isalpha()]
    if not foreign:
        return False
    if len(foreign) < len(word):
        return any(letter.isascii() and letter.isalpha() for letter in word) and not _is_symbol(word, foreign)
    return strangers and len(word) >= _ALL_BORROWED and all(letter in _confusable() for letter in word)


def _is_symbol(word: str, foreign: list[str]) -> bool:
    """Tell whether Greek letters in a word are symbols: ``µg``, ``TNFα``, ``NFκB``."""
    return _UNITS.issuperset(foreign) and not (len(word) - len(foreign) > 3 and word[1:].islower())


def _is_mixed(word: str) -> bool:
    """Tell whether a word is of several alphabets and passes for one of a single alphabet.

    Where letters of both look like none of the other, it does not: two words have run together. The Latin i
    in other alphabets is a habit of keyboards without the Kazakh or Ukrainian one.
    """
    foreign = [letter for letter in word if letter > "\u024f" and letter.isalpha()]
    if any(letter not in _confusable() for letter in foreign):
        latin = {letter for letter in word if letter.isascii() and letter.isalpha()}
        if not latin <= _LIKE_CYRILLIC or latin <= set("iI"):
            return False
    return (
        0 < len(foreign) < len(word)
        and any(letter in _confusable() for letter in foreign)
        and sum(letter.isascii() and letter.isalpha() for letter in word) > 1
        and not _is_symbol(word, foreign)
        and not any(unicodedata.name(letter, "").startswith(("LATIN", "MODIFIER")) for letter in foreign)
    )


def _is_hidden(word: str) -> bool:
    """Tell whether a word that signs of no width split is disguised; soft hyphens may stand in a long one."""
    if set("".join(_IGNORED_RUN.findall(word))) != {"\u00ad"}:
        return True
    pieces = word.split("\u00ad")
    return sum(map(len, pieces)) < _PARTED or min(map(len, pieces)) < 2


def _are_strangers(text: str) -> bool:
    """Tell whether other alphabets, but for letters that look like Latin ones, are rare in a text."""
    foreign = sum(letter not in _confusable() for letter in _FOREIGN.findall(text))
    return foreign <= _FEW_FOREIGN * sum(map(str.isalpha, text))


@cache
def _confusable() -> dict[str, str]:
    """Give the letters of other alphabets that look like one Latin letter or digit, with it."""
    from confusable_homoglyphs.confusables import confusables_data

    found = {}
    for letter, alike in confusables_data.items():
        signs = [one["c"] for one in alike if len(one["c"]) == 1] if letter > "\u024f" else []
        plain = [sign for sign in signs if sign.isascii() and sign.isalnum()]
        if plain and letter.isalpha():
            found[letter] = min(plain, key=lambda sign: (sign.isupper() != letter.isupper(), sign.isdigit()))
            # The table makes no difference between the strokes that "l" and "I" are.
            if found[letter] == "l" and letter.isupper():
                found[letter] = "I"
    return found | _STROKES


def _edited(text: str, places: Sequence[int], edits: Iterable[_Edit]) -> tuple[str, array[int]]:
    """Make edits, given in order; one that overlaps the one before is left out.

    Takes, and returns beside the new text, the offset into the original of each character.
    """
    seen, kept, end = StringIO(), array("I"), 0
    for edit in edits:
        if edit.start < end:
            continue
        seen.write(text[end : edit.start] + edit.shown)
        kept.extend(places[end : edit.start])
        kept.extend([places[edit.start]] * len(edit.shown))
        end = edit.end
    kept.extend(places[end:])
    seen.write(text[end:])
    return seen.getvalue(), kept


def _way(original: str, places: array[int]) -> Shown:
    """Keep of the places those at which the distance changes."""
    import numpy as np

    origins = np.frombuffer(places, dtype=np.uint32).astype(np.int64)
    starts = np.flatnonzero(np.diff(origins, prepend=-2) != 1)
    return Shown(original, array("I", starts), array("I", origins[starts]), len(places))
