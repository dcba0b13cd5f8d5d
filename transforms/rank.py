"""Rank: choose the value of a field among candidates, by a ranker that people have trained for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from docassay.domains import RuleInput
from docassay.domains.facts import FactField, Found
from docassay.domains.financial.figures import shortest_decimal
from docassay.domains.values import DECIMALS as NUMBERS
from docassay.domains.values import LONGEST, Habits, Value, read
from docassay.models.ranker import DECIMALS, Placed, features
from docassay.schemas.facts import Fact, FactType

MOST = 1_000
"""Candidates of a field that are looked at in a document."""

EVERY = 50
"""Candidates between two looks at the clock."""

Tick = Callable[[], None]
"""Is called now and then; raises where too much time has passed."""


class Candidate(NamedTuple):
    """A candidate whose words can be read as the field's type; `key` is equal for equal values."""

    start: int
    end: int
    key: str
    value: Value


class Choice(NamedTuple):
    """A value that a document may state of a field: its likeliest place, and its calibrated probability."""

    candidate: Candidate
    probability: float


def key_of(of_type: FactType, normalised: str) -> str:
    """Reduce a value to what makes it the same: of an amount its number, of words these, without case.

    >>> key_of("amount", "9.00") == key_of("amount", "9.0"), key_of("name", "ACME, Inc.")
    (True, 'acme inc')
    """
    if of_type in NUMBERS:
        return shortest_decimal(Decimal(normalised))
    if of_type in ("name", "text", "jurisdiction", "identifier"):
        return " ".join(re.findall(r"\w+", normalised.casefold())) or normalised
    return normalised


def candidates_of(
    field: FactField, view: RuleInput, habits: Habits, tick: Tick = lambda: None
) -> list[Candidate]:
    """Find the candidates of a field, each place once, in the order of their places."""
    assert field.ranked
    found: dict[tuple[int, int], Candidate] = {}
    for number, item in enumerate(islice(field.ranked.find(view), MOST)):
        if number % EVERY == 0:
            tick()
        one = Found(*item)
        written = view.text[one.start : one.end]
        value = read(field.type, written, habits)
        start, end = one.start + value.start, one.start + value.end
        if value.normalised and end - start <= LONGEST and (start, end) not in found:
            found[start, end] = Candidate(start, end, key_of(field.type, value.normalised), value)
    return sorted(found.values())


def buckets_of(view: RuleInput, candidates: list[Candidate], tick: Tick = lambda: None) -> list[list[int]]:
    """Give the buckets of each candidate; see `models.ranker.features`."""
    headings = [(segment.start_char, " ".join(segment.heading)[-200:]) for segment in view.segments]
    placed = [Placed(one.start, one.end, one.key) for one in candidates]
    rows = []
    for number, row in enumerate(features(view.text, placed, headings)):
        if number % EVERY == 0:
            tick()
        rows.append(row)
    return rows


def by_value(candidates: list[Candidate], probabilities: list[float], together: bool) -> list[Choice]:
    """Join candidates of one value, the most probable value first; the first of equal ones stays first.

    Args:
        candidates: In the order of their places.
        probabilities: Of each.
        together: They exclude each other, so that those of one value add up; else the largest counts.
    """
    best: dict[str, Choice] = {}
    total: dict[str, float] = {}
    for one, probability in zip(candidates, probabilities, strict=True):
        if one.key not in best or probability > best[one.key].probability:
            best[one.key] = Choice(one, probability)
        before = total.get(one.key, 0.0)
        total[one.key] = before + probability if together else max(before, probability)
    choices = [Choice(one.candidate, round(min(1.0, total[key]), DECIMALS)) for key, one in best.items()]
    return sorted(choices, key=lambda one: -one.probability)


def chosen(choices: list[Choice], most: int, together: bool) -> list[Choice]:
    """Keep the values that are given: at most so many, and each likelier than that there is none."""
    if together:
        absent = 1 - sum(one.probability for one in choices)
        return [one for one in choices[:1] if one.probability > absent]
    return sorted(one for one in choices[:most] if one.probability >= 0.5)


def ranked(base: Fact, field: FactField, view: RuleInput, habits: Habits, tick: Tick) -> Iterator[Fact]:
    """Give the values that a field's ranker chooses, as facts.

    Args:
        base: A fact of the field without value and place.
        field: The field.
        view: The document.
        habits: How it writes.
        tick: Looks at the clock.

    Raises:
        ModelError: The field has no ranker that can be used.
        OutOfTime: As `tick` raises it.
    """
    assert field.ranked
    ranker = field.ranked.ranker()
    candidates = candidates_of(field, view, habits, tick)
    together = field.most == 1
    probabilities = ranker.probabilities(buckets_of(view, candidates, tick))
    for one, probability in chosen(by_value(candidates, probabilities, together), field.most, together):
        yield replace(
            base,
            value=view.text[one.start : one.end],
            normalised=one.value.normalised,
            alternative=one.value.alternative,
            currency=habits.currency_at(one.start, one.end) if field.type == "amount" else None,
            start_char=one.start,
            end_char=one.end,
            source="model",
            probability=probability,
            abstained=probability < ranker.task.least(field.name) or not one.value.sure,
            decided_by=f"model {ranker.model}",
        )
