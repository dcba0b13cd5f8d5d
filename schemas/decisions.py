"""Decision: what a person made of something that was found, or said of a document; one row of `decisions`.

It is keyed by what was decided on, and by no run: `doc_id`, `object`, `code`, `start_char`, `end_char`. So it
holds for the rows of later runs, too, as long as they say the same by the same rule or model.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Object = Literal["flag", "finding", "label", "entity", "document", "fact"]
Outcome = Literal["confirmed", "dismissed", "corrected", "not_sure", "noted", "assigned", "withdrawn"]

OBJECTS: tuple[Object, ...] = get_args(Object)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
JUDGEMENTS = OUTCOMES[:4]
"""What is made of something that was found; the others are said of a document, or take a row back."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person made of a flag, a finding, a label, an entity, a fact, or of the kind of a document.

    What counts is the latest decision on the same thing that is neither a withdrawal nor withdrawn. Rows are
    only added. Each has the digest of the row before it, so that none can be changed, taken out or moved
    without `docassay verify` saying so. After ``docassay forget`` what a row says of the document is null,
    `salt` too, and the chain still holds.

    Attributes:
        sequence: The order of decisions: 1, 2, 3, ... without a gap.
        decision_id: 32 digits. A decision of an id that is there already is not added again.
        object: What was decided on: `flag`, `finding`, `label`, `entity`, `document` or `fact`.
        code: The flag's code, the finding's check_id, the task of a label, the label of an entity, the field
            of a fact; of a document `kind`, or `note`, or `reviewer`, which says who looks at it.
        segment: Of a label or an entity, as it was then.
        start_char: First character of what was decided on: its evidence, or of a label its segment; null
            where something is absent, of a document, and of a fact that data state.
        evidence: The text that was decided on; of a label, its segment's; of a fact, its value as written.
        evidence_digest: SHA-256 of the evidence. Other text there opens the question again.
        label: What the row said: the verdict of a finding, the label, the entity's label, the kind of a
            document, as `domain.kind`, or the value of a fact, normalised, with its currency.
        decided_by: The rule or model that the row named.
        version: Digests of that rule or model. Another rule or model opens the question again.
        outcome: `confirmed`, `dismissed`, `corrected`, `not_sure`; of a note `noted`, of a reviewer
            `assigned`; or `withdrawn`, which takes back the row that `supersedes` names.
        corrected_label: What the label, verdict, code, kind or value should have been; who looks at a
            document, null for nobody.
        corrected_start: Where what was meant begins.
        corrected_end: Where it ends.
        reason: Why, in the reviewer's words; the words of a note.
        reviewer: Who decided.
        decided_at: When, UTC.
        supersedes: The `decision_id` that counted before on the same thing.
        salt: 32 random digits, without which `content_digest` tells nothing of the content.
        content_digest: SHA-256 of the salt and of all columns from `object` to `reason`.
        previous: The `digest` of the row before; of the first, 64 noughts.
        digest: SHA-256 of all other columns but those that `content_digest` stands for, and `salt`.
        run_id: The run that wrote the row which was decided on; see `runs`.
    """

    sequence: int
    decision_id: str
    doc_id: str
    object: Object | None
    code: str | None
    segment: int | None
    start_char: int | None
    end_char: int | None
    evidence: str | None
    evidence_digest: str | None
    label: str | None
    decided_by: str | None
    version: str | None
    outcome: Outcome | None
    corrected_label: str | None
    corrected_start: int | None
    corrected_end: int | None
    reason: str | None
    reviewer: str
    decided_at: datetime
    supersedes: str | None
    salt: str | None
    content_digest: str
    previous: str
    digest: str
    run_id: str
