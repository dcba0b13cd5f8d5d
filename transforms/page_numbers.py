"""The number that a page bears: ``Page 2 of 5``, ``- 3 -``, ``4/7``, or a number alone on a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_EDGE_LINES = 3
_MOST_CHARS = 120
_OF = r"(?:of|von|sur|de|di|van|/)"
_NAMED = re.compile(
    rf"(?i)(?<![^\W\d_])(?:page|seite|página|pagina|blatt|pg|s)\b\.?\s*:?\s*(\d{{1,4}})(?:\s*{_OF}\s*(\d{{1,4}}))?"
)
_NAMED_OF = re.compile(
    rf"(?i)\b(?:page|seite|página|pagina|blatt)\b\.? ?:? ?(\d{{1,4}}) ?{_OF} ?(\d{{1,4}})\b"
)
_TOTAL = re.compile(rf"(?i)(?<![\d./])(\d{{1,4}})\s*{_OF}\s*(\d{{1,4}})(?![\d./])")
_ALONE = re.compile(r"[-–—(\[|\s]{0,4}(\d{1,4})[-–—)\]|.\s]{0,4}")
_PREFIXED = re.compile(r"(?:[A-Z]{1,2}-)(\d{1,3})")
_ROMAN = re.compile(r"[-\s]{0,3}([ivx]{1,6})[-\s]{0,3}")
_ROMANS = {"i": 1, "v": 5, "x": 10}


@dataclass(frozen=True, slots=True)
class Number:
    """What may be the number of a page.

    Attributes:
        value: The number.
        total: How many pages there are, where it is said.
        form: How it is written; the numbers of a document are written alike.
        line: Index of its line among those of the page that are not empty.
        alone: Nothing else stands on that line.
    """

    value: int
    total: int | None
    form: str
    line: int
    alone: bool


def numbers_of(lines: Sequence[str]) -> list[Number]:
    """List what may be the number of a page, from its first and last lines.

    >>> numbers_of(["Invoice", "Total 12.00", "Seite 2 von 3"])
    [Number(value=2, total=3, form='named of', line=2, alone=True)]
    >>> numbers_of(["- 4 -", "goes on"])[0].value
    4
    """
    count = len(lines)
    edges = sorted({*range(min(_EDGE_LINES, count)), *range(max(0, count - _EDGE_LINES), count)})
    found = []
    for at in edges:
        line = lines[at]
        if len(line) <= _MOST_CHARS:
            number = _number(line, at)
            if number is not None and (number.total is None or number.value <= number.total):
                found.append(number)
    if not any(number.form.startswith("named") for number in found):
        match = _NAMED_OF.search("\n".join(line[:_MOST_CHARS] for line in lines))
        if match and int(match[1]) <= int(match[2]):  # in a form's heading, below the letterhead
            found.append(Number(int(match[1]), int(match[2]), "named of", -1, False))
    return found


def _number(line: str, at: int) -> Number | None:
    if match := _NAMED.search(line):
        total = int(match[2]) if match[2] else None
        return Number(int(match[1]), total, "named of" if total else "named", at, len(line) < 25)
    if (match := _TOTAL.search(line)) and len(line) < 40:
        return Number(int(match[1]), int(match[2]), "of", at, len(line) < 15)
    if match := _ALONE.fullmatch(line):
        return Number(int(match[1]), None, "alone", at, True) if int(match[1]) < 1_000 else None
    if match := _PREFIXED.fullmatch(line):
        return Number(int(match[1]), None, f"prefixed {line[0]}", at, True)
    if match := _ROMAN.fullmatch(line):
        return Number(_roman(match[1]), None, "roman", at, True)
    return None


def _roman(written: str) -> int:
    values = [_ROMANS[letter] for letter in written]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
