"""Find the file of a document where the tables were made in another folder, or the files have moved."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

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


def under(uri: str, root: str) -> str:
    """Name a document by its file below `root` if none is where the URI says; else by the URI."""
    named = locate(uri)
    path = local_path(named.file)
    if not root or path is None or os.path.lexists(path):
        return uri
    there: Sequence[str] = [place for place in places(path, root) if os.path.isfile(place)]
    return str(Uri(there[0], named.marks)) if there else uri
