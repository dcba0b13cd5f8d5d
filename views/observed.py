"""Observed: how often rules, checks and heads were right, where people decided on what they said.

Beside it stands what was *published* (`domains.precision`): rows that were drawn at random and judged by
people who saw neither rule nor verdict. People decide on what they look at first, so an observed share tells
of such rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from docassay.domains.precision import judged, rule_of
from docassay.models import calibration
from docassay.schemas.errors import DomainError
from docassay.views.query import ask

DECIDED = """
select object, code, label, decided_by, version, decision, sequence
from decisions_current
where object in ('flag', 'finding') and decided_by is not null
order by sequence
"""

_HEADS = """
select task as head, probability, abstained, decision
from classifications_decided
where state = 'decided' and decision <> 'not_sure' and model not like 'rule %'
  and small_model is null
union all
select code, probability, false, decision
from flags_decided
where state = 'decided' and decision <> 'not_sure' and probability is not null
"""

_ANSWERS = """
select task as head, probability, abstained from classifications
where model not like 'rule %' and small_model is null
union all
select code, probability, false from flags where probability is not null
"""

FEWEST = 20
"""Of fewer decided answers no threshold is proposed, and no calibration given."""


@dataclass(frozen=True, slots=True)
class ObservedRule:
    """What people made of what a rule or check said, as it stood when they last decided on it.

    Attributes:
        rule: ``DOMAIN.ID``, or the model, and the code.
        says: `flag`, or the verdict.
        right: Confirmed.
        wrong: Dismissed or corrected.
        not_sure: Neither.
        older: Decisions on an earlier version of it, which are not counted.
        published: What judges made of it.
    """

    rule: str
    says: str
    right: int
    wrong: int
    not_sure: int
    older: int
    published: str

    def __str__(self) -> str:
        """Say it as a reader would.

        >>> str(ObservedRule("legal.x", "flag", 9, 1, 0, 0, "accuracy not measured"))
        'right in 9 of 10 decided (0.60 to 0.98)'
        """
        of = self.right + self.wrong
        unsure = f", not sure of {self.not_sure}" if self.not_sure else ""
        if not of:
            return f"nothing decided{unsure}"
        low, high = self.interval
        return f"right in {self.right} of {of} decided ({low:.2f} to {high:.2f}){unsure}"

    @property
    def interval(self) -> tuple[float, float]:
        """Give the 95 % interval of the share that is right."""
        return wilson(self.right, self.right + self.wrong)


@dataclass(frozen=True, slots=True)
class ObservedHead:
    """What people made of a head's answers.

    Attributes:
        right: Answers that were confirmed.
        decided: Answers that were decided on.
        error: Expected calibration error over bins of equal count; None of too few answers.
        risk: (share of the decided answers that is kept, share of those that is wrong), the surest first.
        threshold: The probability from which on answers reach the precision asked for; None of too few.
        reached: The precision that they reach, and its interval.
        kept: Share of the decided answers from there on.
        would_abstain: Answers in the tables that count now and would not.
        would_count: Answers that are marked abstained and would count.
    """

    head: str
    right: int
    decided: int
    error: float | None = None
    risk: tuple[tuple[float, float], ...] = ()
    threshold: float | None = None
    reached: tuple[float, float, float] = (0.0, 0.0, 1.0)
    kept: float = 0.0
    would_abstain: int = 0
    would_count: int = 0


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Give the ends of the 95 % interval of a share (Wilson 1927).

    >>> [round(end, 3) for end in wilson(9, 10)]
    [0.596, 0.982]
    """
    if not of:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.975)
    share, spread = hits / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z * (share * (1 - share) / of + spread / (4 * of)) ** 0.5 / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def observed_rules(out: str, domain: str | None = None) -> list[ObservedRule]:
    """Count what people made of each rule and check, as it stood when they last decided on it.

    Args:
        out: The tables.
        domain: Only its rules.

    Raises:
        TablesError: The folder holds no tables, or a damaged file.
    """
    return counted(ask(out, DECIDED).rows(), domain)


def counted(rows: Iterable[Mapping[str, Any]], domain: str | None = None) -> list[ObservedRule]:
    """Count decisions by rule and verdict; those on an earlier version of a rule apart."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        rule = rule_of(row["decided_by"])
        if domain is not None and (rule is None or rule[0] != domain):
            continue
        name = ".".join(rule) if rule else f"{row['decided_by'].removeprefix('model ')} {row['code']}"
        groups.setdefault((name, row["label"] or "flag"), []).append(row)
    found = []
    for (name, says), of_rule in sorted(groups.items()):
        current = [row for row in of_rule if row["version"] == of_rule[-1]["version"]]
        outcomes = [row["decision"] for row in current]
        unsure = outcomes.count("not_sure")
        right = outcomes.count("confirmed")
        try:
            published = judged(of_rule[-1]["decided_by"], "" if says == "flag" else says)
        except DomainError:  # a domain that is not here
            published = None
        found.append(
            ObservedRule(
                name,
                says,
                right,
                len(outcomes) - right - unsure,
                unsure,
                len(of_rule) - len(current),
                str(published or "accuracy not measured"),
            )
        )
    return found


def observed_heads(out: str, precision: float = 0.9) -> list[ObservedHead]:
    """Measure each head by what people made of its answers, and propose from which probability on they count.

    Args:
        out: The tables.
        precision: That answers from the threshold on should reach.

    Raises:
        TablesError: The folder holds no tables, or a damaged file.
    """
    decided: dict[str, list[tuple[float, float]]] = {}
    for row in ask(out, _HEADS).rows():
        right = float(row["decision"] == "confirmed")
        decided.setdefault(row["head"], []).append((row["probability"], right))
    if not decided:
        return []
    answers: dict[str, list[tuple[float, bool]]] = {}
    for row in ask(out, _ANSWERS).rows():
        if row["head"] in decided:
            answers.setdefault(row["head"], []).append((row["probability"], row["abstained"]))
    return [
        measured(head, of_head, answers.get(head, []), precision) for head, of_head in sorted(decided.items())
    ]


def measured(
    head: str, decided: list[tuple[float, float]], answers: list[tuple[float, bool]], precision: float
) -> ObservedHead:
    """Measure a head.

    Args:
        head: Its name.
        decided: Of each answer that was decided on: its probability, and 1 where it was right.
        answers: Of each answer in the tables: its probability, and whether it is marked abstained.
        precision: To be reached.
    """
    ranked = sorted(decided, key=lambda one: -one[0])
    hits = int(sum(right for _, right in ranked))
    if len(ranked) < FEWEST:
        return ObservedHead(head, hits, len(ranked))
    sure, came_true = (np.array(column, np.float64) for column in zip(*ranked, strict=True))
    last = calibration.cut(sure, came_true, precision)
    threshold = 0.0 if last == len(ranked) else ranked[last - 1][0]
    right_over = int(sum(right for _, right in ranked[:last]))
    return ObservedHead(
        head,
        hits,
        len(ranked),
        calibration.error(sure, came_true),
        tuple(_risk(ranked, step / 5) for step in range(1, 6)),
        threshold,
        (right_over / last, *wilson(right_over, last)),
        last / len(ranked),
        sum(not abstained and probability < threshold for probability, abstained in answers),
        sum(abstained and probability >= threshold for probability, abstained in answers),
    )


def _risk(ranked: Sequence[tuple[float, float]], share: float) -> tuple[float, float]:
    """Give the share of the answers that is kept, the surest first, and how many of those are wrong."""
    kept = max(1, round(share * len(ranked)))
    return kept / len(ranked), sum(1 - right for _, right in ranked[:kept]) / kept
