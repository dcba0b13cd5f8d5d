"""Read cash deposits that stay just below the sum that has to be reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from docassay.domains import RuleInput, Span
from docassay.domains.financial.figures import money, notation_of, read_line
from docassay.domains.patterns import compiled

THRESHOLD = Decimal(10_000)
"""Currency transactions above it are reported (31 CFR 1010.311)."""

NEAR_THRESHOLD = Decimal(9_000)

_CASH_DEPOSIT = compiled(
    r"(?i)\b(?:cash|currency|counter|branch|ATM)\b.{0,40}\bdep(?:osits?|\.)?\b|\bdeposit(?:s|"
    r"ed)?\b.{0,40}\b(?:cash|currency|counter)\b|\bBareinzahlung\b|\bEinzahlung bar\b|"
    r"\b(?:versement|dépôt|remise) (?:d.)?esp[èe]ces\b"
)
_STRUCTURED = compiled(
    r"(?i)\b(?:split|break (?:it |them )?up|keep (?:it|each|every|them|all)|"
    r"stay)\b[^.\n]{0,60}\b(?:under|below)\b[^.\n]{0,12}(?:\$\s?)?\b10(?:,000|\.000|k)\b|"
    r"\b(?:aufteilen|aufgeteilt|gestückelt|bleib\w*)\b[^.\n]{0,60}\bunter\b[^.\n]{0,12}\b10[. ]?000\b|"
    r"\bunter (?:den )?10[. ]?000\b[^.\n]{0,40}\b(?:bleib\w+|halten|aufteilen)\b|"
    r"\b(?:fractionn\w+|rest\w+|répart\w+)[^.\n]{0,60}\b(?:sous|en dessous de|inférieure?s? à)\b[^.\n]{0,12}"
    r"\b10[. \x{a0}\x{202f}]?000\b"
)


def structured_deposits(view: RuleInput) -> Iterable[Span]:
    """Find cash deposits of 9,000 to 9,999.99, three or more, in an account with none above the threshold."""
    amounts = list(_deposits(view.text))
    near = [span for amount, span in amounts if NEAR_THRESHOLD <= amount < THRESHOLD]
    if len(near) >= 3 and not any(amount > THRESHOLD for amount, _ in amounts):
        yield from near
    for match in _STRUCTURED.finditer(view.text):
        yield match.span()


def _deposits(text: str) -> Iterator[tuple[Decimal, Span]]:
    if not _CASH_DEPOSIT.search(text):
        return
    notation = notation_of(text)
    position = 0
    for line in text.splitlines(keepends=True):
        if len(line) < 300 and _CASH_DEPOSIT.search(line):
            # The balance stands behind the amount, so the first figure of 1,000 or more is the amount.
            figures = money(read_line(line, position, notation)[0])
            first = next((figure for figure in figures if figure.value >= 1_000), None)
            if first:
                yield first.value, (first.start, first.end)
        position += len(line)
