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
    """Yield the checks that a document was asked, with what the head of answers looks at.

    Checks that a user has added or changed are left out, so that they change nothing of the others.
    """
    rows: dict[str, list[Finding]] = {}
    for row in answers.findings:
        rows.setdefault(row.check_id, []).append(row)
    states = {check: _state(found[0]) for check, found in rows.items()}
    states |= {check: state for check, state in answers.silent.items() if check not in rows}
    states = {check: state for check, state in states.items() if answers.owners.get(check)}
    for check in states:
        found = tuple(rows.get(check, ()))
        evidence = (found[0].evidence or "") if found else ""
        strings = features(check, states, document.kind, len(document.text), evidence)
        yield Question(check, found, tuple(strings))


def _state(row: Finding) -> str:
    return row.verdict if row.start_char is None else f"{row.verdict} at a place"


def settle(document: Document, answers: Answers) -> tuple[list[Finding], set[str]]:
    """Keep the answers that can be trusted, and name the checks that have none.

    What fails stays, what is doubted in so many words, and what checks say that the head does not know.

    Returns:
        The findings, and the ids of checks that were asked, have no row and may not be met; where nothing is
        left, of all that were asked.
    """
    unsure = {check for check, state in answers.silent.items() if state.startswith(UNSURE)}
    unanswered = unsure - {row.check_id for row in answers.findings}
    asked = set(unanswered)
    dropped: set[tuple[str, str]] = set()
    for one in questions(document, answers):
        if not is_learnt(f"{answers.owners[one.check]}.{one.check}") or one.check in answers.doubted:
            continue
        asked.add(one.check)
        unanswered.discard(one.check)
        told = head_of_answers().predict(document.text, one.strings)
        least = {"pass": told[MET] >= LEAST_MET, "review": told[OPEN] >= LEAST_OPEN}
        fallen = {row.verdict for row in one.rows if not least.get(row.verdict, True)}
        dropped |= {(one.check, verdict) for verdict in fallen}
        if fallen.issuperset(row.verdict for row in one.rows) and told[OPEN] > MOST_OPEN:
            unanswered.add(one.check)
    kept = [row for row in answers.findings if (row.check_id, row.verdict) not in dropped]
    return kept, unanswered if kept else asked
