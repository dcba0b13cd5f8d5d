"""What a contract states, by the readers of its checks."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span
from docassay.domains.legal.formation import effective_dates
from docassay.domains.values import Habits, read


def effective_date(view: RuleInput) -> Iterator[Span]:
    """Find the day from which a contract binds: the first that is one; the opening comes before the rest."""
    habits = Habits(view.text, "")
    for start, end in effective_dates(view):
        if read("date", view.text[start:end], habits).normalised:
            yield start, end
            return
