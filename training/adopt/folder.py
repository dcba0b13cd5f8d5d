"""Where adopted models are put, and the card that describes one."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from models import catalog
from models.catalog import ModelError
from training.modelfile import Value, digests


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


def describe(folder: Path, about: Mapping[str, Value]) -> None:
    """Write the card of a folder without tasks, with the digest of each file."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in about.items()]
    files = [f"{json.dumps(name)} = {json.dumps(digest)}\n" for name, digest in digests(folder).items()]
    (folder / "model.toml").write_text("".join([*lines, "\n[files]\n", *files]), encoding="utf-8")


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
