"""Accuracy: how often rules, checks and heads were right, by people who judged or decided on what they said.

What was *published* comes with docassay (`domains/judged.py`). What was *decided* is in the tables.
People decide on what they look at first, so an observed share tells of such rows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docassay.domains.judged import judged, rule_of, wilson
from docassay.schemas.errors import DomainError
from docassay.schemas.rows import Finding, Flag

DECIDED = """
select object, code, label, decided_by, version, decision, sequence
from decisions_current
where object in ('flag', 'finding', 'fact') and decided_by is not null
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

Place = tuple[Any, ...]
"""A document, and the key of what is decided on in it."""

Statement = tuple[str, str, str | None]
"""What decided it, the code, and the verdict or label; of facts, which have values without number, `fact`."""


@dataclass(frozen=True, slots=True)
class RuleAccuracy:
    """What people made of what a rule or check said, as it stood when they last decided on it.

    Attributes:
        rule: ``DOMAIN.ID``, or the model, and the code.
        says: `flag`, `fact`, or the verdict.
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

        >>> str(RuleAccuracy("legal.x", "flag", 9, 1, 0, 0, "accuracy not measured"))
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
class HeadAccuracy:
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


def rule_accuracy(out: str, domain: str | None = None) -> list[RuleAccuracy]:
    """Count what people made of each rule and check, as it stood when they last decided on it.

    Args:
        out: The tables.
        domain: Only its rules.

    Raises:
        TablesError: The folder holds no tables, or a damaged file.
    """
    from docassay.views.query import ask  # imports SQL, which `explain` needs not

    return count_by_rule(ask(out, DECIDED).rows(), domain)


def count_by_rule(rows: Iterable[Mapping[str, Any]], domain: str | None = None) -> list[RuleAccuracy]:
    """Count decisions by rule and verdict; those on an earlier version of a rule apart."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        rule = rule_of(row["decided_by"])
        if domain is not None and (rule is None or rule[0] != domain):
            continue
        name = ".".join(rule) if rule else f"{row['decided_by'].removeprefix('model ')} {row['code']}"
        groups.setdefault((name, _said(row) or "flag"), []).append(row)
    return [_counted(name, says, of_rule) for (name, says), of_rule in sorted(groups.items())]


def _said(row: Mapping[str, Any]) -> str | None:
    return "fact" if row.get("object") == "fact" else row["label"]


def _counted(name: str, says: str, rows: Sequence[Mapping[str, Any]]) -> RuleAccuracy:
    outcomes = [row["decision"] for row in rows if row["version"] == rows[-1]["version"]]
    right, unsure = outcomes.count("confirmed"), outcomes.count("not_sure")
    try:
        known = judged(rows[-1]["decided_by"], "" if says == "flag" else says)
    except DomainError:  # a domain that is not here
        known = None
    wrong, older = len(outcomes) - right - unsure, len(rows) - len(outcomes)
    return RuleAccuracy(name, says, right, wrong, unsure, older, str(known or "accuracy not measured"))


class RunningAccuracy:
    """How often rules and models were right by the decisions of a review, kept up as they come.

    Each decision changes the count of what it is on; a page asks for the counts of what it shows alone.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._rows: dict[Place, Mapping[str, Any]] = {}
        self._by_statement: dict[Statement, dict[Place, Mapping[str, Any]]] = {}
        self._counted: dict[Statement, RuleAccuracy] = {}
        self._lock = threading.Lock()

    def record(self, place: Place, row: Mapping[str, Any] | None) -> None:
        """Let a decision count for what it is on, in place of another; None: nothing counts any more."""
        with self._lock:
            for one in (self._rows.pop(place, None), row):
                if one is not None and one["decided_by"] is not None:
                    statement = one["decided_by"], one["code"], _said(one)
                    self._counted.pop(statement, None)
                    rows = self._by_statement.setdefault(statement, {})
                    if one is row:
                        rows[place] = row
                    else:
                        rows.pop(place, None)
            if row is not None:
                self._rows[place] = row

    def of(self, decided_by: str | None, code: str, label: str | None) -> RuleAccuracy | None:
        """Count what people made of what a rule or model says; None where nobody has decided on any."""
        statement = decided_by or "", code, label
        with self._lock:
            if statement not in self._counted:
                rows = self._by_statement.get(statement, {}).values()
                if not rows:
                    return None
                in_order = sorted(rows, key=lambda row: row["sequence"])
                (self._counted[statement],) = count_by_rule(
                    {**row, "decision": row["outcome"]} for row in in_order
                )
            return self._counted[statement]

    def of_row(self, row: Flag | Finding) -> RuleAccuracy | None:
        """Do so for what stands behind a sign or a check."""
        if isinstance(row, Flag):
            return self.of(row.decided_by, row.code, None)
        return self.of(row.decided_by, row.check_id, row.verdict)


def head_accuracy(out: str, precision: float = 0.9) -> list[HeadAccuracy]:
    """Measure each head by what people made of its answers, and propose from which probability on they count.

    Args:
        out: The tables.
        precision: That answers from the threshold on should reach.

    Raises:
        TablesError: The folder holds no tables, or a damaged file.
    """
    from docassay.views.query import ask

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
        measure_head(head, of_head, answers.get(head, []), precision)
        for head, of_head in sorted(decided.items())
    ]


def measure_head(
    head: str, decided: list[tuple[float, float]], answers: list[tuple[float, bool]], precision: float
) -> HeadAccuracy:
    """Measure a head.

    Args:
        head: Its name.
        decided: Of each answer that was decided on: its probability, and 1 where it was right.
        answers: Of each answer in the tables: its probability, and whether it is marked abstained.
        precision: To be reached.
    """
    import numpy as np

    from docassay.models import calibration

    ranked = sorted(decided, key=lambda one: -one[0])
    hits = int(sum(right for _, right in ranked))
    if len(ranked) < FEWEST:
        return HeadAccuracy(head, hits, len(ranked))
    sure, came_true = (np.array(column, np.float64) for column in zip(*ranked, strict=True))
    last = calibration.cut(sure, came_true, precision)
    threshold = 0.0 if last == len(ranked) else ranked[last - 1][0]
    right_over = int(sum(right for _, right in ranked[:last]))
    return HeadAccuracy(
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
