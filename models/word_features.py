"""Features of words for the tagger of personal data: their letters, their shapes, and where they stand.

The same for every language: a word is known by its hash, by the ends of it, by its shape (capitals, digits)
and by the lexicon, which says whether it is a first name, a surname, a town or an ordinary word. Its place in
the line and in the document tells signatures, salutations, forms and letterheads.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from docassay.models.identifiers import IDENTIFIERS, Span

Ids = NDArray[np.int32]
Flags = NDArray[np.uint8]

WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
"""A word or one mark: spans of personal data begin and end at these, never inside."""

TABLES = {
    "word": 16384,
    "prefix": 4096,
    "suffix": 4096,
    "ending": 1024,
    "shape": 512,
    "cluster": 257,
    "key": 512,
}
"""The features that are looked up, and the rows of each table; row 0 stands for none."""

LONGEST = 48
"""Characters of a word that are looked at."""

_MARKS = ".,'’-()/@:;&#\"+<>*|"
_KEY = re.compile(r"[ \t>|*#-]*([^\W\d_][^:\n]{0,38}?)[ \t]*:(?=\s)")
"""What stands before the first colon of a line, in a form or the header of a mail."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is known of words by themselves, whatever their capitals.

    Attributes:
        hashes: CRC-32 of each word in lower case, sorted.
        bits: For each word eight flags, such as: a first name, a frequent surname, a town, an ordinary word.
        clusters: For each word the number, from 1, of the group of words that are used like it; or 0.
    """

    hashes: NDArray[np.uint32]
    bits: NDArray[np.uint8]
    clusters: NDArray[np.uint8]

    def look_up(self, hashes: NDArray[np.uint32]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Give bits and cluster of words by their hashes; zeros for a word that is not in it."""
        at = np.searchsorted(self.hashes, hashes).clip(max=len(self.hashes) - 1)
        known = self.hashes[at] == hashes
        return np.where(known, self.bits[at], 0).astype(np.uint8), np.where(
            known, self.clusters[at], 0
        ).astype(np.uint8)


def word_spans(text: str) -> list[Span]:
    """Cut a text into words and marks.

    >>> word_spans("Mr. Ek")
    [(0, 2), (2, 3), (4, 6)]
    """
    return [match.span() for match in WORD.finditer(text)]


def describe(
    text: str, words: Sequence[Span], patterns: Sequence[Sequence[Span]], lexicon: Lexicon
) -> tuple[Ids, Flags]:
    """Describe each word of a text.

    Args:
        text: The text.
        words: Its words, as `word_spans` gives them; at least one.
        patterns: The spans of its identifiers, as `models.identifiers.matches` gives them.
        lexicon: What is known of words.

    Returns:
        Rows of `TABLES`, [words, tables], and flags, zeros and ones, [words, `FLAGS`].
    """
    numbers: dict[str, int] = {}
    of_word = np.array([numbers.setdefault(text[a : min(b, a + LONGEST)], len(numbers)) for a, b in words])
    forms = [_form(word) for word in numbers]
    hashes = np.array([form[0] for form in forms], np.uint32)
    bits, clusters = lexicon.look_up(hashes)
    ids = np.array([form[1] for form in forms], np.int32)
    ids = np.concatenate([ids, clusters[:, None].astype(np.int32)], axis=1)[of_word]
    own = np.concatenate(
        [np.array([form[2] for form in forms], np.uint8), np.unpackbits(bits[:, None], axis=1)], axis=1
    )
    keys, places = _places(text, words)
    flags = np.concatenate([own[of_word], places, _inside(words, patterns)], axis=1)
    return np.concatenate([ids, keys[:, None]], axis=1), flags


def crc(text: str) -> int:
    """Hash a text, the same on every machine."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _row(kind: str, text: str) -> int:
    return 1 + crc(f"{kind}{text}") % (TABLES[kind] - 1)


@lru_cache(maxsize=32_768)
def _form(word: str) -> tuple[int, tuple[int, ...], tuple[bool, ...]]:
    """Describe a word by itself: its hash, its rows of the tables, its flags."""
    lower = word.lower()
    letters, digits, size = word.isalpha(), word.isdecimal(), len(word)
    rows = (
        _row("word", re.sub(r"\d", "0", lower)),
        _row("prefix", lower[:3]),
        _row("suffix", lower[-4:]),
        _row("ending", lower[-2:]),
        _row("shape", shape(word)),
    )
    flags = (
        letters and word.islower(),
        letters and size > 1 and word[0].isupper() and word[1:].islower(),
        letters and size > 1 and word.isupper(),
        letters and size == 1 and word.isupper(),
        letters and not word.islower() and not word.isupper() and not word[1:].islower(),
        letters and not word.isascii(),
        letters and size <= 3,
        letters and size > 12,
        *(digits and size == n for n in range(1, 6)),
        digits and 5 < size <= 9,
        digits and size > 9,
        digits and size == 4 and word[:2] in ("18", "19", "20"),
        digits and size <= 2 and 1 <= int(word) <= 12,
        digits and size <= 2 and 13 <= int(word) <= 31,
        not letters and not digits and word.isalnum(),
        *(word == mark for mark in _MARKS),
    )
    return crc(lower), rows, flags


def shape(word: str) -> str:
    """Write the shape of a word, repeated kinds of characters shortened to three.

    >>> shape("McDonald"), shape("1985"), shape("iPhone12")
    ('XxXxxx', 'ddd', 'xXxxxdd')
    """
    kinds = "".join(
        "X" if char.isupper() else "d" if char.isdigit() else "x" if char.isalpha() else char for char in word
    )
    return re.sub(r"(.)\1{3,}", r"\1\1\1", kinds)


_LINE_WORDS = (1, 2, 3, 5, 9)
"""A line is told by the first of these that its number of words does not exceed."""
_ENDS = (25, 100)
"""How many words make the beginning, and the end, of a document."""


def _places(text: str, words: Sequence[Span]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Give for each word the row of its line's key, and flags of where it stands."""
    count = len(words)
    keys = np.zeros(count, np.int32)
    flags = np.zeros((count, PLACE_FLAGS), np.uint8)
    starts = np.array([a for a, _ in words])
    ends = np.array([b for _, b in words])
    gap_before = np.concatenate([[1], starts[1:] - ends[:-1]])
    flags[:, 0] = gap_before == 0
    flags[:, 1] = gap_before > 1
    for n, size in enumerate(_ENDS):
        flags[:size, 2 + 2 * n] = 1
        flags[-size:, 3 + 2 * n] = 1
    flags[:, 6] = count <= 40
    at = line_start = 0
    key = 0
    blank = True
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        line_end = line_start + len(line)
        first = at
        at = int(np.searchsorted(starts, line_end))
        if first == at:
            blank, key = True, 0
        else:
            found = _KEY.match(line)
            last = text[ends[at - 1] - 1]
            next_blank = number + 1 >= len(lines) or not lines[number + 1].strip()
            size = at - first
            here = flags[first:at]
            here[0, 7] = 1
            here[1:2, 8] = 1
            here[2:4, 9] = 1
            here[-1, 10] = 1
            here[:, 11] = blank
            here[:, 12] = next_blank
            here[:, 13] = last == ","
            here[:, 14] = last == ":"
            here[:, 15] = last in ".!?"
            here[
                :, 16 + next((n for n, most in enumerate(_LINE_WORDS) if size <= most), len(_LINE_WORDS))
            ] = 1
            if found:
                key = _row("key", re.sub(r"\W+", " ", found[1].lower()))
                value_at = first + int(np.searchsorted(starts[first:at], line_start + found.end()))
                flags[first:value_at, 22] = 1
                keys[value_at:at] = key
            else:
                keys[first:at] = key if last != ":" else 0
                flags[first:at, 23] = key != 0
                key = 0
            blank = False
        line_start = line_end
    return keys, flags


PLACE_FLAGS = 24
_LABELS = tuple(dict.fromkeys((identifier.label, identifier.certain) for identifier in IDENTIFIERS))


def _inside(words: Sequence[Span], patterns: Sequence[Sequence[Span]]) -> NDArray[np.uint8]:
    """Flag the words inside the spans of each kind of identifier, and the first of each."""
    inside = np.zeros((len(words), 2 * len(_LABELS)), np.uint8)
    starts = np.array([a for a, _ in words])
    for identifier, spans in zip(IDENTIFIERS, patterns, strict=True):
        column = 2 * _LABELS.index((identifier.label, identifier.certain))
        for start, end in spans:
            first, last = np.searchsorted(starts, (start, end))
            inside[first:last, column] = 1
            inside[first : first + 1, column + 1] = 1
    return inside


KNOWN = len(_form("-")[2])
"""Number of the first of the eight flags that say what the lexicon knows of a word."""

FLAGS = KNOWN + 8 + PLACE_FLAGS + 2 * len(_LABELS)
"""Number of flags of a word."""


def pairs_of_names(flags: Flags) -> NDArray[np.bool_]:
    """Tell which words begin a pair, on one line, of what may be a first name and a surname, [words - 1].

    Both have a capital, the first is a common first name, the second a surname, and one of them is no word
    that is frequent in lower case.
    """
    capital, known, place = flags[:, 1] == 1, flags[:, KNOWN : KNOWN + 8] == 1, flags[:, KNOWN + 8 :] == 1
    frequent, surname, first_name = known[:, 1], known[:, 5], known[:, 6]
    near = ~(place[1:, 0] | place[1:, 1] | place[1:, 7])
    names = capital[:-1] & capital[1:] & first_name[:-1] & surname[1:]
    return np.asarray(names & near & ~(frequent[:-1] & frequent[1:]))
