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
        sequence: Order of decisions: 1, 2, 3, ... without a gap.
        decision_id: 32 hexadecimal digits. A decision whose id exists already is not added again.
        object: What the decision is on: `flag`, `finding`, `label`, `entity`, `document` or `fact`.
        code: Code of the flag, `check_id` of the finding, task of the label, label of the entity, or field of
            the fact; for a document, `kind`, `note` or `reviewer` (who reviews it).
        segment: Segment of a label or an entity, at the time of the decision.
        start_char: Offset of the first character of the evidence, or for a label, of its segment; null if
            something is absent, for a document, and for a fact given as data.
        evidence: Text that the decision is on; for a label, the text of its segment; for a fact, its value as
            written.
        evidence_digest: SHA-256 of the evidence. If the text changes, the decision no longer holds.
        label: What the row said: the verdict of a finding, the label, the label of an entity, the type of a
            document as `domain.kind`, or the normalised value of a fact with its currency.
        decided_by: Rule or model named in the row.
        version: Digests of that rule or model. If it changes, the decision no longer holds.
        outcome: `confirmed`, `dismissed`, `corrected` or `not_sure`; `noted` for a note, `assigned` for a
            reviewer; or `withdrawn`, which takes back the row named in `supersedes`.
        corrected_label: What the label, verdict, code, document type or value should have been; for
            `reviewer`, who reviews the document, null for nobody.
        corrected_start: Offset where the correct evidence begins.
        corrected_end: Offset where it ends.
        reason: The reviewer's reason, or the text of a note.
        reviewer: Person who decided.
        decided_at: When the decision was made, in UTC.
        supersedes: `decision_id` of the decision on the same thing that counted before.
        salt: 32 random hexadecimal digits; without them, `content_digest` reveals nothing about the content.
        content_digest: SHA-256 of the salt and of all columns from `object` to `reason`.
        previous: `digest` of the previous row; 64 zeros in the first row.
        digest: SHA-256 of all other columns except `salt` and those that `content_digest` covers.
        run_id: Run that wrote the row that the decision is on; see `runs`.
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
