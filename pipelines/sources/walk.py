"""Walk: the files that an input names, without holding their names.

Links are followed where the user named them, and links to files also on request; one that is found and is not
followed is a reject `link`, never silence. A file that is found is opened beneath the folder that was walked
(`transforms.read`), so a link that takes its place afterwards is not followed either.
"""

from __future__ import annotations

import fnmatch
import glob
import os
import re
import stat
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from docassay.schemas.expectations import LATEST
from docassay.schemas.rows import Reject
from docassay.schemas.uris import of_path
from docassay.storage.tables.file_systems import is_local
from docassay.storage.tables.stores import beam
from docassay.transforms.formats.plain import LONE_SURROGATES

RENAME = "rename it, or convert all names: convmv -f latin1 -t utf-8"

EVERYTHING = re.compile(r"\*\*(?:/\*)*/?\Z")
"""The end of a pattern that matches the files below its folders, too, and not only the folders."""

LATEST_SECONDS = datetime.fromisoformat(LATEST).timestamp()
"""A modification time later than this is left out: the tables do not take it."""

LINK = "a link, which is not followed; --follow-links follows links to files"
LINK_TO_FOLDER = "a link to a folder, which is not followed; name the folder itself"


class Found(NamedTuple):
    """A file's path, the time of its last change, and the folder it was found in; None where it was named."""

    path: str
    event_time: datetime | None = None
    beneath: str | None = None


def files(name: str, out: str | None = None, follow_links: bool = False) -> Iterator[Found | Reject]:
    """Yield the files that an input names: itself, those of a folder, or the matches of a pattern.

    Args:
        name: A path, a pattern, or either on another file system.
        out: A folder of tables, which are no input where it lies in a folder or a pattern matches it.
        follow_links: Follow links to files that are found.
    """
    out = resolved(out).rstrip("/") if out else None
    if not is_local(name):
        yield from (
            match for match in _matches(name) if isinstance(match, Reject) or is_input(match.path, out)
        )
    elif os.path.exists(name):
        if os.path.isdir(name):
            yield from _walk(name, plain(name), out, follow_links)
        else:
            yield Found(plain(name), _modified(name))
    elif os.path.lexists(name):
        yield Found(plain(name))  # a link to nothing, which reading it says
    else:
        yield from _glob(name, out, follow_links)


def found(path: str, beneath: str | None, follow_links: bool) -> Found | Reject:
    """Give a file that was found in a folder; a link to a folder, or that is not followed, is a reject."""
    try:
        status = os.lstat(path)
    except OSError:  # gone since it was listed, so that opening it says so
        return Found(plain(path), None, beneath)
    if not stat.S_ISLNK(status.st_mode):
        return Found(plain(path), time_of(status.st_mtime), beneath)
    if os.path.isdir(path):
        return _reject(path, "link", LINK_TO_FOLDER)
    return Found(plain(path), _modified(path)) if follow_links else _reject(path, "link", LINK)


def resolved(path: str) -> str:
    """Resolve the links of a local path; a path of another file system is given as it is."""
    return os.path.realpath(path) if is_local(path) else path


def lies_in(path: str, folder: str) -> bool:
    """Tell whether a path is a folder or lies in it; both as `resolved` gives them.

    >>> lies_in("/in/a", "/in"), lies_in("/in", "/in"), lies_in("/into", "/in"), lies_in("/a", "/")
    (True, True, False, True)
    """
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def is_input(path: str, out: str | None) -> bool:
    """Tell whether a path lies outside of `out`, which is `resolved` already."""
    return out is None or not lies_in(resolved(path), out)


def plain(path: str) -> str:
    """Normalise a path, so that the rows of a file replace each other however its folder was spelled.

    >>> plain("./in//a.txt"), plain("link/../a.txt")
    ('in/a.txt', 'link/../a.txt')
    """
    return path if ".." in path.split(os.sep) else os.path.normpath(path)


def is_utf8(name: str) -> bool:
    """Tell whether a name can be written in the tables."""
    return LONE_SURROGATES.search(name) is None


def escaped(name: str) -> str:
    """Write a name so that it is UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()


def bad_name(name: str) -> Reject:
    """Make the reject of a name that is not UTF-8."""
    return _reject(name, "bad_name", f"the name is not UTF-8; {RENAME}")


def unreadable(path: str, error: Exception) -> Reject:
    """Make the reject of a path that cannot be listed or opened."""
    return _reject(path, "unreadable", escaped(str(error))[:500])


def _walk(top: str, beneath: str, out: str | None, follow_links: bool) -> Iterator[Found | Reject]:
    """Walk a folder to the bottom, by name; the files of a folder come before those of its subfolders."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield unreadable(folder, error)
            continue
        inner = []
        for entry in entries:
            if entry.is_symlink():
                yield from _link(entry.path, out, follow_links)
            elif not entry.is_dir(follow_symlinks=False):
                yield found(entry.path, beneath, follow_links)
            elif is_input(entry.path, out):
                inner.append(entry.path)
        waiting.extend(reversed(inner))


def _link(path: str, out: str | None, follow_links: bool) -> Iterator[Found | Reject]:
    """Yield what comes of a link; nothing where it leads to the tables."""
    if is_input(path, out):
        yield found(path, None, follow_links)


def _glob(pattern: str, out: str | None, follow_links: bool) -> Iterator[Found | Reject]:
    beneath, nothing = plain(before_magic(pattern)[0]), True
    links: set[str] = set()
    for path in matching(pattern):
        nothing = False
        if isinstance(path, Reject):
            yield path
        elif not is_input(path, out):
            continue
        elif os.path.islink(path):
            if path not in links:  # a link to a folder matches ``**`` and what follows it
                links.add(path)
                yield from _link(path, out, follow_links)
        elif not os.path.isdir(path):
            yield found(path, beneath, follow_links)
        elif not EVERYTHING.search(pattern):  # else its files are matched themselves
            yield from _walk(path, beneath, out, follow_links)
    if nothing:
        yield _no_match(pattern)


def matching(pattern: str) -> Iterator[str | Reject]:
    """Yield the paths that match a pattern as those of `glob` do, but for those behind a link to a folder.

    `glob` follows such links: a few that lead upwards make the matches of ``**`` more than can be counted.
    Here the link is yielded in the place of what lies behind it; a folder that cannot be listed is a reject.
    """
    start = before_magic(pattern)
    waiting = [start] if os.path.lexists(start[0]) else []
    while waiting:
        path, parts = waiting.pop()
        if not parts:
            yield path
            continue
        inner: list[tuple[str, tuple[str, ...]]] = []
        part, rest = parts[0], parts[1:]
        if part == "**" and rest:
            inner.append((path, rest))
        if part != "**" and not glob.has_magic(part):
            child = os.path.join(path, part)
            if os.path.lexists(child) if not rest else os.path.isdir(child):
                inner.append((child, () if os.path.islink(child) else rest))
        else:
            try:
                with os.scandir(path) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                yield unreadable(path, error)
                continue
            inner.extend(_inside(entries, part, parts))
        waiting.extend(reversed(inner))


def _inside(
    entries: Iterable[os.DirEntry[str]], part: str, parts: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the entries of a folder that match the first part of a pattern, and what is to match in them."""
    rest = parts[1:]
    for entry in entries:
        if entry.name.startswith(".") and not part.startswith("."):
            continue
        if part != "**" and not fnmatch.fnmatchcase(entry.name, part):
            continue
        if entry.is_dir(follow_symlinks=False):
            if part == "**" or rest:
                yield entry.path, parts if part == "**" else rest
            else:
                yield entry.path, ()
        elif not rest or (entry.is_symlink() and os.path.isdir(entry.path)):
            yield entry.path, ()


def before_magic(pattern: str) -> tuple[str, tuple[str, ...]]:
    """Split a pattern after the folder that is named in full.

    >>> before_magic("/in/a*/b/*.txt"), before_magic("*.md"), before_magic("/**/")
    (('/in', ('a*', 'b', '*.txt')), ('.', ('*.md',)), ('/', ('**',)))
    """
    parts = [part for part in pattern.split(os.sep) if part]
    named = next((n for n, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    root = os.sep if pattern.startswith(os.sep) else ""
    return root + os.sep.join(parts[:named]) or os.curdir, tuple(parts[named:])


def _matches(pattern: str) -> Iterator[Found | Reject]:
    """List a pattern of a remote file system as `FileSystem.match` does, without holding all matches."""
    entry = None
    try:
        system = beam(pattern).get_filesystem(pattern)
        prefix = re.match(r"[^\[*?]*", pattern).group(0)  # type: ignore[union-attr]  # it always matches
        if prefix == pattern or system.has_dirs():
            entries = iter(beam(pattern).match([pattern])[0].metadata_list)
        else:
            entries = system.match_files(system._list(prefix), pattern)
        for entry in entries:
            yield Found(entry.path, time_of(entry.last_updated_in_seconds))
    except Exception as error:  # each file system has exceptions of its own
        yield unreadable(pattern, error)
        return
    if entry is None:
        yield _no_match(pattern)


def _modified(path: str) -> datetime | None:
    try:
        return time_of(os.stat(path).st_mtime)
    except OSError:
        return None


def time_of(seconds: float | None) -> datetime | None:
    """Give a file's modification time, or None where it has none, or one that the tables do not take."""
    return datetime.fromtimestamp(seconds, UTC) if seconds and 0 < seconds < LATEST_SECONDS else None


def _no_match(name: str) -> Reject:
    return _reject(name, "unreadable", "no such file, and no file matches it")


def _reject(path: str, reason: str, detail: str) -> Reject:
    return Reject(None, of_path(path), "read", reason, detail)
