"""Measure drift of documents and labels between the latest and earlier runs.

The measure is the population stability index (N. Siddiqi, Credit Risk Scorecards, 2006), with the usual
bands: below 0.1 none, up to 0.25 some, above it large. Two samples of one population differ, too:
by about chi-squared with one degree of freedom less than there are classes, times ``1/n + 1/m`` (B. Yurdakul,
J. Naranjo, Statistical properties of the population stability index, Journal of Risk Model Validation 14,
2020). So nothing is called drift that chance would give in more than one run of a thousand, and nothing at
all of fewer than `FEWEST` documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import NormalDist
from typing import Literal

SOME = 0.1
MUCH = 0.25
"""The bands of the index."""

FEWEST = 50
"""Documents that a comparison needs on either side."""

RARE = 5
"""Classes of which fewer documents are expected on either side are taken together."""

CHANCE = 0.999
"""Share of the runs in which nothing has changed that stay below `Comparison.chance`."""

REST = "all others"

PASSED = ("read missing", "write duplicate")
"""Rejects that say nothing of what came in."""

Verdict = Literal["too few", "steady", "moved", "drifted"]


@dataclass(frozen=True, slots=True)
class Run:
    """The distributions in the record of a run.

    Attributes:
        documents: Inputs that became documents.
        reasons: Rejects, by stage and reason.
        counts: As `tables.write.distribution` names them.
    """

    documents: int
    reasons: Mapping[str, int]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one thing is spread now and was before.

    Attributes:
        about: What is spread, such as ``kinds``.
        task: The task whose labels they are; empty of documents.
        now: Documents of the latest run.
        before: Documents of the earlier runs.
        index: The population stability index; 0 where there are too few documents.
        chance: What chance alone gives at most, but for one run in a thousand.
        shares: By class: its share before and now, the largest change first.
    """

    about: str
    task: str
    now: int
    before: int
    index: float
    chance: float
    shares: tuple[tuple[str, float, float], ...]

    @property
    def is_judged(self) -> bool:
        """Return whether there are enough documents to compare."""
        return min(self.now, self.before) >= FEWEST

    @property
    def verdict(self) -> Verdict:
        """Return the verdict."""
        if not self.is_judged:
            return "too few"
        if self.index < SOME or self.index <= self.chance:
            return "steady"
        return "moved" if self.index < MUCH else "drifted"


def compare(
    about: str,
    before: Mapping[str, int],
    now: Mapping[str, int],
    documents: tuple[int, int] | None = None,
    task: str = "",
) -> Comparison:
    """Compare how something was spread before and is now.

    Labels of one document resemble each other, so they count as no more than their documents.

    Args:
        about: What is spread.
        before: How many of each class there were.
        now: How many of each class there are.
        documents: Documents before and now, where there are several answers in one.
        task: The task whose labels they are.

    >>> compare("kinds", {"a": 500, "b": 500}, {"a": 500, "b": 500}).index
    0.0
    >>> compare("kinds", {"a": 500, "b": 500}, {"a": 900, "b": 100}).verdict
    'drifted'
    >>> compare("kinds", {"a": 500, "b": 500}, {"a": 5}).verdict
    'too few'
    """
    n, m = documents or (sum(before.values()), sum(now.values()))
    old, new = _shares(before), _shares(now)
    names = sorted({*old, *new}, key=lambda name: (-abs(new.get(name, 0) - old.get(name, 0)), name))
    shares = tuple((name, old.get(name, 0.0), new.get(name, 0.0)) for name in names)
    if min(n, m) < FEWEST:
        return Comparison(about, task, m, n, 0.0, 0.0, shares)
    classes: dict[str, tuple[float, float]] = {}
    for name, was, is_now in shares:
        expected = (was * n + is_now * m) / (n + m) * min(n, m)
        group = name if expected >= RARE else REST
        so_far = classes.get(group, (0.0, 0.0))
        classes[group] = so_far[0] + was, so_far[1] + is_now
    number = len(classes)
    index = 0.0
    for was, is_now in classes.values():
        a = (was * n + 0.5) / (n + 0.5 * number)
        b = (is_now * m + 0.5) / (m + 0.5 * number)
        index += (b - a) * log(b / a)
    return Comparison(about, task, m, n, index, _quantile(number - 1) * (1 / n + 1 / m), shares)


def split(runs: Sequence[Run]) -> tuple[Sequence[Run], Sequence[Run]]:
    """Part runs, in order: those before, and the latest, as many as have `FEWEST` documents together."""
    start, documents = len(runs), 0
    while start and documents < FEWEST:
        start -= 1
        documents += runs[start].documents
    return runs[:start], runs[start:]


def comparisons(before: Sequence[Run], latest: Sequence[Run]) -> list[Comparison]:
    """Compare runs with earlier ones: rejects, kinds, languages; of each task labels and abstentions."""
    was, now = _totals(before), _totals(latest)
    found = [
        compare("inputs that could not be read", _outcomes(before), _outcomes(latest)),
        compare("kinds", _below(was, "spread.kinds."), _below(now, "spread.kinds.")),
        compare("languages", _below(was, "spread.languages."), _below(now, "spread.languages.")),
    ]
    tasks = {**_below(was, "spread.asked."), **_below(now, "spread.asked.")}
    for task in sorted(tasks):
        documents = was[f"spread.asked.{task}"], now[f"spread.asked.{task}"]
        given = [_below(counts, f"spread.given.{task}.") for counts in (was, now)]
        unsure = [_below(counts, f"spread.abstained.{task}.") for counts in (was, now)]
        found.append(compare("labels", given[0], given[1], documents, task))
        answers = [{"abstained": sum(unsure[n].values()), "sure": sum(given[n].values())} for n in (0, 1)]
        found.append(compare("abstentions", answers[0], answers[1], documents, task))
    return found


def _totals(runs: Iterable[Run]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for run in runs:
        totals.update(run.counts)
    return totals


def _outcomes(runs: Iterable[Run]) -> Counter[str]:
    """Count what became of inputs; those that are missing or doubled say nothing of their content."""
    outcomes: Counter[str] = Counter()
    for run in runs:
        outcomes["read"] += run.documents
        outcomes.update(
            {
                reason: number
                for reason, number in run.reasons.items()
                if reason not in PASSED and not reason.startswith("validate ")
            }
        )
    return outcomes


def _below(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): n for name, n in counts.items() if name.startswith(prefix)}


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    whole = sum(counts.values())
    return {name: count / whole for name, count in counts.items()} if whole else {}


def _quantile(freedom: int) -> float:
    """Approximate the quantile `CHANCE` of chi-squared (E. B. Wilson, M. M. Hilferty, 1931).

    >>> round(_quantile(4), 1), _quantile(0)
    (18.7, 0.0)
    """
    if freedom < 1:
        return 0.0
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + NormalDist().inv_cdf(CHANCE) * sqrt(part)) ** 3)
