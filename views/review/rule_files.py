"""The files of a folder of rules: read with a bound, told from what they were, and replaced."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from docassay.schemas.errors import UsageError
from docassay.views.review.params import Refused
from docassay.views.review.trial import FILES

MOST_BYTES = 500_000
"""Size of a file that is edited here."""


def read(folder: Path) -> dict[str, str]:
    """Read the files of a folder that are written here, by name; one that is not there is left out.

    Raises:
        UsageError: One cannot be read, or is too large.
    """
    files = {}
    for name in FILES:
        try:
            content = (folder / name).read_bytes() if (folder / name).is_file() else None
            if content is None:
                continue
            if len(content) > MOST_BYTES:
                raise UsageError(f"{folder / name} is larger than {MOST_BYTES:,} bytes: edit the file itself")
            files[name] = content.decode()
        except OSError as error:
            raise UsageError(f"{folder / name} cannot be read: {error.strerror or error}") from None
        except UnicodeDecodeError as error:
            raise UsageError(f"{folder / name} is not UTF-8 at byte {error.start}") from None
    return files


def digest_of(files: Mapping[str, str]) -> str:
    """Give what changes with any of the files."""
    checksum = hashlib.sha256()
    for name, text in sorted(files.items()):
        checksum.update(f"{name} {len(text.encode())}\n{text}".encode())
    return checksum.hexdigest()


def is_writable(folder: Path) -> bool:
    """Tell whether files of a folder can be replaced."""
    return os.access(folder, os.W_OK)


def replace(folder: Path, files: Mapping[str, str], seen: str) -> None:
    """Replace the files of a folder that have changed, each at one moment.

    Args:
        folder: The folder.
        files: All that are written here.
        seen: What `digest_of` gave of them when they were shown.

    Raises:
        Refused: Somebody has changed them meanwhile.
        UsageError: They cannot be written; what had been replaced is put back.
    """
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = read(folder)
        if digest_of(before) != seen:
            why = "Nothing was saved: the folder has changed since this page was loaded. Load it again."
            raise Refused(HTTPStatus.CONFLICT, why)
        done: list[str] = []
        try:
            for name, text in files.items():
                if text != before.get(name, ""):
                    _replace(folder / name, text)
                    done.append(name)
        except OSError as error:
            for name in done:
                _replace(folder / name, before.get(name, ""))
            raise UsageError(f"{folder} cannot be written: {error.strerror or error}") from None
    finally:
        os.close(lock)


def _replace(path: Path, text: str) -> None:
    """Replace a file, or where it is a link what that leads to."""
    path = Path(os.path.realpath(path))
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, name)
        else:
            os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
