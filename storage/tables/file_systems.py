"""Files: those of this machine through Python, all others through Beam's file systems.

Beam is imported for others alone: it takes longer than reading tables does, and whoever looks at tables of
this machine need not wait for it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple

from docassay.schemas.errors import MissingError, UsageError

CATALOGS = ("iceberg",)
"""The schemes of catalogs; tables of any other path are files in a folder."""

EXTRAS = {
    "gs": ("gcp", "google.cloud.storage"),
    "s3": ("aws", "boto3"),
    "iceberg": ("iceberg", "pyiceberg"),
}
"""By scheme: the optional dependency (an extra of the distribution), and a module that only it installs."""

_SCHEME = re.compile(r"\s*([A-Za-z][-A-Za-z0-9+.]*)://")
_WILD = re.compile(r"\*\*|\*")


class Found(NamedTuple):
    """A file that matches a pattern, with its size in bytes and when it was last written, in seconds."""

    path: str
    size: int
    written: float


def scheme(path: str) -> str | None:
    """Give what a path begins with that is not on this machine.

    >>> scheme("gs://bucket/tables"), scheme("/data/tables")
    ('gs', None)
    """
    match = _SCHEME.match(path)
    return match[1] if match else None


def is_local(path: str) -> bool:
    """Tell whether a path is on this machine's file system."""
    return scheme(path) is None


def is_catalog(out: str) -> bool:
    """Tell whether tables are named by a catalog, and not by a folder.

    >>> is_catalog("iceberg://lake/contracts"), is_catalog("gs://bucket/tables"), is_catalog("tables")
    (True, False, False)
    """
    return scheme(out) in CATALOGS


def need_folder(out: str, instead: str) -> None:
    """Refuse tables of a catalog, for what works on files alone.

    Args:
        out: The tables.
        instead: What does the same there.

    Raises:
        UsageError: They are a catalog's.
    """
    if is_catalog(out):
        raise UsageError(f"{out}: this works on a folder of tables, not on a catalog's; {instead}")


def check_extra(path: str) -> None:
    """Check that the extra for a path's scheme is installed; a local path needs none.

    Raises:
        MissingError: It is not; the message has the command that installs it.
    """
    extra, module = EXTRAS.get(path.partition("://")[0], ("", ""))
    if not extra:
        return
    try:
        installed = find_spec(module) is not None
    except ModuleNotFoundError:  # a parent package is missing
        installed = False
    if not installed:
        raise MissingError(f"{path}: needs the extra `{extra}`: pip install '.[{extra}]'")


def beam() -> Any:
    """Import Beam's `FileSystems`."""
    from apache_beam.io.filesystems import FileSystems
    from apache_beam.options.pipeline_options import PipelineOptions

    if FileSystems._pipeline_options is None:  # before a pipeline is; Beam's s3:// cannot do without
        FileSystems.set_options(PipelineOptions([]))
    return FileSystems


def open_file(path: str) -> Any:
    """Open a file to read its bytes, without decompression."""
    if is_local(path):
        return open(path, "rb")
    from apache_beam.io.filesystem import CompressionTypes

    return beam().open(path, compression_type=CompressionTypes.UNCOMPRESSED)


def create_file(path: str) -> Any:
    """Create a file to write bytes to; a local one with the folders above it."""
    if is_local(path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        return open(path, "wb")
    from apache_beam.io.filesystem import CompressionTypes

    return beam().create(path, compression_type=CompressionTypes.UNCOMPRESSED)


def exists(path: str) -> bool:
    """Tell whether there is such a file or folder."""
    return os.path.exists(path) if is_local(path) else bool(beam().exists(path))


def match(pattern: str) -> list[Found]:
    """List the files that match a pattern: `*` stands for any part of a name, `**` for folders, too."""
    if is_local(pattern):
        return list(_local(pattern))
    return [
        Found(entry.path, entry.size_in_bytes, entry.last_updated_in_seconds)
        for entry in beam().match([pattern])[0].metadata_list
    ]


def delete(paths: Sequence[str]) -> None:
    """Delete files, and local folders with all that is in them.

    Raises:
        OSError: One is not there, or cannot be deleted.
    """
    there = [path for path in paths if not is_local(path)]
    if there:
        beam().delete(there)
    for path in paths:
        if not is_local(path):
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.remove(path)


def rename(source: str, target: str) -> None:
    """Rename a file of an object store."""
    beam().rename([source], [target])


def copy(source: str, target: str) -> None:
    """Copy a file of an object store."""
    beam().copy([source], [target])


def _local(pattern: str) -> Iterator[Found]:
    above = pattern[: pattern.find("*")].rpartition("/")[0] if "*" in pattern else pattern.rpartition("/")[0]
    pieces, at = [], 0
    for wild in _WILD.finditer(pattern):
        pieces += [re.escape(pattern[at : wild.start()]), ".*" if wild[0] == "**" else "[^/]*"]
        at = wild.end()
    fits = re.compile("".join([*pieces, re.escape(pattern[at:])]), re.DOTALL)
    deep = "**" in pattern or "/" in pattern[len(above) + 1 :]
    for folder, below, names in os.walk(above or ("/" if pattern.startswith("/") else ".")):
        if not deep:
            below.clear()
        for name in names:
            path = f"{folder.rstrip('/')}/{name}" if above or pattern.startswith("/") else name
            if not fits.fullmatch(path):
                continue
            try:
                state = os.stat(path)
            except OSError:  # gone since
                continue
            yield Found(path, state.st_size, state.st_mtime)
