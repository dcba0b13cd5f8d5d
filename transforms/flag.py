"""Flag: signs of fraud, from a domain's rules and from labels that are themselves a sign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domains import Domain, View, spans
from models.encoder import Reading
from schemas.rows import Classification, Flag, Segment, Severity

WEIGHTS: Mapping[Severity, float] = {"low": 0.1, "medium": 0.3, "high": 0.6, "critical": 0.85}
"""How much one flag of a severity adds to a document's risk."""


def flag(doc_id: str, domain: Domain, view: View) -> list[Flag]:
    """Apply a domain's fraud rules to a document."""
    return [
        Flag(
            doc_id=doc_id,
            code=rule.id,
            severity=rule.severity,
            probability=None,
            start=start,
            end=end,
            evidence=view.text[start:end],
            why=rule.why,
            source=rule.source,
            decided_by=f"rule {domain.name}.{rule.id}",
        )
        for rule in domain.flags
        for start, end in spans(rule, view)
    ]


def flag_labels(
    domain: Domain, segment: Segment, reading: Reading, classifications: Iterable[Classification]
) -> list[Flag]:
    """Turn the labels that a domain calls signs of fraud into flags, unless the model abstained.

    The evidence is the sentence of the segment that speaks most for the label.
    """
    signs = {(sign.task, sign.label): sign for sign in domain.task_flags}
    flags = []
    for row in classifications:
        sign = signs.get((row.task, row.label))
        if sign is None or row.abstained:
            continue
        start, end = reading.evidence.get((row.task, row.label), (0, len(segment.text)))
        flags.append(
            Flag(
                doc_id=segment.doc_id,
                code=sign.code,
                severity=sign.severity,
                probability=row.probability,
                start=segment.start + start,
                end=segment.start + end,
                evidence=segment.text[start:end],
                why=sign.why,
                source=sign.source,
                decided_by=f"model {row.model}",
            )
        )
    return flags


def risk(flags: Iterable[Flag]) -> float:
    """Sum up a document's flags as a number from 0 to 1 to sort by; it is not a probability.

    One minus the product of ``1 - weight * probability`` over the codes flagged; a code counts
    once, with its most probable evidence, and a rule's match counts as certain.

    >>> risk([])
    0.0
    """
    strongest: dict[str, float] = {}
    for row in flags:
        weight = WEIGHTS[row.severity] * (1.0 if row.probability is None else row.probability)
        strongest[row.code] = max(weight, strongest.get(row.code, 0.0))
    remaining = 1.0
    for code in sorted(strongest):
        remaining *= 1.0 - strongest[code]
    return round(1.0 - remaining, 6)
