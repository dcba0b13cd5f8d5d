"""Outcomes: whether the facts of a document are what a rule expects.

A claim holds, is contradicted, or neither: a fact is missing or not sure, two ways to read one disagree about
the answer, or currencies differ. That nothing more was found contradicts nothing: a third party may be there,
unread. Only what is sure decides; `Outcome.holds` is None where nothing does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from math import prod
from typing import TypeVar

from docassay.domains.claims import Claim, Expectation, Sum, Term, named
from docassay.domains.measures import (
    SAME_AS,
    Days,
    Measure,
    Number,
    added,
    apart,
    country_of,
    is_same,
    measure,
)
from docassay.domains.rules import Compared, Matcher, RuleInput, Span, occurs
from docassay.schemas.facts import Fact
from docassay.schemas.rows import Verdict

T = TypeVar("T")

MOST_WAYS = 1_000
"""Ways to choose among the values of fields, and to read them, that are tried; with more, nobody knows."""

_LEAST_CHARS = 4
"""Characters of a value that is sought in a text."""

_MOST_PLACES = 20
_SHOWN = 5
_SHOWN_CHARS = 60
_PHRASES = {
    "<": "less than", "<=": "at most", ">": "more than", ">=": "at least", "==": "", "!=": "other than",
    "in": "one of", "not in": "none of", "holds": "among them", "lacks": "not among them",
}  # fmt: skip
_OF_DAYS = {"<": "before", "<=": "no later than", ">": "after", ">=": "no earlier than"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a claim, or of several.

    Attributes:
        holds: Whether it does; None where nobody knows.
        claims: Those that decided, each with what came of it.
        facts: The facts that decided.
        missing: The fields that it names and of which there is no fact.
    """

    holds: bool | None
    claims: tuple[Claim, ...]
    facts: tuple[Fact, ...] = ()
    missing: tuple[str, ...] = ()


def weigh(expectation: Expectation, facts: Iterable[Fact]) -> Outcome:
    """Hold facts against an expectation.

    Of a field that the data of a file state, what the text says is left out, unless those cannot be read.
    """
    of: dict[str, list[Fact]] = {name: [] for name in named(expectation)}
    for fact in facts:
        if fact.name in of:
            of[fact.name].append(fact)
    stated = {
        name: [fact for fact in found if fact.source == "stated" and not fact.abstained]
        for name, found in of.items()
    }
    return _weigh(expectation, {name: stated[name] or found for name, found in of.items()})


def _weigh(expectation: Expectation, facts: Mapping[str, Sequence[Fact]]) -> Outcome:
    if isinstance(expectation, Claim):
        return _claim(expectation, facts)
    outcomes = [_weigh(part, facts) for part in expectation.parts]
    told = {outcome.holds for outcome in outcomes}
    every = expectation.every
    holds = (not every) if (not every) in told else None if None in told else every
    deciding = [outcome for outcome in outcomes if outcome.holds is holds]
    if holds and not every:
        deciding = deciding[:1]
    return Outcome(
        holds,
        tuple(claim for one in deciding for claim in one.claims),
        _each(fact for one in deciding for fact in one.facts),
        _each(name for one in deciding for name in one.missing),
    )


def _claim(claim: Claim, facts: Mapping[str, Sequence[Fact]]) -> Outcome:
    names = named(claim)
    found = tuple(fact for name in names for fact in facts[name])
    whole = {term.field: term for side in (claim.left, *claim.right) for term in side if term.is_whole}
    missing = tuple(name for name in names if not facts[name])
    holds: bool | None
    if claim.operator in ("known", "not known"):
        sure = tuple(filter(_is_sure, found))
        holds = bool(sure) or (None if found else False)
        found = sure or found
        # What was not found may be there, unread.
        holds = (holds or None) if claim.operator == "known" else _not(holds)
    elif claim.operator in ("holds", "lacks"):
        holds, found = _among(claim, found)
    elif all(name in whole and not whole[name].counts for name in missing):
        holds, found = _compared(claim, facts, whole)
    else:
        holds = None
    return Outcome(holds, (claim,), found, () if holds is not None else missing)


def _among(claim: Claim, found: tuple[Fact, ...]) -> tuple[bool | None, tuple[Fact, ...]]:
    """Tell whether a literal is one of the values of a field."""
    literal = claim.right[0][0].literal
    assert literal is not None
    told = [_agreed(is_same(one, literal) for one in _readings(fact)) for fact in found]
    if True in told:
        return claim.operator == "holds", (found[told.index(True)],)
    is_none = bool(found) and None not in told
    return (True if is_none and claim.operator == "lacks" else None), found


def _compared(
    claim: Claim, facts: Mapping[str, Sequence[Fact]], whole: Mapping[str, Term]
) -> tuple[bool | None, tuple[Fact, ...]]:
    """Compare what is claimed, for each way to choose one value of each field: all must hold.

    Args:
        claim: What is claimed.
        facts: By their fields.
        whole: The fields whose values are counted or added up.
    """
    names = named(claim)
    terms = [term for side in (claim.left, *claim.right) for term in side]
    ways = {term.field: _countries if term.country else _readings for term in terms}
    read = {name: [(fact, ways[name](fact)) for fact in facts[name]] for name in names if name not in whole}
    for name, pairs in read.items():
        # A German tax number stands beside the VAT number, and names no country.
        if ways[name] is _countries and any(fact.type == "identifier" and one for fact, one in pairs):
            read[name] = [pair for pair in pairs if pair[1]]
    of_whole = [fact for name in names if name in whole for fact in facts[name]]
    if prod(sum(max(1, len(readings)) for _, readings in one) for one in read.values()) > MOST_WAYS:
        return None, _each(fact for name in names for fact in facts[name])
    few = {name: _together(term, facts[name]) for name, term in whole.items()}
    # Data leave nothing out that is added up, unless there are too many; in a text it may stand unread.
    is_data = all(fact.source == "stated" for name in names for fact in facts[name])
    more = dict(few)
    for name, term in whole.items():
        if not (term.adds and is_data and len(facts[name]) < max(2, term.most)):
            more[name] = _together(term, facts[name], more=True)
    told: dict[bool | None, list[Fact]] = {}
    for chosen in product(*read.values()):
        readings = {name: one[1] for name, one in zip(read, chosen, strict=True)}
        holds = _agreed(_ways(claim, readings | few))
        if whole and holds is False and _agreed(_ways(claim, readings | more)) is not False:
            holds = None
        if holds is False and claim.operator == "==" and any(fact.abstained for fact, _ in chosen):
            # What is neither of two values may be a third.
            holds = None
        told.setdefault(holds, []).extend(fact for fact, _ in chosen)
    holds = False if False in told else None if None in told else True
    return holds, _each([*told[holds], *of_whole])


def _together(term: Term, facts: Sequence[Fact], more: bool = False) -> list[Measure]:
    """Count the values of a field, or add them up; nothing where one cannot be read.

    Args:
        term: Which of the two.
        facts: The values; of a count the sure ones are there at least.
        more: There may be others, which were not found.
    """
    if term.counts:
        least = len(facts) + 1 if more else sum(map(_is_sure, facts))
        return [Number(Decimal(least), Decimal("Infinity" if more else len(facts)))]
    total: Measure | None = Number(Decimal(0), Decimal(0))
    for fact in facts:
        readings = _readings(fact)
        total = added(total, readings[0], 1) if total and len(readings) == 1 else None
    if total and more:
        total = added(total, Number(Decimal("-Infinity"), Decimal("Infinity")), 1)
    return [total] if total else []


def _is_sure(fact: Fact) -> bool:
    """Tell whether a value is there, whichever of two it is; where a model is not sure, neither may be."""
    return not fact.abstained or (fact.alternative is not None and fact.source != "model")


def _readings(fact: Fact) -> list[Measure]:
    """Give the ways to read a fact; none where it is not sure, or has not the form of its type."""
    if not _is_sure(fact):
        return []
    of = SAME_AS.get(fact.type, fact.type)
    values = [value for value in (fact.normalised, fact.alternative) if value is not None]
    readings = [one for value in values if (one := measure(of, value, fact.currency)) is not None]
    return readings if len(readings) == len(values) else []


def _countries(fact: Fact) -> list[Measure]:
    """Give the countries with whose codes the readings of an account or a number begin."""
    values = [value for value in (fact.normalised, fact.alternative) if value is not None]
    found = [country_of(fact.type, value) for value in values if _is_sure(fact)]
    return list(dict.fromkeys(filter(None, found))) if None not in found else []


def _ways(claim: Claim, readings: Mapping[str, Sequence[Measure]]) -> Iterator[bool | None]:
    """Yield what comes of a claim by each way to read its facts; nothing where one cannot be read."""
    for ways in product(*readings.values()):
        values = dict(zip(readings, ways, strict=True))
        left = _sum(claim.left, values)
        right = [_sum(side, values) for side in claim.right]
        yield None if left is None or None in right else _holds(claim, left, [one for one in right if one])


def _sum(terms: Sum, values: Mapping[str, Measure]) -> Measure | None:
    total: Measure | None = None
    for at, term in enumerate(sorted(terms, key=lambda term: -term.sign)):
        value = values[term.field] if term.field else term.literal
        assert value is not None
        total = value if at == 0 else added(total, value, term.sign) if total else None
    return total


def _holds(claim: Claim, left: Measure, right: Sequence[Measure]) -> bool | None:
    operator = claim.operator
    if operator in ("in", "not in"):
        told = {is_same(left, one) for one in right}
        holds = True if True in told else None if None in told else False
        return holds if operator == "in" else _not(holds)
    low: Measure | None
    high: Measure | None
    low = high = right[0]
    if claim.tolerance:
        low, high = added(low, claim.tolerance, -1), added(high, claim.tolerance, 1)
    if low is None or high is None:
        return None
    if operator in ("==", "!="):
        if claim.tolerance:
            ends = {_less(high, left), _less(left, low)}
            holds = False if True in ends else None if None in ends else True
        else:
            holds = is_same(left, low)
        return holds if operator == "==" else _not(holds)
    match operator:
        case "<":
            return _less(left, high)
        case ">":
            return _less(low, left)
        case "<=":
            return _not(_less(high, left))
        case _:
            return _not(_less(left, low))


def _less(one: Measure, other: Measure) -> bool | None:
    ends = apart(one, other)
    return None if ends is None else True if ends[1] < 0 else False if ends[0] >= 0 else None


def _not(holds: bool | None) -> bool | None:
    return None if holds is None else not holds


def _agreed(told: Iterable[bool | None]) -> bool | None:
    """Give what all say; None where they disagree, or nobody says anything."""
    answers = set(told)
    return answers.pop() if len(answers) == 1 else None


def _each(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


@dataclass(frozen=True, slots=True)
class Expecting:
    """The comparison of a check that expects something of facts: `rules.Compare`.

    Attributes:
        expectation: What it expects.
        absent: The verdict where a fact is missing, if each of `sure` matches.
        present: The verdict where facts that are sure say something else.
        sure: As a check has it.
    """

    expectation: Expectation
    absent: Verdict = "review"
    present: Verdict = "fail"
    sure: tuple[Matcher, ...] = ()

    def __call__(self, view: RuleInput) -> list[Compared]:
        """Give one verdict, at the first place of the facts that decided."""
        outcome = weigh(self.expectation, view.facts)
        verdict: Verdict = "pass" if outcome.holds else "review" if outcome.holds is None else self.present
        if outcome.missing and not outcome.facts and all(occurs(matcher, view) for matcher in self.sure):
            verdict = self.absent
        return [Compared(verdict, place(outcome, view), says(outcome), absent=not outcome.facts)]


def evidence_of(expectation: Expectation) -> Matcher:
    """Make what finds the places of the facts that contradict what a sign of fraud expects."""

    def matcher(view: RuleInput) -> Iterator[Span]:
        outcome = weigh(expectation, view.facts)
        if outcome.holds is False and (span := place(outcome, view)):
            yield span

    return matcher


def place(outcome: Outcome, view: RuleInput) -> Span | None:
    """Find the first place of the facts that decided; of what data state, where the text has it."""
    deciding = outcome.facts[:_SHOWN]
    for fact in deciding:
        same = (one for one in view.facts if (one.name, one.normalised) == (fact.name, fact.normalised))
        for one in (fact, *same):
            if one.start_char is not None and one.end_char is not None:
                return one.start_char, one.end_char
    stated = (fact.value for fact in deciding if fact.source == "stated" and len(fact.value) >= _LEAST_CHARS)
    # The text of an XML has its days without hyphens, too.
    forms = (form for value in stated for form in (value, value.replace("-", "")))
    return next((span for form in forms if (span := _written(view.text, form))), None)


def _written(text: str, form: str) -> Span | None:
    """Find where a value is written that is no part of a longer one."""
    start = -1
    for _ in range(_MOST_PLACES):
        start = text.find(form, start + 1)
        end = start + len(form)
        if start < 0:
            return None
        if not (text[max(0, start - 1) : start].isalnum() or text[end : end + 1].isalnum()):
            return start, end
    return None


def says(outcome: Outcome) -> str:
    """Say which values decided, and what was expected of them where it is not so.

    >>> says(Outcome(None, (), (), ("due_date",)))
    'Not found: due date.'
    """
    parts = []
    if outcome.facts:
        values: dict[str, list[str]] = {}
        for fact in outcome.facts:
            values.setdefault(fact.name, []).append(_shown(fact))
        found = ", ".join(f"{_words(name)} {_listed(texts)}" for name, texts in values.items())
        unsure = outcome.holds is None and not all(map(_is_sure, outcome.facts))
        parts.append(f"{'Not sure' if unsure else 'Found'}: {found}")
    if outcome.missing:
        parts.append(f"{'not' if parts else 'Not'} found: {', '.join(map(_words, outcome.missing))}")
    expected = _each(filter(None, map(_expected, outcome.claims)))
    if expected and not outcome.holds:
        parts.append(f"expected {' and '.join(expected)}")
    return f"{', '.join(parts)}." if parts else ""


def _shown(fact: Fact) -> str:
    values = [f"{one} {fact.currency or ''}".strip() for one in (fact.normalised, fact.alternative) if one]
    text = " ".join((" or ".join(values) or fact.value).split())
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"


def _listed(texts: Sequence[str]) -> str:
    more = len(texts) - _SHOWN
    return "; ".join([*texts[:_SHOWN], *([f"{more} more"] if more > 0 else [])])


def _words(name: str) -> str:
    return name.replace("_", " ")


def _expected(claim: Claim) -> str:
    """Say what a claim expects: of a field alone only of what value."""
    if claim.operator == "known":
        return ""
    if claim.operator == "not known":
        return f"no {_words(claim.left[0].field)}"
    if len(claim.left) > 1 or claim.left[0].is_whole or len(named(claim)) > 1:
        return _words(f"{claim.of} {claim.operator} {claim.written}")
    dated = any(isinstance(term.literal, Days) for side in claim.right for term in side)
    phrase = (_OF_DAYS if dated else {}).get(claim.operator, _PHRASES[claim.operator])
    return f"{phrase} {claim.written}".strip()
