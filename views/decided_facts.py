"""Facts as people decided on them, and what the checks that stand on facts make of these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from docassay.domains import CheckRule, RuleInput, judge, load
from docassay.domains.judged import rule_of
from docassay.schemas.decisions import Outcome
from docassay.schemas.errors import DomainError
from docassay.schemas.facts import Fact
from docassay.schemas.rows import Finding, Result
from docassay.views import labels

Decided = tuple[Outcome, str | None]
"""What was decided on a fact, and the value that it should have, as decisions write it."""

_AMOUNT = re.compile(r"(\S+) ([A-Z]{3})")


def with_decided(result: Result, decided: Mapping[int, Decided]) -> Result:
    """Give a document with its facts as they were decided, as the view `facts_chosen` has them.

    A check that expects something of facts says besides what comes of those; its own verdict stays.

    Args:
        result: The document.
        decided: By the ordinal of a fact.
    """
    facts = tuple(_facts(result.facts, decided))
    view = RuleInput(result.text, result.document.kind, result.document.media_type, facts=facts)
    findings = tuple(_weighed_again(row, view) for row in result.findings)
    return replace(result, facts=facts, findings=findings)


def _facts(facts: tuple[Fact, ...], decided: Mapping[int, Decided]) -> Iterator[Fact]:
    for fact in facts:
        outcome, value = decided.get(fact.ordinal, ("not_sure", None))
        if outcome == "corrected" and value:
            amount = _AMOUNT.fullmatch(value) if fact.type == "amount" else None
            written, currency = (amount[1], amount[2]) if amount else (value, fact.currency)
            yield replace(fact, normalised=written, currency=currency, alternative=None, abstained=False)
        elif outcome == "confirmed":
            yield replace(fact, alternative=None, abstained=False)
        elif outcome != "dismissed":
            yield fact


def _weighed_again(row: Finding, view: RuleInput) -> Finding:
    rule = _rule(row)
    if rule is None or not rule.expect or rule.compares is None:
        return row
    verdict, _ = judge(rule, view)
    says = next((one.says for one in rule.compares(view)), "")
    if verdict == row.verdict or says in row.why:
        return row
    return replace(
        row, why=f"{row.why} With the facts as decided: {labels.VERDICTS[verdict]}. {says}".strip()
    )


def _rule(row: Finding) -> CheckRule | None:
    domain, check = rule_of(row.decided_by) or ("", "")
    try:
        return next((rule for rule in load(domain).checks if rule.id == check), None) if domain else None
    except DomainError:  # of a domain that is not there any more
        return None
