"""What lineage knows of a run: when it begins, and when it has ended well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from docassay.pipelines import LOCAL
from docassay.schemas.runs import Run

State = Literal["START", "COMPLETE", "FAIL", "ABORT"]
"""Where a run stands, in OpenLineage's words."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What is known of a run when it begins.

    Attributes:
        command: The command, `batch` for instance.
        run_id: Its name.
        started: When it began, UTC.
        inputs: The files, folders, patterns or the topic that it was given.
        out: The output folder.
        metadata: As its files have it: the version of docassay, models and rules.
        runner: A name of `pipelines.RUNNERS`.
        results: The topic of `results`, or None.
    """

    command: str
    run_id: str
    started: datetime
    inputs: tuple[str, ...]
    out: str
    metadata: Mapping[str, str]
    runner: str = LOCAL
    results: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What a run has added to a table: files, their bytes and rows."""

    files: int
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class Ended:
    """What is known of a run when it has ended well.

    Attributes:
        run: Its row of `runs`; None for a command that has none.
        added: By table.
        number: Of the manifest that the tables have now; None where they have none.
        broken: The expectations that rows broke, which became rejects: table, expectation, column.
    """

    run: Run | None
    added: Mapping[str, Added]
    number: int | None = None
    broken: frozenset[tuple[str, str, str]] = frozenset()
