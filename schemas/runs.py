"""What is said of a run: its row in the table of runs, and the stamp of the rows that it writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a pipeline that finished.

    Attributes:
        run_id: Name of the run; the names of the files that it wrote begin with it.
        started: When the run started, in UTC.
        finished: When the run finished, in UTC.
        version: Version of docassay.
        options: Options with which the run was started, as JSON.
        models: Digest of each model used, as ``name@version sha256``.
        rules: Digest of the rules and code of each domain, as ``domain sha256``; see `domains.digests`.
        inputs: Number of inputs, including attachments: documents + rejects + skipped, exactly.
        documents: Number of inputs that became documents.
        rejects: Number of inputs that were rejected.
        skipped: Number of documents that were skipped because they had been published already.
        table_rows: JSON object: rows published, by table.
        reasons: JSON object: rejects, by stage and reason.
        counts: JSON object: counters of stages (``assess.tokens``), rows replaced (``removed.RUN.TABLE``),
            the number of the commit that published the run (``commit.number``), and the counts of rows from
            `tables.write.distribution`.
        seconds: JSON object: seconds spent, by stage, summed over workers.
        questions: Digest of each rule, as ``DOMAIN.ID sha256``; null in files from earlier releases.
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
