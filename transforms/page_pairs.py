"""What two pages that follow each other say of whether a document begins between them.

For each pair `FEATURES` numbers, and the feature strings of the words around the border: how the first page
ends and how the second begins. `transforms.part` decides from them. Of a page only its first and last
`READ_CHARS` characters are read, so a long one costs no more than a full page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from docassay.schemas.pages import Pages
from docassay.transforms.formats import Look
from docassay.transforms.page_numbers import Number, numbers_of

READ_CHARS = 4_000
NO_LOOK = Look()
_EDGE_LINES = 4
_TOP_WORDS, _END_WORDS = 60, 40
_WORD = re.compile(r"[^\W\d_]{2,30}")
_FIGURES = re.compile(r"\d+")
_TOKEN = re.compile(r"\b[\w/-]{5,24}\b")
_REFERENCE = re.compile(r"\d\D?\d")
_AMOUNT = re.compile(r"\d[.,]\d{2}\b\D{0,6}$")
_SECTION = re.compile(
    r"^\s*(?:section|article|artikel|§)?\s*(\d{1,3})(?:\.\d{1,2})*[.):]?\s+\S", re.IGNORECASE
)
_STAMP = re.compile(r"[A-Z][A-Z-]{1,9}[ _-]?\d{4,9}")
"""The number of a page in a file that was disclosed, stamped on all of its pages (Bates numbering)."""
_SALUTATION = re.compile(
    r"(?im)^[ \t]*(?:dear |to whom|ladies and gentlemen|sehr (?:geehrte|verehrte)|(?:werte|liebe)[rs]? "
    r"|cher |chère |madame|monsieur|estimad[oa]|hi |hello )"
)
_CLOSING = re.compile(
    r"(?im)^[ \t]*(?:(?:yours |best |kind |warm )?(?:sincerely|faithfully|regards)|thank you\b"
    r"|mit (?:\w+ ){0,2}gr(?:ü|ue)(?:ß|ss)en|(?:bien )?cordialement|veuillez agréer|atentamente)"
)
_SIGNATURE = re.compile(
    r"(?i)in witness whereof|_{8,}|\bsignature\b|\bby:\s|\bsigned\b|unterschrift|electronically signed|fait à"
)
_HEADER = re.compile(
    r"(?im)^[ \t]*(?:from|to|cc|date|sent|subject|von|an|gesendet|betreff|datum|de|à|objet|envoyé):\s"
)
_ENDS = (".", "!", "?", ":", ";")
_SMALL_WORDS = {
    "en": "the of and to in is for with that be this or by are on shall any as not you your",
    "de": "der die und das den von zu mit ist im auf des für dem ein eine nicht wird sie bei werden",
    "fr": "le la les des et du une dans pour est que par sur au avec vous ou qui votre pas ce",
    "es": "el los las del que por con una para se su al como más paciente no fue sin y sus",
    "it": "il di che per con del della una sono nel alla dei non le più gli è da al suo",
    "nl": "de het een van en dat niet voor op met zijn te aan door uw wij bij ook worden naar",
    "pt": "os das dos que uma para com não em por seu sua ao mais pelo pela você ou é nos",
}
_STOP_WORDS = {tag: words.split() for tag, words in _SMALL_WORDS.items()}

FEATURES = (
    "pages",
    "since_start",
    "blank_between",
    "continues_number",
    "continues_total",
    "is_one",
    "is_one_of",
    "before_is_last",
    "number_after",
    "number_before",
    "restarts",
    "other_total",
    "lost_number",
    "gained_number",
    "same_paper",
    "same_typeface",
    "same_size",
    "bookmark",
    "any_bookmark",
    "words_alike",
    "references_alike",
    "references_new",
    "lines_alike",
    "top_alike",
    "top_figures_differ",
    "bottom_alike",
    "top_as_first",
    "whole_as_first",
    "ends_sentence",
    "ends_open",
    "ends_hyphen",
    "begins_lower",
    "begins_upper_line",
    "begins_short",
    "first_words",
    "filled",
    "filled_after",
    "chars_before",
    "chars_after",
    "salutation",
    "salutation_before",
    "closing",
    "closing_after",
    "signature",
    "signature_after",
    "mail_after",
    "mail_before",
    "section_continues",
    "section_restarts",
    "other_language",
    "amounts_differ",
    "length_differs",
    "capitals_differ",
    "date_after",
    "date_before",
    "annex",
)
"""The names of the numbers, in their order."""


@dataclass(frozen=True)
class Side:
    """A page with what is looked at, found out once for the pairs on both of its sides.

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
        numbered |= {at for at in edges if at >= 0 and _STAMP.fullmatch(self.lines[at])}
        return [line for at, line in enumerate(self.lines) if at not in numbered] or self.lines

    @cached_property
    def text(self) -> str:
        """The body as one text."""
        return "\n".join(self.body)

    @cached_property
    def _count(self) -> Counter[str]:
        return Counter(_WORD.findall(self.text.lower()))

    @cached_property
    def words(self) -> frozenset[str]:
        """Its different words."""
        return frozenset(self._count)

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
        counts = {tag: sum(map(self._count.__getitem__, words)) for tag, words in _STOP_WORDS.items()}
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
        return "\n".join(self.body[: 3 * _EDGE_LINES])

    @property
    def end(self) -> str:
        """Its last lines."""
        return "\n".join(self.body[-3 * _EDGE_LINES :])


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds of all pairs of a file, and of the pages since the last likely beginning."""

    pages: int
    most_lines: int
    any_bookmark: bool
    first: Side
    since_start: int
    blank_between: int


def features(before: Side, after: Side, around: Surroundings) -> list[float]:
    """Give the `FEATURES` of a pair."""
    number = _numbering(before, after)
    looks = before.look, after.look
    end_line = before.body[-1] if before.body else ""
    first_line = after.body[0] if after.body else ""
    first_letter = next((c for c in first_line if c.isalpha()), "")
    shares = [abs(a - b) for a, b in zip(before.shares, after.shares, strict=True)]
    edges = zip(before.masked[:_EDGE_LINES], after.masked[:_EDGE_LINES], strict=False)
    tops = [_alike(a, b) for a, b in edges]
    heads = zip(before.body, after.body, before.masked, after.masked, strict=False)
    same_top = [(a, b) for a, b, x, y in list(heads)[: 3 * _EDGE_LINES] if x == y]
    new_sections, old_sections = after.sections, before.sections
    return [
        min(around.pages, 60),
        min(around.since_start, 30),
        around.blank_between,
        *number,
        _same(before.paper[0], after.paper[0], 2) * _same(before.paper[1], after.paper[1], 2),
        float(looks[0].typeface == looks[1].typeface),
        _same(looks[0].size, looks[1].size, 0.11),
        float(after.look.bookmark),
        float(around.any_bookmark),
        _jaccard(before.words, after.words),
        _jaccard(before.references, after.references),
        float(len(after.references - before.references)),
        _contained(before.masked, after.masked),
        sum(tops) / _EDGE_LINES,
        float(sum(a != b for a, b in same_top)),
        _contained(before.masked[-_EDGE_LINES:], after.masked[-_EDGE_LINES:]),
        _contained(around.first.masked[:_EDGE_LINES], after.masked[:_EDGE_LINES]),
        _contained(around.first.masked, after.masked),
        float(end_line.endswith(_ENDS[:3])),
        float(bool(end_line) and (end_line[-1].islower() or end_line[-1] == ",")),
        float(end_line.endswith("-")),
        float(first_letter.islower()),
        float(len(first_line) > 3 and first_line.isupper()),
        float(len(first_line) < 45),
        float(len(first_line.split())),
        len(before.lines) / max(1, around.most_lines),
        len(after.lines) / max(1, around.most_lines),
        min(len(before.whole), 8_000) / 1_000,
        min(len(after.whole), 8_000) / 1_000,
        float(_SALUTATION.search(after.top) is not None),
        float(_SALUTATION.search(before.text) is not None),
        float(_CLOSING.search(before.end) is not None),
        float(_CLOSING.search(after.end) is not None),
        float(_SIGNATURE.search(before.end) is not None),
        float(_SIGNATURE.search(after.text) is not None),
        float(len(_HEADER.findall(after.top))),
        float(len(_HEADER.findall(before.top))),
        float(bool(old_sections and new_sections) and 0 <= new_sections[0] - old_sections[-1] <= 1),
        float(bool(old_sections and new_sections) and new_sections[0] < old_sections[-1]),
        float(bool(before.language and after.language) and before.language != after.language),
        *shares,
        float(_DATE.search(after.top) is not None),
        float(_DATE.search(before.top) is not None),
        float(_ANNEX.search(after.top[:_TOP_CHARS]) is not None),
    ]


_TOP_CHARS = 200
_ANNEX = re.compile(
    r"(?im)^[ \t]*(?:annexe?|appendix|schedule|attachment|addendum|enclosure|anlage|anhang|anexo"
    r"|ap[ée]ndice)\b"
    r"|^[ \t]*exhibit (?![\d.]*\d\.\d)[\w-]{1,4}\b"
)
_DATE = re.compile(
    r"(?i)\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}\.? [a-zäéû]{3,9}\.? \d{4}\b"
    r"|\b[a-z]{3,9} \d{1,2}, \d{4}\b"
)


def strings(before: Side, after: Side) -> list[str]:
    """Give the words around a border as feature strings: how the first page ends, how the second begins."""
    top = _WORD.findall(after.top.lower())[:_TOP_WORDS]
    end = _WORD.findall(before.end.lower())[-_END_WORDS:]
    first = _WORD.findall(after.body[0].lower())[:8] if after.body else []
    found = [f"top {word}" for word in top] + [f"end {word}" for word in end]
    found += [f"first {word}" for word in first] + [f"last {word}" for word in end[-3:]]
    found += [f"pair {a} {b}" for a, b in pairwise(top[:20])]
    found += [f"line {line[:40]}" for line in after.masked[:2]]
    return list(dict.fromkeys(found))


def _numbering(before: Side, after: Side) -> list[float]:
    """Compare the numbers of two pages; of several that a page may have, those that fit best."""
    old, new = before.numbers, after.numbers
    goes_on = [(a, b) for a in old for b in new if b.value == a.value + 1 and a.form == b.form]
    totals = [b for a, b in goes_on if a.total == b.total and b.total is not None]
    ones = [b for b in new if b.value == 1]
    last = [a for a in old if a.total is not None and a.value == a.total]
    return [
        float(bool(goes_on)),
        float(bool(totals)),
        float(bool(ones)),
        float(any(b.total is not None for b in ones)),
        float(bool(last)),
        float(min((b.value for b in new), default=-1)),
        float(min((a.value for a in old), default=-1)),
        float(any(b.value <= a.value and a.form == b.form for a in old for b in new) and not goes_on),
        float(any(a.total != b.total and a.form == b.form for a in old for b in new) and not totals),
        float(bool(old) and not new),
        float(bool(new) and not old),
    ]


def _same(one: float, other: float, within: float) -> float:
    return float(abs(one - other) <= within)


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))


def _contained(lines: Sequence[str], others: Sequence[str]) -> float:
    """Give the share of lines that stand among others, too."""
    known = set(others)
    return sum(line in known for line in lines) / max(1, len(lines))


def _alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    a, b = set(one.split()), set(other.split())
    return len(a & b) / max(1, len(a | b))


def sides(text: str, pages: Pages, looks: Sequence[Look]) -> list[Side]:
    """Take the pages of a file apart."""
    found = []
    for number in range(pages.first, pages.last + 1):
        start, end = pages.span(number, len(text))
        found.append(Side(text[start:end], pages.size(number), looks[number - pages.first]))
    return found
