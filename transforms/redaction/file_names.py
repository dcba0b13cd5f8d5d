"""Words in names of files and in addresses of pages: `wernicke_smilla.pdf`, `SmillaWernicke-2.dcm`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from unicodedata import normalize

_RUN = re.compile(r"\S+")
_FILE_NAME = re.compile(r"_|[/\\]|\w\.[A-Za-z]\w{1,4}\b")
_LETTERS = re.compile(r"[^\W\d_]+")
_CAPITAL = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_SHORTEST = 3


def in_file_names(text: str, words: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Find words in what looks like the name of a file or an address, in small letters, too.

    Args:
        text: A document's text.
        words: Single words, case-folded. They are found without their accents, and with ``ae`` for ``ä``.

    Yields:
        Where each stands, and which it is.

    >>> list(in_file_names("see mueller_1960.pdf", ["müller"]))
    [(4, 11, 'müller')]
    """
    written: dict[str, str] = {}
    for word in words:
        if len(word) >= _SHORTEST:
            bare = "".join(filter(str.isalpha, normalize("NFKD", word)))
            written |= dict.fromkeys((word, word.translate(_UMLAUTS), bare), word)
    for run in _RUN.finditer(text) if written else ():
        for letters in _LETTERS.finditer(run[0]) if _FILE_NAME.search(run[0]) else ():
            start = run.start() + letters.start()
            if word := written.get(letters[0].casefold(), ""):
                yield start, start + len(letters[0]), word
                continue
            for piece in _CAPITAL.split(letters[0]):
                if word := written.get(piece.casefold(), ""):
                    yield start, start + len(piece), word
                start += len(piece)
