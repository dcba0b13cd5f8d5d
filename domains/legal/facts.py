"""What a contract states, by the readers of its checks."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span
from docassay.domains.legal.formation import effective_dates
from docassay.domains.patterns import compiled
from docassay.domains.values import Habits, read

_OTHER_DAY = compiled(r"(?i)\b(?:birth|born|naissance|née?\s+le|geboren|geburts\pL*|geb\.|disbursement)\b")
_BEFORE = 30
"""Characters before a day in which it is said to be that of something else."""


def effective_date(view: RuleInput) -> Iterator[Span]:
    """Find the day from which a contract binds: the first that is one; the opening comes before the rest."""
    habits = Habits(view.text, "")
    for start, end in effective_dates(view):
        if _OTHER_DAY.search(view.text[max(0, start - _BEFORE) : end]):
            continue
        if read("date", view.text[start:end], habits).normalised:
            yield start, end
            return
