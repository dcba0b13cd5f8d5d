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
            if not (folder / name).is_file():
                continue
            with (folder / name).open("rb") as file:
                content = file.read(MOST_BYTES + 1)
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
        _replace(folder, {name: text for name, text in files.items() if text != before.get(name, "")}, before)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror or error}") from None
    finally:
        os.close(lock)


def _replace(folder: Path, files: Mapping[str, str], before: Mapping[str, str]) -> None:
    """Replace files once all are written; where one of them is a link, what that leads to."""
    paths = {name: Path(os.path.realpath(folder / name)) for name in files}
    written: dict[str, str] = {}
    done: list[str] = []
    try:
        for name, text in files.items():
            written[name] = _write(paths[name], text)
        for name, new in written.items():
            os.replace(new, paths[name])
            done.append(name)
    except OSError:
        for name in written.keys() - done:
            os.unlink(written[name])
        for name in done:
            if name in before:
                os.replace(_write(paths[name], before[name]), paths[name])
            else:
                paths[name].unlink()
        raise


def _write(path: Path, text: str) -> str:
    """Write what is to take the place of a file beside it, and give its name."""
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
    except BaseException:
        os.unlink(name)
        raise
    return name
