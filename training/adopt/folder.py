"""Where adopted models are put, and how what goes wrong is told."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docassay.models import catalog
from docassay.schemas.errors import ModelError


@contextmanager
def made(to: Path, name: str) -> Iterator[Path]:
    """Give an empty folder that becomes ``to/name`` when the block ends well, and is gone when it does not.

    Raises:
        ModelError: the name is no folder name, is that of a shipped model, or is taken.
    """
    target = to / name
    if Path(name).name != name or name.startswith(".") or not name.isprintable():
        raise ModelError(f"{name!r} cannot be the name of a model's folder; give another by --name")
    if name in catalog.shipped():
        raise ModelError(f"{name} is a shipped model; give yours another name by --name")
    if target.exists():
        raise ModelError(f"{target} exists already; remove it first, or give another name by --name")
    try:
        to.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=to))
    except OSError as error:
        raise ModelError(f"{to} cannot be written to: {error.strerror}") from None
    try:
        yield part
        part.chmod(0o755)
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


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
            f"{folder} has {free / 1e9:.1f} GB free; {needed / 1e9:.1f} GB are needed for a while"
        )


def first_line(error: Exception) -> str:
    """Give the first line of an error that others raised, or its type."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
