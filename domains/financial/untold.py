"""Tell a bill, of which no document type was told, by its title and by what it states."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from docassay.domains import RuleInput, Span
from docassay.domains.financial.titles import NAMES_BILL, head_of


def bill(view: RuleInput) -> Iterator[Span]:
    """Find what a bill is called in the head of a text with two of its number, its date and its total."""
    named = NAMES_BILL.search(head_of(view))
    if not named:
        return
    from docassay.domains.financial import facts, further_totals, titled  # as most heads name no bill

    numbers = chain(facts.number(view), titled.number(view))
    known = sum(map(_states, (numbers, chain(facts.issue_date(view), titled.issue_date(view)))))
    # The total costs most to find, so it is sought last, and only where it decides.
    if known == 2 or (known == 1 and _states(chain(facts.gross(view), further_totals.gross(view)))):
        yield named.span()


def _states(found: Iterator[object]) -> bool:
    return next(found, None) is not None
