"""Whether what was removed is still found in a redacted file: in its text, its bytes, its pictures by OCR.

A value may stand in the result no more often than in the text that was to stay, so that one that is also an
ordinary word is no leak where it stays as such.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

_WORD = re.compile(r"\w+")
_STREAM = re.compile(rb"(<<(?:(?!endobj).){0,2000}?>>)\s*stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_STRING = re.compile(rb"(?<!<)<([0-9A-Fa-f\s]+)>|\(((?:\\.|[^\\()]){0,10000})\)", re.DOTALL)
_BLANK = re.compile(rb"\s+")
_CAPITAL_WORD = re.compile(rb"(?<![/A-Za-z0-9\x80-\xff])[A-Z\xc0-\xde][A-Za-z0-9\x80-\xff]{3,}")
_PICTURE = re.compile(rb"/Subtype\s*/Image")

JOINED_CHARS = 8
"""Letters and digits of a value from which on it is also looked for across what parts words."""
WORD_CHARS = 4
"""Characters of a word from which on it is looked for in bytes."""
RECOGNISED_CHARS = 5
"""Characters of a word from which on it is looked for in what OCR reads, which adds words of its own."""
_LONGEST = 12
"""Words of a value by which it is counted."""
MOST_UNPACKED = 200_000_000


class Kept:
    """The text that was to stay, looked at once for many values."""

    def __init__(self, text: str) -> None:
        """Take it."""
        self.words = _words(text)
        self.joined = "".join(self.words)

    def more_in(self, found: str, values: Iterable[tuple[str, str]]) -> Counter[str]:
        """Count the values that stand more often in a text than in this one, by class.

        >>> Kept("May went home.").more_in("Ann May went home.", [("person", "Ann May"), ("person", "May")])
        Counter({'person': 1})
        """
        words = _words(found)
        joined = "".join(words)
        runs = {(label, tuple(_words(value))) for label, value in values}
        wanted = {run for _, run in runs if run}
        before, after = _times(self.words, wanted), _times(words, wanted)
        leaks: Counter[str] = Counter()
        for label, run in sorted(runs):
            more = after[run] > before[run]
            whole = "".join(run)
            if not more and len(whole) >= JOINED_CHARS:
                more = joined.count(whole) > self.joined.count(whole)
            leaks[label] += more
        return +leaks

    def own_words(self, values: Iterable[tuple[str, str]], least: int) -> dict[str, str]:
        """Give the words of values that nothing that stays has in it, with the class of one that has it."""
        return {
            word: label
            for label, value in values
            for word in _WORD.findall(value)
            if len(word) >= least and word.casefold() not in self.joined
        }


def in_bytes(content: bytes, words: dict[str, str]) -> Counter[str]:
    """Count the words that stand in the bytes of a PDF, packed or not, but for its pictures, by class.

    In its strings they are looked for as Latin-1, UTF-8 and UTF-16; in the rest those that begin with a
    capital, as far as they are no name of the format's own, such as ``/Page``.

    Raises:
        ValueError: A stream unpacks to too much, or cannot be unpacked.
    """
    strings: list[bytes] = []
    rest: set[bytes] = set()
    for piece in unpacked(content):
        strings += _strings(piece)
        rest.update(_CAPITAL_WORD.findall(_STRING.sub(b" ", piece)))
    said = b"\0".join(strings)
    found = []
    for word in words:
        plain = [form for form in (word.encode(), word.encode("cp1252", "ignore")) if len(form) >= WORD_CHARS]
        wide = [written.encode("utf-16-be") for written in {word, word.lower(), word.upper()}]
        if any(form in said for form in (*plain, *wide)) or any(form in rest for form in plain):
            found.append(word)
    return Counter(words[word] for word in found)


def _strings(piece: bytes) -> Iterator[bytes]:
    """Give the strings of a piece of a PDF, those in hexadecimal as what they stand for."""
    for match in _STRING.finditer(piece):
        if match[1] is None:
            yield match[2]
        else:
            digits = _BLANK.sub(b"", match[1])
            yield bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def unpacked(content: bytes) -> Iterator[bytes]:
    """Give a PDF without its streams, then each stream that is no picture, unpacked.

    Raises:
        ValueError: One unpacks to too much, or cannot be unpacked.
    """
    rest = []
    at = 0
    for match in _STREAM.finditer(content):
        rest.append(content[at : match.start(2)])
        at = match.end(2)
        if _PICTURE.search(match[1]):
            continue
        if b"/FlateDecode" not in match[1]:
            yield match[2]
            continue
        unpacker = zlib.decompressobj()
        try:
            yield unpacker.decompress(match[2], MOST_UNPACKED)
        except zlib.error as error:
            raise ValueError(f"a stream cannot be unpacked: {error}") from None
        if unpacker.unconsumed_tail:
            raise ValueError(f"a stream unpacks to more than {MOST_UNPACKED:,} bytes")
    yield b"".join([*rest, content[at:]])


def in_recognised(texts: Sequence[str], words: dict[str, str]) -> Counter[str]:
    """Count the words that OCR reads, by class."""
    read = {word for text in texts for word in _words(text)}
    return Counter(label for word, label in words.items() if word.casefold() in read)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _times(words: Sequence[str], wanted: Collection[tuple[str, ...]]) -> Counter[tuple[str, ...]]:
    """Count each of some runs of words; of more than `_LONGEST` words its beginning tells."""
    by_first: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for run in wanted:
        by_first[run[0]].add(run[:_LONGEST])
    counts: Counter[tuple[str, ...]] = Counter()
    for at, word in enumerate(words):
        if runs := by_first.get(word):
            for length in {len(run) for run in runs}:
                if (run := tuple(words[at : at + length])) in runs and len(run) == length:
                    counts[run] += 1
    return Counter({run: counts[run[:_LONGEST]] for run in wanted})
