"""Settle: which answers of a document's checks stand, and which questions stay without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from docassay.domains.answers import MET, OPEN, features, head_of_answers, is_learnt
from docassay.schemas.rows import Finding
from docassay.transforms.ask import Answers
from docassay.transforms.comply import UNSURE
from docassay.transforms.document import Document

LEAST_MET = 0.92
"""The least probability that a requirement is met at which a pass is shown."""

LEAST_OPEN = 0.5
"""The least probability that a requirement is not met, or not surely, at which a review is shown."""

MOST_OPEN = 0.1
"""The most probability of that at which a check without a row leaves nothing to look at."""


@dataclass(frozen=True, slots=True)
class Question:
    """A check as a document was asked it.

    Attributes:
        check: Its id.
        rows: What it found; none where it is silent.
        strings: What the head of answers looks at beside the document's words.
    """

    check: str
    rows: tuple[Finding, ...]
    strings: tuple[str, ...]


def questions(document: Document, answers: Answers) -> Iterator[Question]:
    """Yield the checks that a document was asked, with what the head of answers looks at."""
    rows: dict[str, list[Finding]] = {}
    for row in answers.findings:
        rows.setdefault(row.check_id, []).append(row)
    states = {check: _state(found[0]) for check, found in rows.items()}
    states |= {check: state for check, state in answers.silent.items() if check not in rows}
    for check in states:
        found = tuple(rows.get(check, ()))
        evidence = (found[0].evidence or "") if found else ""
        strings = features(check, states, document.kind, len(document.text), evidence)
        yield Question(check, found, tuple(strings))


def _state(row: Finding) -> str:
    return row.verdict if row.start_char is None else f"{row.verdict} at a place"


def settle(document: Document, answers: Answers) -> tuple[list[Finding], set[str]]:
    """Keep the answers that can be trusted, and name the checks that have none.

    What fails stays, and what is said by checks that the head does not know.

    Returns:
        The findings, and the ids of checks that were asked, have no row and may not be met.
    """
    unanswered: set[str] = set()
    dropped: set[str] = set()
    for one in questions(document, answers):
        verdict = one.rows[0].verdict if one.rows else ""
        if not is_learnt(f"{answers.owners[one.check]}.{one.check}"):
            if answers.silent.get(one.check, "").startswith(UNSURE) and not verdict:
                unanswered.add(one.check)
        elif verdict != "fail":
            told = head_of_answers().predict(document.text, one.strings)
            if not (told[MET] >= LEAST_MET if verdict == "pass" else verdict and told[OPEN] >= LEAST_OPEN):
                dropped.add(one.check)
                if told[OPEN] > MOST_OPEN:
                    unanswered.add(one.check)
    return [row for row in answers.findings if row.check_id not in dropped], unanswered
