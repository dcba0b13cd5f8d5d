"""What is said of a run: its row in the table of runs, and the stamp of the rows that it writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a pipeline that finished.

    Attributes:
        run_id: Its name; the files that it wrote begin with it.
        started: When, UTC.
        finished: When, UTC.
        version: Of docassay.
        options: JSON of the options that the run was started with.
        models: ``name@version sha256`` of each model used.
        rules: ``domain sha256`` of each domain's rules and code; see `domains.digests`.
        inputs: What there was to read, attachments included: documents + rejects + skipped, exactly.
        documents: Inputs that became documents.
        rejects: Inputs that did not.
        skipped: Documents skipped because they are published already.
        table_rows: JSON object: rows published, by table.
        reasons: JSON object: rejects, by stage and reason.
        counts: JSON object: counters of stages (``assess.tokens``); rows replaced (``removed.RUN.TABLE``);
            the commit that published it (``commit.number``);
            what `tables.write.distribution` counts of rows.
        seconds: JSON object: seconds spent, by stage, summed over workers.
        questions: ``DOMAIN.ID sha256`` of each rule; null in files that were written before.
    """

    run_id: str
    started: datetime
    finished: datetime
    version: str
    options: str
    models: tuple[str, ...]
    rules: tuple[str, ...]
    inputs: int
    documents: int
    rejects: int
    skipped: int
    table_rows: str
    reasons: str
    counts: str
    seconds: str
    questions: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What storage adds to every row: it says nothing about the document, and differs from run to run."""

    run_id: str
    processed_at: datetime
