"""Choice: what a reviewer decides, before it is a row of the table `decisions`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reviewer decides; the row that it is on is looked up, unless `run_id` says that it was seen.

    Attributes:
        doc_id: The document, by its `doc_id`; where the row is looked up, its first eight digits or more.
        object: One of `schemas.decisions.OBJECTS`.
        code: The flag's code, the check_id, the task, the entity's label, the field of a fact; of a document
            ``kind``, ``note`` or ``reviewer``.
        outcome: One of `schemas.decisions.OUTCOMES`, but ``withdrawn``; empty before anybody has decided.
        start_char: Of the evidence, or a label's segment; may be left out where only one row fits.
        decision_id: 32 digits; None: a new one.
        decided_at: None: now.
        reviewer: Who decided, where it is not who records it.
        run_id: The run of the row that was seen; `segment` to `decided_by` are taken from it then.
    """

    doc_id: str
    object: str
    code: str
    outcome: str
    start_char: int | None = None
    end_char: int | None = None
    corrected_label: str | None = None
    corrected_start: int | None = None
    corrected_end: int | None = None
    reason: str | None = None
    decision_id: str | None = None
    decided_at: datetime | None = None
    reviewer: str | None = None
    run_id: str | None = None
    segment: int | None = None
    evidence: str | None = None
    label: str | None = None
    decided_by: str | None = None
