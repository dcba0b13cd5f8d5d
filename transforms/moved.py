"""Find the file of a document where the tables were made in another folder, or the files have moved."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator

from docassay.schemas.errors import UsageError
from docassay.schemas.uris import Uri, local_path
from docassay.transforms.read import locate


def places(path: str, root: str = "", out: str = "") -> Iterator[str]:
    """List where a file may lie, the likeliest first; each once, whether or not there is one.

    Args:
        path: Of the file, as the tables name it.
        root: The folder to which the files have moved: the path, or the end of it, lies below.
        out: The folder of the tables; a path may be relative to it, or to the folder in which it lies.

    >>> list(places("in/a.txt", "/moved", "/data/tables"))
    ['/moved/in/a.txt', '/moved/a.txt', 'in/a.txt', '/data/tables/in/a.txt', '/data/in/a.txt']
    """
    parts = [part for part in path.split(os.sep) if part not in ("", os.curdir)]
    found = []
    if root and os.pardir not in parts:
        found += [os.path.join(root, *parts[n:]) for n in range(len(parts))]
    found.append(path)
    if out and not os.path.isabs(path):
        folder = os.path.abspath(out)
        found += [os.path.join(folder, path), os.path.join(os.path.dirname(folder), path)]
    yield from dict.fromkeys(found)


def under(uri: str, root: str, digests: Callable[[str], Collection[str]]) -> str:
    """Name a document by its file below `root` if none is where the URI says; else by the URI.

    Args:
        uri: As the tables have it.
        root: The folder to which the files have moved.
        digests: Gives the SHA-256 that the file had when it was read; called where a file has moved.

    Raises:
        UsageError: Files of that name are there, and none is the one that was read.
    """
    named = locate(uri)
    path = local_path(named.file)
    if path is None or os.path.lexists(path):
        return uri
    there = [place for place in places(path, root) if os.path.isfile(place)]
    known = digests(named.file) if there else ()
    for place in there:
        with open(place, "rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() in known:
                return str(Uri(place, named.marks))
    if there:
        raise UsageError(f"{uri}: {there[0]} has that name, but is not the file that was read")
    return uri
