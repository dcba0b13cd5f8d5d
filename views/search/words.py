"""Parse the words of a search, and find them in a text as the index does.

A search is words, which a document must all have; ``"words in quotes"`` must follow each other; ``word*``
stands for all words that begin so. Case and accents make no difference. Chinese, Japanese and Korean are
searched character by character, since no blanks part their words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from docassay.schemas.errors import UsageError

MOST_TERMS = 32
"""Maximum number of words and phrases of a search."""

MOST_MATCHES = 2_000
"""Maximum number of places that are marked in a text."""

AROUND = 90
"""Characters of a snippet on each side of its first match."""

_CJK = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003134f"
)
_ONE_CJK = re.compile(f"([{_CJK}])")
_MARKS = re.compile(r"[\u0300-\u036f]")
_WORD = re.compile(r"[^\W_]+")
_TERM = re.compile(r'"([^"]*)("?\*?)|([^\s"]+)')
_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'))


class _Folds(dict[int, str]):
    """Each character without case and accents, as one character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        parts = unicodedata.normalize("NFD", char)
        accented = len(parts) > 1 and all(unicodedata.combining(mark) for mark in parts[1:])
        base = (parts[0] if accented else char).lower()
        self[code] = base if len(base) == 1 else char
        return self[code]


_FOLDS = _Folds({ord("ς"): "σ"})


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or words that follow each other; with `prefix` the last one may go on."""

    words: tuple[str, ...]
    prefix: bool = False

    @property
    def quoted(self) -> str:
        """Write it as a phrase of FTS5."""
        return f'"{" ".join(self.words)}"{" *" if self.prefix else ""}'

    @property
    def shown(self) -> str:
        """Write it as a user would."""
        words = " ".join(self.words)
        return f'"{words}"' if len(self.words) > 1 else f"{words}{'*' if self.prefix else ''}"


@dataclass(frozen=True)
class Search:
    """What is searched for."""

    terms: tuple[Term, ...]

    @cached_property
    def expression(self) -> str:
        """Write it for FTS5; a number with blanks, such as an IBAN, is found without them, too."""
        every = " AND ".join(term.quoted for term in self.terms)
        words = [word for term in self.terms for word in term.words]
        joined = "".join(words)
        if len(words) > 1 and any(map(str.isdigit, joined)) and joined.isascii():
            return f'({every}) OR "{joined}"'
        return every

    def matches(self, text: str) -> list[tuple[int, int]]:
        """Find its words in a text: slices in order that do not overlap, at most `MOST_MATCHES`.

        >>> parse("naïve act*").matches("Actors, NAIVE ones: react.")
        [(0, 6), (8, 13)]
        """
        found: list[tuple[int, int]] = []
        for start, end in sorted(self._places(text))[:MOST_MATCHES]:
            if found and start < found[-1][1]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((start, end))
        return found

    def snippet(self, text: str) -> tuple[int, int]:
        """Choose the slice of a text that has most of its words; of several the first."""
        places = sorted(
            (start, end, n) for n in range(len(self.terms)) for start, end in self._places(text, n)
        )
        best, most, first = (0, min(len(text), 2 * AROUND)), 0, 0
        for last, (_, end, _) in enumerate(places):
            while places[first][0] < end - 2 * AROUND and first < last:
                first += 1
            if (different := len({n for *_, n in places[first : last + 1]})) > most:
                most = different
                best = max(0, places[first][0] - AROUND), min(len(text), max(end, places[first][1] + AROUND))
        start = text.find(" ", best[0], best[0] + 30) + 1 if best[0] else 0
        return max(start, best[0]), best[1]

    def _places(self, text: str, of: int | None = None) -> list[tuple[int, int]]:
        folded = folded_of(text)
        marks = "[\u0300-\u036f]*+" if _MARKS.search(folded) else ""
        terms = self.terms if of is None else self.terms[of : of + 1]
        found: list[tuple[int, int]] = []
        for term in terms:
            for match in re.finditer(_pattern(term, marks), folded):
                found.append(match.span())
                if len(found) >= MOST_MATCHES:
                    break
        return found


def parse(search: str) -> Search:
    """Parse a search.

    >>> parse('"Pay the fee" eng* Größe 合同').expression
    '"pay the fee" AND "eng" * AND "große" AND "合 同"'

    Raises:
        UsageError: It has too many words.
    """
    terms = []
    for match in _TERM.finditer(search.translate(_QUOTES)):
        phrase, end, word = match.groups()
        written = word if phrase is None else phrase
        prefix = written.endswith("*") or (end or "").endswith("*")
        if words := tuple(_WORD.findall(indexed(written))):
            terms.append(Term(words, prefix))
    different = tuple(dict.fromkeys(terms))
    if len(different) > MOST_TERMS:
        raise UsageError(f"a search has at most {MOST_TERMS} words; this one has {len(different)}")
    return Search(different)


def folded_of(text: str) -> str:
    """Remove case and accents; the text keeps its length."""
    lower = text.lower() if text.isascii() else text.translate(_FOLDS)
    return lower if len(lower) == len(text) else text


def indexed(text: str) -> str:
    """Write a text as the index takes it: without case and accents, and each CJK character as a word.

    The index's own folding leaves accents of Cyrillic and Greek letters.

    >>> indexed("Мой contrat résilié, 合同")
    'мои contrat resilie,  合  同 '
    """
    folded = folded_of(text)
    return folded if folded.isascii() else _ONE_CJK.sub(r" \1 ", _MARKS.sub("", folded))


def _pattern(term: Term, marks: str) -> str:
    pieces = []
    for n, word in enumerate(term.words):
        is_cjk = bool(_ONE_CJK.fullmatch(word))
        before = "" if is_cjk else r"(?<![^\W_])"
        ends = "" if is_cjk or (term.prefix and n == len(term.words) - 1) else r"(?![^\W_])"
        pieces.append(before + marks.join(map(re.escape, word)) + marks + ends)
    return r"[\W_]*+".join(pieces) + (r"[^\W_]*" if term.prefix else "")


def marked(text: str, places: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[str, bool]]:
    """Cut a slice of a text into pieces, each with whether it is a match."""
    pieces, at = [], start
    for first, last in places:
        first, last = max(first, at), min(last, end)
        if first < last:
            pieces += [(text[at:first], False), (text[first:last], True)]
            at = last
    return [piece for piece in [*pieces, (text[at:end], False)] if piece[0]]
