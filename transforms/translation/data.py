"""Data: what is not language and so not translated: records, cells of tables, codes, figures."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from docassay.transforms.document import Document
from docassay.transforms.formats.media_types import MAIL, ODS, OUTLOOK, TABLES, XLS, XLSX, XML
from docassay.transforms.translation.sentences import CELL, Sentence

FORMATS = TABLES | {XLSX, XLS, ODS, "application/json"}
"""Formats that hold tables or values alone."""

LEAST_RECORDS = 3
"""Fewest lines of bank, laboratory or order records that make a text a file of records."""

LEAST_LETTERS = 0.6
"""Smallest share of letters in a sentence, white space and addresses left out."""

MOST_SIGNS = 0.08
"""Largest share of signs that programs and markup use, likewise."""

CELL_WORDS = 4
"""Fewest words that make a cell of a table a sentence."""

_LAID_OUT = frozenset({MAIL, OUTLOOK})
"""Formats whose tables are layout."""

_OPENING_CHARS = 20_000
_BESIDE = 500  # characters of a line
_RECORD = re.compile(r"(?m)^(?::\d\d[A-Z]?:|(?:MSH|PID|PV1|OBR|OBX)\||UN[ABHT]\+)")
_ADDRESS = re.compile(
    r"<[^<>\s][^<>]{0,500}>|\]\([^()]{0,700}\)|https?://\S{1,500}|www\.\S{1,500}|\S{1,100}@\S{1,100}"
)
_RULE = re.compile(r"([-=_*#~.])\1{2,}")
_SIGN = re.compile(r"[{}<>=_$\\;|@#~^`]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NUMBER = re.compile(
    r"^(?:[^\W\d_]{1,12}\.? |§ ?)?\d{1,3}(?:\.\d{1,2}){0,4}[a-z]?(?: ?[-–—:.)])? ?(?=[A-ZÀ-Ý][^\W\d_])"
)
"""The number of a heading."""

_FIELD = re.compile(r"[A-Z]\w{0,60}: ")


def holds_data(document: Document) -> bool:
    """Tell whether a document is all data: by format, as SWIFT, HL7 or EDIFACT records, or as fields."""
    if document.media_type in FORMATS:
        return True
    opening = document.text[:_OPENING_CHARS]
    if document.media_type == XML:
        lines = [line for line in opening.split("\n") if line.strip()]
        if opening.startswith("resourceType: "):
            return True
        return 2 * sum(_FIELD.match(line) is not None for line in lines) > len(lines)
    return sum(1 for _ in _RECORD.finditer(opening)) >= LEAST_RECORDS


def cell_spans(document: Document) -> list[tuple[int, int]]:
    """List where the cells of a document's tables stand, in order."""
    return sorted((cell.start, cell.end) for table in document.tables for row in table.rows for cell in row)


def is_data(document: Document, sentence: Sentence, cells: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a sentence of a document is data: a value, a short cell of a table, a code, figures.

    Args:
        document: The document.
        sentence: A sentence of its text.
        cells: Its `cell_spans`.
    """
    at = bisect_right(cells, (sentence.start, len(document.text))) - 1
    if at >= 0 and sentence.start < cells[at][1]:
        return True
    if not is_language(sentence.source):
        return True
    if document.media_type in _LAID_OUT or len(_WORD.findall(sentence.source)) >= CELL_WORDS:
        return False
    before = document.text[max(0, sentence.start - _BESIDE) : sentence.start].rpartition("\n")[2]
    after = document.text[sentence.end : sentence.end + _BESIDE].partition("\n")[0]
    return CELL.search(f"{before}{sentence.source}{after}".strip()) is not None


def is_language(text: str) -> bool:
    """Tell whether a sentence is language, by its letters and, where it has figures, by its small words.

    >>> [is_language(text) for text in ("Die Miete ist 500 Euro.", "Kündigung", "ART. 5 : BAIL ET CAUTION")]
    [True, True, True]
    >>> [is_language(text) for text in ("DE 80333 München", "Nettobetrag: 1.776,00", "x = f(y_1);")]
    [False, False, False]
    """
    text = _NUMBER.sub("", _RULE.sub(" ", _ADDRESS.sub(" ", text)).strip())
    signs = sum(not character.isspace() for character in text)
    letters = sum(character.isalpha() for character in text)
    words = _WORD.findall(text)
    if not words or letters < LEAST_LETTERS * signs or len(_SIGN.findall(text)) > MOST_SIGNS * signs:
        return False
    if not any(character.isdigit() for character in text):
        return True
    small = sum(word[0].islower() for word in words)
    if not small:
        return len(words) > 2 and all(word.isupper() for word in words)
    return small > 1 or (len(words) > 2 and text[-1] in ".!?;:")
