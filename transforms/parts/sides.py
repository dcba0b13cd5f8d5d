"""Per-page features, cached for both neighbouring pairs.

Only the first and last `READ_CHARS` characters of a page are read, so a long page costs no more than
a full one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from docassay.schemas.pages import Pages
from docassay.transforms.formats import Look

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


READ_CHARS = 4_000
NO_LOOK = Look()
EDGE_LINES = 4
_FEWEST_WORDS = 5
WORD = re.compile(r"[^\W\d_]{2,30}")
_NAME = re.compile(r"\b[^\W\d_a-zà-ÿ][^\W\d_]{2,29}\b")
_SMALL = re.compile(r"\b[a-zà-ÿ]{3,30}\b")
_FIGURES = re.compile(r"\d+")
_TOKEN = re.compile(r"\b[\w/-]{5,24}\b")
_REFERENCE = re.compile(r"\d\D?\d")
_AMOUNT = re.compile(r"\d[.,]\d{2}\b\D{0,6}$")
_SECTION = re.compile(
    r"^\s*(?:section|article|artikel|§)?\s*(\d{1,3})(?:\.\d{1,2})*[.):]?\s+\S", re.IGNORECASE
)
_STAMP = re.compile(r"[A-Z][A-Z-]{1,9}[ _-]?\d{4,9}")
"""The number of a page in a file that was disclosed, stamped on all of its pages (Bates numbering)."""
_SMALLWORDS = {
    "en": "the of and to in is for with that be this or by are on shall any as not you your",
    "de": "der die und das den von zu mit ist im auf des für dem ein eine nicht wird sie bei werden",
    "fr": "le la les des et du une dans pour est que par sur au avec vous ou qui votre pas ce",
    "es": "el los las del que por con una para se su al como más paciente no fue sin y sus",
    "it": "il di che per con del della una sono nel alla dei non le più gli è da al suo",
    "nl": "de het een van en dat niet voor op met zijn te aan door uw wij bij ook worden naar",
    "pt": "os das dos que uma para com não em por seu sua ao mais pelo pela você ou é nos",
}
_STOPWORDS = {tag: words.split() for tag, words in _SMALLWORDS.items()}


@dataclass(frozen=True)
class Side:
    """The features of a page, computed once for both neighbouring pairs.

    Attributes:
        whole: Its text.
        paper: Its width and height in points; 0 where the file has no paper.
    """

    whole: str
    paper: tuple[float, float] = (0.0, 0.0)
    look: Look = NO_LOOK

    @cached_property
    def lines(self) -> list[str]:
        """The lines with something on them."""
        text = self.whole
        if len(text) > 2 * READ_CHARS:
            text = f"{text[:READ_CHARS]}\n{text[-READ_CHARS:]}"
        return [line.strip()[:300] for line in text.splitlines() if line.strip()]

    @cached_property
    def numbers(self) -> list[Number]:
        """What may be its number."""
        return numbers_of(self.lines)

    @cached_property
    def body(self) -> list[str]:
        """The lines without those that only number the page."""
        numbered = {number.line for number in self.numbers if number.alone}
        edges = {0, len(self.lines) - 2, len(self.lines) - 1}
        numbered |= {at for at in edges if 0 <= at < len(self.lines) and _STAMP.fullmatch(self.lines[at])}
        return [line for at, line in enumerate(self.lines) if at not in numbered] or self.lines

    @cached_property
    def text(self) -> str:
        """The body as one text."""
        return "\n".join(self.body)

    @cached_property
    def _count(self) -> Counter[str]:
        return Counter(WORD.findall(self.text.lower()))

    @cached_property
    def words(self) -> frozenset[str]:
        """Its different words."""
        return frozenset(self._count)

    @cached_property
    def unread(self) -> bool:
        """Nothing that tells of what it is can be read: a picture, with a stamp or a number at most."""
        return self.look.unread and (not self.lines or len(self.words) < _FEWEST_WORDS)

    @cached_property
    def names(self) -> frozenset[str]:
        """Words that stand on it with a capital only: parties, places, defined terms."""
        capital = {word.lower() for word in _NAME.findall(self.text)}
        return frozenset(capital.difference(_SMALL.findall(self.text)))

    @cached_property
    def references(self) -> frozenset[str]:
        """What looks like a number of a case, a customer, an invoice, a date."""
        return frozenset(token for token in _TOKEN.findall(self.text) if _REFERENCE.search(token))

    @cached_property
    def masked(self) -> list[str]:
        """Its lines with their figures masked."""
        return [_FIGURES.sub("0", line.lower()) for line in self.body]

    @cached_property
    def language(self) -> str:
        """The language of most of its small words, or ``""``."""
        counts = {tag: sum(map(self._count.__getitem__, words)) for tag, words in _STOPWORDS.items()}
        best = max(counts, key=lambda tag: (counts[tag], tag), default="")
        return best if counts.get(best, 0) >= 5 else ""

    @cached_property
    def shares(self) -> tuple[float, float, float]:
        """Share of lines that end in an amount, length of a line, share of capitals."""
        count = max(1, len(self.body))
        capitals, letters = (sum(map(tells, self.text)) for tells in (str.isupper, str.isalpha))
        return (
            sum(bool(_AMOUNT.search(line[-20:])) for line in self.body) / count,
            sum(map(len, self.body)) / count / 100,
            capitals / max(1, letters),
        )

    @cached_property
    def sections(self) -> list[int]:
        """The numbers of the sections that begin on it."""
        return [int(found[1]) for line in self.body if (found := _SECTION.match(line))]

    @property
    def top(self) -> str:
        """Its first lines."""
        return "\n".join(self.body[: 3 * EDGE_LINES])

    @property
    def end(self) -> str:
        """Its last lines."""
        return "\n".join(self.body[-3 * EDGE_LINES :])


def sides(text: str, pages: Pages, looks: Sequence[Look]) -> list[Side]:
    """Take the pages of a file apart."""
    found = []
    for number in range(pages.first, pages.last + 1):
        start, end = pages.span(number, len(text))
        found.append(Side(text[start:end], pages.size(number), looks[number - pages.first]))
    return found
