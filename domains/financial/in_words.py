"""Compare a sum in words with the figures of an invoice."""

from __future__ import annotations

import re
from collections.abc import Iterable

from docassay.domains import RuleInput, Span
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.numerals import read as number_in_words
from docassay.domains.typography import plain

_IN_WORDS = re.compile(
    r"(?i)\b(?:(?:amount|total|sum)[^\n]{0,20} in words|in words|in worten|betrag in worten"
    r"|(?:somme|montant)[^\n]{0,20} (?:en|de) (?:toutes )?lettres|en toutes lettres|à la somme de)\b"
    r"[ \t:.()]{0,6}\n?"
)
_WORDS_END = re.compile(
    r"(?i)\b(?:euros?|eur|dollars?|pounds?|francs?|franken|usd|gbp|chf|only)\b|\n[^\n]*\n|$"
)
_CURRENCY_FIRST = re.compile(r"(?i)^(?:euros?|eur|us dollars?|dollars?|pounds?|francs?|usd|gbp|chf)[ \t:]+")
_MOST_WORDS_CHARS = 200


def words_and_figures_differ(view: RuleInput) -> Iterable[Span]:
    """Find sums in words that stand nowhere in figures, where the words are read for certain."""
    text = plain(view.text)
    has_totals = any(total.role != "other" for total in read_invoice(view.text).totals)
    for match in _IN_WORDS.finditer(text):
        start = match.end()
        written = text[start : start + _MOST_WORDS_CHARS]
        if first := _CURRENCY_FIRST.match(written):
            start += first.end()
        written = text[start : start + _MOST_WORDS_CHARS]
        end = _WORDS_END.search(written)
        words = written[: end.start() if end else 0].rstrip(" ,-\n")
        number = number_in_words(" ".join(words.split()))
        digits = r"[.,' ]?".join(str(number))  # 1319, 1,319.00 or 1 319,00, known as a total or not
        if number and has_totals and not re.search(rf"(?<![\d.,]){digits}(?!\d)", text):
            yield start, start + len(words)
