"""What two pages that follow each other say of whether a document begins between them.

For each pair `FEATURES` numbers, and the feature strings of the words around the border: how the first page
ends and how the second begins; of the page behind them, whether the second goes on there. `transforms.part`
decides from them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from docassay.languages import language
from docassay.transforms.page_sides import EDGE_LINES, WORD, Side

_TOP_WORDS, _END_WORDS = 60, 40
# The model of page pairs has learnt from these languages: what is counted does not grow with others.
_SALUTATION = re.compile(
    "(?im)^[ \t]*(?:"
    + "|".join(one for code in ("en", "de", "fr", "es") for one in language(code).greetings)
    + "|hi |hello )"
)
_CLOSING = re.compile(
    r"(?im)^[ \t]*(?:(?:yours |best |kind |warm )?(?:sincerely|faithfully|regards)|thank you\b"
    r"|mit (?:\w+ ){0,2}gr(?:ü|ue)(?:ß|ss)en|(?:bien )?cordialement|veuillez agréer|atentamente)"
)
_SIGNATURE = re.compile(
    r"(?i)in witness whereof|_{8,}|\bsignature\b|\bby:\s|\bsigned\b|unterschrift|electronically signed|fait à"
)
_HEADER = re.compile(
    r"(?im)^[ \t]*(?:"
    + "|".join(
        word
        for code in ("en", "de", "fr")
        for words in language(code).mail_headers.values()
        for word in words
    )
    + r"):\s"
)
_ENDS = (".", "!", "?", ":", ";")
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
    "exhibit",
    "opening",
    "signature_before",
    "title_alike",
    "capitals_on_top",
    "names_alike",
    "names_of_first",
    "names_new",
    "next_is_two",
    "number_over",
    "next_words_alike",
    "next_names_alike",
    "next_lines_alike",
    "words_over",
    "names_over",
)
"""The names of the numbers, in their order."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds of all pairs of a file, and of the pages since the last likely beginning.

    Attributes:
        then: The page with text behind the pair.
    """

    pages: int
    most_lines: int
    any_bookmark: bool
    first: Side
    since_start: int
    blank_between: int
    then: Side | None = None


def features(before: Side, after: Side, around: Surroundings) -> list[float]:
    """Give the `FEATURES` of a pair."""
    number = _numbering(before, after)
    looks = before.look, after.look
    end_line = before.body[-1] if before.body else ""
    first_line = after.body[0] if after.body else ""
    first_letter = next((c for c in first_line if c.isalpha()), "")
    shares = [abs(a - b) for a, b in zip(before.shares, after.shares, strict=True)]
    edges = zip(before.masked[:EDGE_LINES], after.masked[:EDGE_LINES], strict=False)
    tops = [_alike(a, b) for a, b in edges]
    heads = zip(before.body, after.body, before.masked, after.masked, strict=False)
    same_top = [(a, b) for a, b, x, y in list(heads)[: 3 * EDGE_LINES] if x == y]
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
        sum(tops) / EDGE_LINES,
        float(sum(a != b for a, b in same_top)),
        _contained(before.masked[-EDGE_LINES:], after.masked[-EDGE_LINES:]),
        _contained(around.first.masked[:EDGE_LINES], after.masked[:EDGE_LINES]),
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
        float(_EXHIBIT.search(after.top[:_TOP_CHARS]) is not None),
        float(_OPENING.search(after.text[:_OPENING_CHARS]) is not None),
        float(_SIGNATURE.search(before.text) is not None),
        _alike(around.first.masked[0], after.masked[0]) if around.first.masked and after.masked else 0.0,
        float(sum(map(str.isupper, after.body[:EDGE_LINES]))),
        _jaccard(before.names, after.names),
        len(around.first.names & after.names) / max(1, len(around.first.names)),
        float(len(after.names - before.names - around.first.names)),
        *_then(before, after, around.then),
    ]


def _then(before: Side, after: Side, then: Side | None) -> list[float]:
    """Compare two pages with the one behind them: what begins a document goes on there."""
    if then is None:
        return [0.0, 0.0, -1.0, -1.0, -1.0, -1.0, -1.0]
    ones = not after.numbers or any(number.value == 1 for number in after.numbers)
    over = any(b.value == a.value + 2 and a.form == b.form for a in before.numbers for b in then.numbers)
    return [
        float(ones and any(number.value == 2 for number in then.numbers)),
        float(over),
        _jaccard(after.words, then.words),
        _jaccard(after.names, then.names),
        _contained(after.masked, then.masked),
        _jaccard(before.words, then.words),
        _jaccard(before.names, then.names),
    ]


_TOP_CHARS = 200
_ANNEX = re.compile(
    r"(?im)^[ \t]*(?:annexe?|appendix|schedule|attachment|addendum|enclosure|anlage|anhang|anexo"
    r"|ap[ée]ndice)\b"
    r"|^[ \t]*exhibit (?![\d.]*\d\.\d)[\w-]{1,4}\b"
)
_EXHIBIT = re.compile(r"(?im)^[ \t]*(?:exhibit|ex)[ .-]{1,3}\d{1,3}\.\d{1,3}\b")
_OPENING_CHARS = 1_500
_OPENING = re.compile(
    r"(?i)\b(?:made|entered)\b[^.]{0,60}\b(?:as of|into|between|this)\b|\bby and (?:between|among)\b"
    r"|\bzwischen\b[^.]{0,200}\bund\b|entre les soussign|in the matter of|\bv(?:s?\.|ersus)\s"
)
_DATE = re.compile(
    r"(?i)\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}\.? [a-zäéû]{3,9}\.? \d{4}\b"
    r"|\b[a-z]{3,9} \d{1,2}, \d{4}\b"
)


def strings(before: Side, after: Side) -> list[str]:
    """Give the words around a border as feature strings: how the first page ends, how the second begins."""
    top = WORD.findall(after.top.lower())[:_TOP_WORDS]
    end = WORD.findall(before.end.lower())[-_END_WORDS:]
    first = WORD.findall(after.body[0].lower())[:8] if after.body else []
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
