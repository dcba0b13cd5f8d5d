"""Where adopted models are put, and how what goes wrong is told."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docassay.models import catalog
from docassay.schemas.errors import ModelError

LONGEST_NAME = 200
"""Most bytes of a model's name: a folder's has 255 at most, and while it is made there is more around it."""


def check_name(to: Path, name: str) -> Path:
    """Return the folder ``to/name``, which is still to be made.

    Raises:
        ModelError: the name is no folder name, is that of a shipped model, or is taken.
    """
    target = to / name
    if Path(name).name != name or name.startswith(".") or not name.isprintable():
        raise ModelError(f"{name[:80]!r} cannot be the name of a model's folder; give another with --name")
    if len(name.encode()) > LONGEST_NAME:
        raise ModelError(f"a model's name has {LONGEST_NAME} bytes at most; give a shorter one with --name")
    if name in catalog.shipped():
        raise ModelError(f"{name} is a shipped model; give yours another name with --name")
    if os.path.lexists(target):  # a link that leads nowhere, too
        raise ModelError(f"{target} already exists; remove it first, or give another name with --name")
    return target


@contextmanager
def made(to: Path, name: str) -> Iterator[Path]:
    """Give an empty folder that becomes ``to/name`` when the block ends well, and is gone when it does not.

    Raises:
        ModelError: the name is no folder name, is that of a shipped model, or is taken; or nothing can be
            written there.
    """
    target = check_name(to, name)
    with scratch(to, f".{name}.") as part:
        yield part
        part.chmod(0o755)
        try:
            part.rename(target)
        except OSError as error:
            raise ModelError(f"{target} cannot be made: {error.strerror}") from None


@contextmanager
def scratch(to: Path, prefix: str) -> Iterator[Path]:
    """Give an empty folder below `to` that is gone when the block ends.

    Raises:
        ModelError: nothing can be written there.
    """
    try:
        to.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=to))
    except OSError as error:
        raise ModelError(f"{to} cannot be written to: {error.strerror}") from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def room(folder: Path, needed: int) -> None:
    """Refuse to begin where the disk has not the room to end.

    Raises:
        ModelError: less than `needed` bytes are free.
    """
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelError(
            f"{folder} has {free / 1e9:.1f} GB free; {needed / 1e9:.1f} GB are needed temporarily"
        )


@contextmanager
def told(problem: str, most: int = 300) -> Iterator[None]:
    """Tell what Transformers, the converter and `tokenizers` raise at a faulty model: what they like.

    Args:
        problem: What cannot be done.
        most: Characters of the error that are told.

    Raises:
        ModelError: Something was raised, a `ModelError` as it is.
    """
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{problem}: {first_line(error)[:most]}") from None


def first_line(error: Exception) -> str:
    """Give the first line of an error that others raised, or its type."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
