"""What two pages that follow each other say of whether a document begins between them.

For each pair `FEATURES` numbers, and the feature strings of the words around the border: how the first page
ends and how the second begins; of the page behind them, whether the second goes on there. `parts.part`
decides from them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from docassay.languages import language
from docassay.transforms.parts.sides import EDGE_LINES, WORD, Side

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
_ENDS = (".", "!", "?")
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
    return [float(number) for number in _features(before, after, around).values()]


def _features(before: Side, after: Side, around: Surroundings) -> dict[str, float]:
    looks = before.look, after.look
    end_line = before.body[-1] if before.body else ""
    first_line = after.body[0] if after.body else ""
    first_letter = next((c for c in first_line if c.isalpha()), "")
    edges = zip(before.masked[:EDGE_LINES], after.masked[:EDGE_LINES], strict=False)
    tops = [_alike(a, b) for a, b in edges]
    heads = zip(before.body, after.body, before.masked, after.masked, strict=False)
    same_top = [(a, b) for a, b, x, y in list(heads)[: 3 * EDGE_LINES] if x == y]
    sections = [new - old for old, new in zip(before.sections[-1:], after.sections[:1], strict=False)]
    return {
        "pages": min(around.pages, 60),
        "since_start": min(around.since_start, 30),
        "blank_between": around.blank_between,
        **_numbering(before, after),
        "same_paper": _same(before.paper[0], after.paper[0], 2) * _same(before.paper[1], after.paper[1], 2),
        "same_typeface": looks[0].typeface == looks[1].typeface,
        "same_size": _same(looks[0].size, looks[1].size, 0.11),
        "bookmark": after.look.bookmark,
        "any_bookmark": around.any_bookmark,
        "words_alike": _jaccard(before.words, after.words),
        "references_alike": _jaccard(before.references, after.references),
        "references_new": len(after.references - before.references),
        "lines_alike": _contained(before.masked, after.masked),
        "top_alike": sum(tops) / EDGE_LINES,
        "top_figures_differ": sum(a != b for a, b in same_top),
        "bottom_alike": _contained(before.masked[-EDGE_LINES:], after.masked[-EDGE_LINES:]),
        "top_as_first": _contained(around.first.masked[:EDGE_LINES], after.masked[:EDGE_LINES]),
        "whole_as_first": _contained(around.first.masked, after.masked),
        "ends_sentence": end_line.endswith(_ENDS),
        "ends_open": bool(end_line) and (end_line[-1].islower() or end_line[-1] == ","),
        "ends_hyphen": end_line.endswith("-"),
        "begins_lower": first_letter.islower(),
        "begins_upper_line": len(first_line) > 3 and first_line.isupper(),
        "begins_short": len(first_line) < 45,
        "first_words": len(first_line.split()),
        "filled": len(before.lines) / max(1, around.most_lines),
        "filled_after": len(after.lines) / max(1, around.most_lines),
        "chars_before": min(len(before.whole), 8_000) / 1_000,
        "chars_after": min(len(after.whole), 8_000) / 1_000,
        "salutation": _SALUTATION.search(after.top) is not None,
        "salutation_before": _SALUTATION.search(before.text) is not None,
        "closing": _CLOSING.search(before.end) is not None,
        "closing_after": _CLOSING.search(after.end) is not None,
        "signature": _SIGNATURE.search(before.end) is not None,
        "signature_after": _SIGNATURE.search(after.text) is not None,
        "mail_after": len(_HEADER.findall(after.top)),
        "mail_before": len(_HEADER.findall(before.top)),
        "section_continues": any(0 <= step <= 1 for step in sections),
        "section_restarts": any(step < 0 for step in sections),
        "other_language": bool(before.language and after.language) and before.language != after.language,
        "amounts_differ": abs(before.shares[0] - after.shares[0]),
        "length_differs": abs(before.shares[1] - after.shares[1]),
        "capitals_differ": abs(before.shares[2] - after.shares[2]),
        "date_after": _DATE.search(after.top) is not None,
        "date_before": _DATE.search(before.top) is not None,
        "annex": _ANNEX.search(after.top[:_TOP_CHARS]) is not None,
        "exhibit": _EXHIBIT.search(after.top[:_TOP_CHARS]) is not None,
        "opening": is_opening(after),
        "signature_before": _SIGNATURE.search(before.text) is not None,
        "title_alike": _alike(around.first.masked[0], after.masked[0])
        if around.first.masked and after.masked
        else 0.0,
        "capitals_on_top": sum(map(str.isupper, after.body[:EDGE_LINES])),
        "names_alike": _jaccard(before.names, after.names),
        "names_of_first": len(around.first.names & after.names) / max(1, len(around.first.names)),
        "names_new": len(after.names - before.names - around.first.names),
        **_then(before, after, around.then),
    }


def _then(before: Side, after: Side, then: Side | None) -> dict[str, float]:
    """Compare two pages with the one behind them: what begins a document goes on there."""
    numbers = then.numbers if then else []
    ones = not after.numbers or any(number.value == 1 for number in after.numbers)
    return {
        "next_is_two": ones and any(number.value == 2 for number in numbers),
        "number_over": any(
            b.value == a.value + 2 and a.form == b.form for a in before.numbers for b in numbers
        ),
        "next_words_alike": _jaccard(after.words, then.words) if then else -1.0,
        "next_names_alike": _jaccard(after.names, then.names) if then else -1.0,
        "next_lines_alike": _contained(after.masked, then.masked) if then else -1.0,
        "words_over": _jaccard(before.words, then.words) if then else -1.0,
        "names_over": _jaccard(before.names, then.names) if then else -1.0,
    }


def is_message(page: Side) -> bool:
    """Tell whether a page begins as a mail or a letter does."""
    headers = (match.group().strip().lower() for match in _HEADER.finditer(page.top))
    # Contracts are dated, too.
    return any(not name.startswith("dat") for name in headers) or _SALUTATION.search(page.top) is not None


def is_opening(page: Side) -> bool:
    """Tell whether a page begins as a contract or a judgment does, with its parties."""
    return _OPENING.search(page.text[:_OPENING_CHARS]) is not None


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


def _numbering(before: Side, after: Side) -> dict[str, float]:
    """Compare the numbers of two pages; of several that a page may have, those that fit best."""
    old, new = before.numbers, after.numbers
    goes_on = [(a, b) for a in old for b in new if b.value == a.value + 1 and a.form == b.form]
    totals = [b for a, b in goes_on if a.total == b.total and b.total is not None]
    ones = [b for b in new if b.value == 1]
    last = [a for a in old if a.total is not None and a.value == a.total]
    return {
        "continues_number": bool(goes_on),
        "continues_total": bool(totals),
        "is_one": bool(ones),
        "is_one_of": any(b.total is not None for b in ones),
        "before_is_last": bool(last),
        "number_after": min((b.value for b in new), default=-1),
        "number_before": min((a.value for a in old), default=-1),
        "restarts": any(b.value <= a.value and a.form == b.form for a in old for b in new) and not goes_on,
        "other_total": any(a.total != b.total and a.form == b.form for a in old for b in new) and not totals,
        "lost_number": bool(old) and not new,
        "gained_number": bool(new) and not old,
    }


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


_EMPTY = Side("")
FEATURES = tuple(_features(_EMPTY, _EMPTY, Surroundings(0, 0, False, _EMPTY, 0, 0)))
"""The names of the numbers, in their order."""
