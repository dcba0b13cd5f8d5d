"""Orphans: what lies in an output folder beside the tables: what killed runs left, and what is not ours."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.tables.file_systems import is_local, matching
from docassay.storage.tables.write import STAGING
from docassay.storage.transaction import journal
from docassay.storage.transaction.journal import JOURNAL
from docassay.storage.transaction.locks import OURS

_TEMPORARY = re.compile(r"\.(?:part|tmp|temp|crc)\Z|~\Z|\A\.")


def left_over(out: str) -> Iterator[tuple[str, str, str, str]]:
    """Name what killed runs have left in a folder that nobody writes to, and what is not docassay's.

    Yields:
        The kind, as in `storage.maintain.verify.KINDS`; the path below `out`; what it is; what to do.
    """
    yield from _staged(out)
    if not is_local(out):
        return
    for name in sorted(set(os.listdir(out)) - OURS):
        yield _foreign(out, name)
    for table in TABLES:
        folder = f"{out}/{table}"
        for entry in (
            sorted(os.scandir(folder), key=lambda entry: entry.name) if os.path.isdir(folder) else ()
        ):
            if not entry.is_file() or not entry.name.endswith(".parquet"):
                yield _foreign(out, f"{table}/{entry.name}")


def _staged(out: str) -> Iterator[tuple[str, str, str, str]]:
    runs: dict[str, list[str]] = {}
    for path in matching(f"{out}/{STAGING}/**"):
        run, _, rest = path.rpartition(f"/{STAGING}/")[2].partition("/")
        runs.setdefault(run, []).append(rest)
    if is_local(out) and os.path.isdir(f"{out}/{STAGING}"):
        for run in os.listdir(f"{out}/{STAGING}"):
            runs.setdefault(run, [])
    for run, files in sorted(runs.items()):
        path = f"{STAGING}/{run}"
        if JOURNAL not in files:
            detail = f"{len(files):,} files of a run that was killed before it published"
            yield "left_over", path, detail, f"the next batch or retry sweeps it, or: docassay compact {out}"
            continue
        try:
            changes = journal.read(out, run)
        except TablesError as error:
            detail, _, remedy = str(error).removeprefix(f"{out}/{path}/{JOURNAL} ").partition("; ")
            yield "left_over", f"{path}/{JOURNAL}", f"the journal of a run {detail}", remedy
            continue
        steps = len(changes.moves) + len(changes.removed)
        detail = f"a run was killed while it published: up to {steps:,} files are still to come or to go"
        yield (
            "left_over",
            f"{path}/{JOURNAL}",
            detail,
            f"the next batch or retry finishes it, or: docassay compact {out}",
        )


def _foreign(out: str, path: str) -> tuple[str, str, str, str]:
    name = path.rpartition("/")[2]
    if _TEMPORARY.search(name):
        return "left_over", path, "a temporary name, of a copy that did not end, say", f"delete {out}/{path}"
    return "foreign", path, "it is not docassay's", f"move it out of {out}"
