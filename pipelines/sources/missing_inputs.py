"""Missing inputs: find what a batch would mark as missing, and stop where that is more than can be meant.

A folder that is empty because it is not mounted, or a pattern with a slip, looks like a folder from which
all was removed. So a run compares what it would mark with what is published below each input, before any
work and again before it publishes.
"""

from __future__ import annotations

import fnmatch
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence

from docassay.observe import counters
from docassay.pipelines.sources import walk
from docassay.schemas.errors import InputError, RunError
from docassay.schemas.rows import Reject
from docassay.schemas.uris import Uri, of_path
from docassay.storage.maintain import tombstones
from docassay.storage.tables.file_systems import is_local
from docassay.storage.tables.stores import file_systems
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
        there = set(filter(below(name), files))
        gone, unread = set(there), set()
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
    scopes = {name: below(name) for name in inputs}
    marks = tombstones.new_tombstones(
        folder, before, lambda file: any(is_below(file) for is_below in scopes.values())
    )
    gone = {row.uri for row in marks}
    for name, is_below in scopes.items():
        there = {uri for uri in _unmarked(before) if is_below(Uri.parse(uri).file)}
        if problem := _too_many(name, len(gone & there), len(there), most):
            raise RunError(f"{problem}; nothing was published")
    if not marks:
        return Written("", {}, {})
    written = write([], marks, folder, metadata, tombstones.NAME)
    counters.rejects(written.reasons)
    return Written(written.name, written.rows, written.reasons, counters.take())


def _unmarked(before: tombstones.KnownInputs) -> list[str]:
    return [uri for uri in before.latest if uri not in before.marked]


def _too_many(name: str, gone: int, there: int, most: float) -> str:
    if gone <= most * there:
        return ""
    return (
        f"{name}: {gone:,} of {there:,} published inputs are gone; is everything mounted, and the name"
        f" right? If they were removed: --max-missing {math.ceil(100 * gone / there) / 100:g}"
    )


def below(name: str) -> Callable[[str], bool]:
    """Make what tells whether an input names a file, or a folder that it lies in.

    Args:
        name: A file, a folder or a pattern, as `pipelines.sources.walk.files` takes it.

    Returns:
        A function of a file's path, written as the tables have it.

    >>> [below(name)("in/a/b.txt") for name in ("in", "./in/a/b.txt", "in/*/*.txt", "in/*.txt", "i")]
    [True, True, True, False, False]
    """
    if not is_local(name):
        pattern = re.compile(file_systems().get_filesystem(name).translate_pattern(name))
        return lambda file: pattern.match(file) is not None
    if os.path.lexists(name):
        top = walk.plain(name)
        return lambda file: file == top or _inside(file, top) is not None
    start, parts = walk.before_magic(name)
    top = walk.plain(start)
    walked = walk.EVERYTHING.search(name) is None

    def matches(file: str) -> bool:
        if file == top:
            return not parts
        inside = _inside(file, top)
        return inside is not None and _matches(parts, inside, walked)

    return matches


def _inside(file: str, top: str) -> list[str] | None:
    """Split what comes after a folder in the path of a file; None where the file does not lie in it."""
    if top == os.curdir:
        names = file.split(os.sep)
        return None if os.path.isabs(file) or not is_local(file) or names[0] == os.pardir else names
    before = f"{top.rstrip(os.sep)}{os.sep}"
    return file.removeprefix(before).split(os.sep) if file.startswith(before) else None


def _matches(parts: Sequence[str], names: Sequence[str], walked: bool) -> bool:
    """Tell whether a pattern matches a path, or a folder above it if folders that match are walked."""
    if not parts or not names:
        return not parts and (walked or not names)
    part, rest = parts[0], parts[1:]
    hidden = names[0].startswith(".") and not part.startswith(".")
    if part != "**":
        return not hidden and fnmatch.fnmatchcase(names[0], part) and _matches(rest, names[1:], walked)
    if not rest:
        return not any(name.startswith(".") for name in names)
    return _matches(rest, names, walked) or (not hidden and _matches(parts, names[1:], walked))
