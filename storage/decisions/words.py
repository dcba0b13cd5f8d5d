"""The words in which people decide, and what the ledger keeps for them: the one place that maps the two.

The ledger says whether what was found is right: `confirmed`, `dismissed`, `corrected`, `not_sure`. People say
what is the case: a sign is *fraud* or *harmless*; what a check asks for is *present* or *missing*, or the
check *does not apply*; any other answer is *right* or *wrong*. The ledger's own words hold, too.

A check that needs review and is confirmed has failed: what it doubts is indeed not as it should be.
"""

from __future__ import annotations

from collections.abc import Mapping

from docassay.domains import folders
from docassay.domains.judged import rule_of
from docassay.schemas.errors import DomainError

NOT_APPLICABLE = "does_not_apply"
NOT_SURE = "not_sure"

_OF_FLAG = {"fraud": "confirmed", "harmless": "dismissed"}
_OF_ANSWER = {"right": "confirmed", "wrong": "dismissed"}
_OF_CHECK = {"present": "pass", "missing": "fail", "passed": "pass", "failed": "fail", NOT_APPLICABLE: ""}
_OF_STATEMENT = ("present", "missing")

CHECK_WORDS = tuple(_OF_CHECK)
"""Words for a decision on a check, whose meaning for the ledger depends on its verdict."""


def words_of(of: str, asks_for: bool = False) -> tuple[str, ...]:
    """List the words for a decision on something; *not sure* is another.

    Args:
        of: One of `schemas.decisions.OBJECTS`.
        asks_for: Of a check: it asks for a statement, which may be present or missing.

    >>> words_of("finding", asks_for=True), words_of("finding"), words_of("flag")
    (('present', 'missing', 'does_not_apply'), ('passed', 'failed', 'does_not_apply'), ('fraud', 'harmless'))
    """
    if of == "finding":
        return (*(_OF_STATEMENT if asks_for else ("passed", "failed")), NOT_APPLICABLE)
    return tuple(_OF_FLAG if of == "flag" else _OF_ANSWER)


def asks_for_statement(decided_by: str | None) -> bool:
    """Tell whether a check asks for a statement, as its rule says by `requires` or `expect`."""
    rule = rule_of(decided_by or "")
    try:
        return rule is not None and folders.asks_for_statement(rule[1])
    except DomainError:  # a folder that cannot be read
        return False


def understood(of: str, said: str, corrects: bool) -> tuple[str, str | None]:
    """Put what a person says into the ledger's words, but for checks, where it depends on the verdict.

    Args:
        of: What is decided on, one of `schemas.decisions.OBJECTS`.
        said: One of its words, or an outcome of the ledger; ``wrong: VALUE`` gives the right value.
        corrects: The right answer or place is given beside it.

    Returns:
        The outcome, and the right value where there is one.

    >>> understood("label", "wrong: audit_rights", False), understood("flag", "harmless", False)
    (('corrected', 'audit_rights'), ('dismissed', None))
    >>> understood("finding", "Does not apply", False)
    ('does_not_apply', None)
    """
    word, colon, value = said.partition(":")
    word = word.strip().lower().replace(" ", "_")
    if word == "wrong" and of not in ("flag", "finding") and (value.strip() or (corrects and not colon)):
        return "corrected", value.strip() or None
    if colon:
        return said, None
    known: Mapping[str, str] = {} if of == "finding" else _OF_FLAG if of == "flag" else _OF_ANSWER
    return known.get(word, word), None


def outcome_of_check(word: str, verdict: str | None, asks_for: bool) -> tuple[str, str | None] | None:
    """Put what a person says of a check into the ledger's words: the outcome, and another verdict.

    Args:
        word: One of `CHECK_WORDS`.
        verdict: Of the row.
        asks_for: The check asks for a statement; of any other nothing is present or missing.

    Returns:
        None where the word does not suit the check.

    >>> outcome_of_check("missing", "review", True), outcome_of_check("present", "review", True)
    (('confirmed', None), ('corrected', 'pass'))
    >>> outcome_of_check("present", "fail", False)
    """
    if word in _OF_STATEMENT and not asks_for:
        return None
    right = _OF_CHECK[word]
    if not right:
        return "dismissed", None
    return (
        ("confirmed", None) if right == decided_verdict(verdict, "confirmed", None) else ("corrected", right)
    )


def decided_verdict(verdict: str | None, outcome: str, corrected: str | None) -> str:
    """Give the verdict of a check after a decision, as the view `findings_decided` does.

    >>> decided_verdict("review", "confirmed", None), decided_verdict("fail", "dismissed", None)
    ('fail', 'does_not_apply')
    """
    if outcome == "dismissed":
        return NOT_APPLICABLE
    if outcome == "confirmed" and verdict == "review":
        return "fail"
    return (outcome == "corrected" and corrected) or verdict or ""


def word_of(
    of: str,
    outcome: str,
    verdict: str | None = None,
    corrected: str | None = None,
    decided_by: str | None = None,
) -> str:
    """Give the word for a decision that the ledger keeps, of whatever release.

    >>> word_of("finding", "confirmed", "review", None, "rule legal.nda_term"), word_of("flag", "dismissed")
    ('missing', 'harmless')
    """
    words = words_of(of, of == "finding" and asks_for_statement(decided_by))
    if of == "finding" and outcome in ("confirmed", "dismissed", "corrected"):
        right = decided_verdict(verdict, outcome, corrected)
        return next((one for one in words if (_OF_CHECK[one] or NOT_APPLICABLE) == right), outcome)
    known = {"confirmed": words[0], "dismissed": words[1]}
    if of not in ("flag", "finding"):
        known["corrected"] = "wrong"
    return known.get(outcome, outcome)
