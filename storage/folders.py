"""Folders: what people glob, ``OUT/TABLE/*.parquet``: links to the files that the manifest names.

Each folder changes in one step: a single new file is one new name, and anything else is a new folder that takes
the place of the old one (`storage.exchange`). A file is never replaced by another of its name. So whoever lists a
folder gets the files before a commit or those after it; who opens one of the old files too late is told
that it is gone.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from docassay.storage.exchange import exchange_folders, share
from docassay.storage.manifest import DATA
from docassay.storage.parquet import sync

BEFORE = (
    "segments",
    "classifications",
    "entities",
    "flags",
    "findings",
    "translations",
    "documents",
    "rejects",
    "runs",
)
"""The order in which the folders change: what belongs to a document before it, and the run last."""


def update(out: str, scratch: str, table: str, names: Collection[str], dropped: Collection[str]) -> bool:
    """Have the folder of a table show these files, and not show those that were dropped; may be called again.

    What else lies in the folder stays there: it is not docassay's.

    Args:
        out: The output folder, on a local file system.
        scratch: A folder on the same file system for what is built and what is replaced.
        table: The table.
        names: Files of ``OUT/_data/TABLE`` that must be in the folder.
        dropped: Files that must not.

    Returns:
        Whether a folder was replaced, which readers may still be listing; it is in `scratch`.
    """
    folder, data = f"{out}/{table}", f"{out}/{DATA}/{table}"
    there = set(os.listdir(folder)) if os.path.isdir(folder) else None
    lacking = sorted(name for name in set(names) - (there or set()) if os.path.exists(f"{data}/{name}"))
    leaving = (there or set()) & set(dropped)
    if not leaving and (not lacking or (len(lacking) == 1 and there is not None)):
        for name in lacking:
            share(Path(data, name), Path(folder, name))
        return False
    new = f"{scratch}/folders/{table}"
    os.makedirs(new, exist_ok=True)
    for entry in os.scandir(folder) if there is not None else ():
        if entry.name not in leaving and not os.path.exists(f"{new}/{entry.name}"):
            if entry.is_dir(follow_symlinks=False):
                os.rename(entry.path, f"{new}/{entry.name}")
            else:
                share(Path(entry.path), Path(new, entry.name))
    for name in lacking:
        if not os.path.exists(f"{new}/{name}"):
            share(Path(data, name), Path(new, name))
    sync(new)
    exchange_folders(new, folder)
    sync(out)
    return there is not None
