"""Vanished: find what a batch would mark as missing, and stop where that is more than can be meant.

A folder that is empty because it is not mounted, or a pattern with a slip, looks like a folder from which
all was removed. So a run compares what it would mark with what is published below each input, before any
work and again before it publishes.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from docassay.observe import counters
from docassay.pipelines.sources import walk
from docassay.pipelines.sources.path_scope import below
from docassay.schemas.errors import InputError, RunError
from docassay.schemas.rows import Reject
from docassay.schemas.uris import Uri, of_path
from docassay.storage.maintain import tombstones
from docassay.storage.tables.write import Written, write


def check(inputs: Sequence[str], out: str, follow_links: bool, most: float) -> None:
    """Check, before any work, that not too many files would be missing.

    Raises:
        InputError: Too many would be, or an input is a list of names, of which nothing lies below.
    """
    for name in inputs:
        if name.startswith("@"):
            raise InputError(
                f"--mark-missing: {name} is a list of names; name the folders or patterns instead"
            )
    files = {Uri.parse(uri).file for uri in _unmarked(tombstones.known_inputs(out))}
    for name in inputs:
        is_below = below(name)
        there = {file for file in files if is_below(file)}
        gone = set(there)
        unread = set()
        for found in walk.files(name, out, follow_links):
            gone.discard(Uri.parse(found.uri if isinstance(found, Reject) else of_path(found.path)).file)
            if isinstance(found, Reject):
                unread.add(f"{found.uri}/")
        gone = {file for file in gone if not any(file.startswith(folder) for folder in unread)}
        if problem := _too_many(name, len(gone), len(there), most):
            raise InputError(f"{problem}; nothing was changed")


def mark(inputs: Sequence[str], out: str, folder: str, most: float, metadata: Mapping[str, str]) -> Written:
    """Write the marks of a run to its staging folder.

    Raises:
        RunError: Too many inputs would be missing.
    """
    before = tombstones.known_inputs(out)
    names = [below(name) for name in inputs]
    marks = tombstones.new_tombstones(folder, before, lambda file: any(is_below(file) for is_below in names))
    _stop_where_too_many(inputs, before, marks, most)
    if not marks:
        return Written("", {}, {})
    written = write([], marks, folder, metadata, tombstones.NAME)
    counters.rejects(written.reasons)
    return Written(written.name, written.rows, written.reasons, counters.take())


def _stop_where_too_many(
    inputs: Sequence[str], before: tombstones.KnownInputs, marks: Collection[Reject], most: float
) -> None:
    gone = {row.uri for row in marks}
    for name in inputs:
        is_below = below(name)
        there = [uri for uri in _unmarked(before) if is_below(Uri.parse(uri).file)]
        if problem := _too_many(name, len(gone.intersection(there)), len(there), most):
            raise RunError(f"{problem}; nothing was published")


def _unmarked(before: tombstones.KnownInputs) -> list[str]:
    return [uri for uri in before.latest if uri not in before.marked]


def _too_many(name: str, gone: int, there: int, most: float) -> str:
    if gone <= most * there:
        return ""
    return (
        f"{name}: {gone:,} of {there:,} published inputs are not there any more; is it all mounted, and the"
        f" name right? If they were removed: --max-missing {math.ceil(100 * gone / there) / 100:g}"
    )
