"""Below: tell whether a file lies below one of a run's inputs, by its name alone, as a walk would find it."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Sequence

from apache_beam.io.filesystems import FileSystems

from docassay.pipelines.sources import walk
from docassay.storage.tables.file_systems import is_local


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
        pattern = re.compile(FileSystems.get_filesystem(name).translate_pattern(name))
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
