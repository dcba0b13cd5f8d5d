"""Read sums in words, in English, German and French, and compare them with the figures."""

from __future__ import annotations

import re
from collections.abc import Iterable

from docassay.domains import RuleInput, Span
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.numerals import read
from docassay.domains.typography import plain

_LABEL = re.compile(
    r"(?i)\b(?:(?:amount|total|sum)[^\n]{0,20} in words|in words|in worten|betrag in worten"
    r"|(?:somme|montant)[^\n]{0,20} (?:en|de) (?:toutes )?lettres|en toutes lettres|à la somme de)\b"
    r"[ \t:.()]{0,6}\n?"
)
_UNTIL = re.compile(r"(?i)\b(?:euros?|eur|dollars?|pounds?|francs?|franken|usd|gbp|chf|only)\b|\n[^\n]*\n|$")
_CURRENCY_FIRST = re.compile(r"(?i)^(?:euros?|eur|us dollars?|dollars?|pounds?|francs?|usd|gbp|chf)[ \t:]+")
_MOST_CHARS = 200


def words_and_figures_differ(view: RuleInput) -> Iterable[Span]:
    """Find sums in words that are none of the totals in figures, where the words are read for certain."""
    text = plain(view.text)
    totals = {abs(total.amount.value) for total in read_invoice(view.text).totals if total.role != "other"}
    for match in _LABEL.finditer(text):
        start = match.end()
        written = text[start : start + _MOST_CHARS]
        first = _CURRENCY_FIRST.match(written)
        start += first.end() if first else 0
        written = text[start : start + _MOST_CHARS]
        end = _UNTIL.search(written)
        words = written[: end.start() if end else 0].rstrip(" ,-\n")
        number = read(" ".join(words.split()))
        if number and totals and not any(total // 1 == number for total in totals):
            yield start, start + len(words)
