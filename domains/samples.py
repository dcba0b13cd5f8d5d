"""Samples: the documents that ship with each domain."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from docassay import domains
from docassay.schemas.errors import OutputError

EXPECTED = "expected.toml"
"""What tests expect of a domain's samples; it is no sample."""


def copy(folder: Path) -> int:
    """Copy every domain's samples into ``folder/DOMAIN``; return how many there are.

    Raises:
        OutputError: One of the files already exists, or the folder cannot be written.
    """
    copies = [(path, folder / relative) for path, relative in samples()]
    for _, target in copies:
        if target.exists():
            raise OutputError(f"{target} already exists; name another folder")
    try:
        for path, target in copies:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror or error}") from None
    return len(copies)


def samples() -> Iterator[tuple[Path, Path]]:
    """List the samples of every domain: the file, and ``DOMAIN/NAME`` under which it is copied."""
    for name in domains.names():
        root = domains.load(name).folder / "samples"
        for path in sorted(root.rglob("*")):
            relative = path.relative_to(root)
            if path.is_file() and path.name != EXPECTED and not relative.parts[0].startswith((".", "_")):
                yield path, Path(name, relative)
