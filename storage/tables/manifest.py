"""Manifest: the files of all tables at one moment, so that a reader sees one state of them and no error.

``OUT/_manifests`` has an immutable file for each commit, and ``CURRENT``, which names the one that counts and
is replaced last. What a manifest names is never changed: on a local file system it lies in ``OUT/_data``, of
which the folders that people glob have links, and stays there for a while after it was replaced
(`transaction.transaction.sweep`); in an object store it lies in the folders themselves.

Where there is no manifest, the files in the folders are the tables; the first writer makes one (`listed`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from docassay.schemas.errors import DamagedError, TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.tables.file_systems import (
    file_sizes,
    matching,
    read_json,
    read_token,
    replace_if,
    sync,
    write_bytes,
)
from docassay.storage.tables.partitions import FOLDER

MANIFESTS = "_manifests"
"""The folder below the output that has the manifests."""

DATA = "_data"
"""The folder below a local output that has the files which manifests name."""

CURRENT = "CURRENT"
"""The file that names the manifest which counts."""

MOST_BYTES = 500_000_000
"""Largest manifest that is read: about five million files."""

COMMITS = 100
"""So many of the latest commits are named in a manifest, so that none of them is made twice."""

_NAME = re.compile(r"(\d{8})-([^/\\\x00-\x1f]{1,200})\.json")
_FILE = re.compile(rf"(?:{FOLDER}/)?(?!\.{{1,2}}$)[^/\\\x00-\x1f]+\.parquet")


_WHOLE: set[tuple[str, int, int]] = set()
"""The files that this process has found to be what their digests say: path, size and time."""

TablePaths = Mapping[str, Mapping[str, str]]
"""The paths of the files of every table, by table and name."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a table.

    Attributes:
        path: Where it lies, below the output folder.
        rows: Its rows; None where an earlier release wrote it.
        bytes: Its size.
        sha256: Its digest, in hexadecimal digits; None in an object store, which has checksums of its own.
    """

    path: str
    rows: int | None
    bytes: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of all tables after a commit.

    Attributes:
        number: Of the commit, from 1; 0 is what an object store had before the first.
        run_id: The run that made it, or the group of a stream.
        committed: When, by the clock of the writer; nothing hangs on it.
        files: By table and name.
        commits: What made the latest commits, this one last.
    """

    number: int
    run_id: str
    committed: str
    files: Mapping[str, Mapping[str, File]]
    commits: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """The name of its file below `MANIFESTS`."""
        return f"{self.number:08d}-{self.run_id}.json"

    @property
    def paths(self) -> set[str]:
        """Where all its files lie, below the output folder."""
        return {file.path for files in self.files.values() for file in files.values()}


def current(out: str) -> Manifest | None:
    """Read the manifest that counts, or None where there is none.

    Raises:
        TablesError: It is damaged, or gone.
    """
    return current_token(out)[0]


def current_token(out: str) -> tuple[Manifest | None, str | None]:
    """Read the manifest that counts, and what tells it from others (`file_systems.read_token`)."""
    content, token = read_token(f"{out}/{MANIFESTS}/{CURRENT}")
    return (None if content is None else read(out, _current_name(out, content))), token


def number_of(manifest: Manifest | None) -> int:
    """Give the number of a state of the tables; 0 where there is no manifest."""
    return 0 if manifest is None else manifest.number


def at(out: str, number: int) -> Manifest:
    """Read the manifest of an earlier commit, as long as it is there.

    Raises:
        TablesError: It is damaged, or there is none.
    """
    kept = numbers(out)
    if number not in kept:
        there = f"there are {min(kept)} to {max(kept)}" if kept else "there is none"
        raise TablesError(f"{out} has no manifest {number}; {there}")
    return read(out, kept[number])


def numbers(out: str) -> dict[int, str]:
    """List the manifests that are there: names by number; of two with one number, one that does not count."""
    content, _ = read_token(f"{out}/{MANIFESTS}/{CURRENT}")
    latest = _current_name(out, content) if content is not None else None
    found: dict[int, str] = {}
    for path in matching(f"{out}/{MANIFESTS}/*.json"):
        name = path.rsplit("/", 1)[1]
        if match := _NAME.fullmatch(name):
            number = int(match[1])
            if latest is None or number < int(latest[:8]) or name == latest:
                found[number] = name
    return dict(sorted(found.items()))


def table_paths(out: str, manifest: Manifest | None = None) -> TablePaths:
    """List the files of every table at one moment, in the order of their names.

    Args:
        out: The output folder.
        manifest: The moment; None: now. Tables without any manifest are listed folder by folder.

    Returns:
        Full paths by table and name.

    Raises:
        TablesError: The manifest is damaged, or gone.
    """
    manifest = manifest or current(out)
    if manifest is None:
        return {
            table: {name: f"{out}/{table}/{name}" for name in file_sizes(f"{out}/{table}")}
            for table in TABLES
        }
    return {
        table: {name: f"{out}/{file.path}" for name, file in sorted(manifest.files.get(table, {}).items())}
        for table in TABLES
    }


def table_files(out: str, manifest: Manifest | None = None) -> dict[str, list[str]]:
    """List the files of every table at one moment, as `table_paths` does, without their names."""
    return {table: list(paths.values()) for table, paths in table_paths(out, manifest).items()}


def check_files(out: str, manifest: Manifest | None, tables: Iterable[str]) -> None:
    """Compare files with their digests in a manifest: each once in a process, for its path, size and time.

    What is gone, or has no digest, is left to whoever reads it.

    Args:
        out: The output folder.
        manifest: The state of the tables that is read; None: there are no digests.
        tables: The tables that are read.

    Raises:
        DamagedError: One is another, or cannot be read.
    """
    files = {} if manifest is None else manifest.files
    for table in tables:
        for file in files.get(table, {}).values():
            path = os.path.abspath(f"{out}/{file.path}")
            if file.sha256 is None:
                continue
            try:
                with open(path, "rb") as content:
                    about = os.fstat(content.fileno())
                    known = (path, about.st_size, about.st_mtime_ns)
                    if known in _WHOLE or hashlib.file_digest(content, "sha256").hexdigest() == file.sha256:
                        _WHOLE.add(known)
                        continue
                fault = "it does not match its digest in the manifest"
            except FileNotFoundError:
                continue
            except OSError as error:
                fault = error.strerror or str(error)
            raise DamagedError(
                f"{path} is damaged: {fault}; to repair the tables: docassay verify {out} --quarantine"
            )


def file_sizes_at(out: str, manifest: Manifest | None, table: str) -> dict[str, int]:
    """Give the size of each file of a table in a state of the tables, by name."""
    files = manifest.files.get(table, {}) if manifest is not None else {}
    if manifest is not None and all(file.bytes is not None for file in files.values()):
        return {name: file.bytes or 0 for name, file in files.items()}
    listed = file_sizes(f"{out}/{table}")
    return listed if manifest is None else {name: listed.get(name, 0) for name in files}


def read(out: str, name: str) -> Manifest:
    """Read a manifest and check it: it is a file in a folder that others may write to.

    Raises:
        TablesError: It is damaged, or gone; the message says how to go on.
    """
    path = f"{out}/{MANIFESTS}/{name}"
    try:
        return _parse(read_json(path, MOST_BYTES), name)
    except FileNotFoundError:
        raise TablesError(f"{path} is gone; {_way_out(out)}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TablesError(f"{path} is damaged ({type(error).__name__}: {error}); {_way_out(out)}") from None


def changed(
    manifest: Manifest | None, run_id: str, added: Mapping[str, File], removed: Iterable[str]
) -> Manifest:
    """Make the manifest that follows.

    Args:
        manifest: The one before.
        run_id: What commits.
        added: By ``TABLE/NAME``.
        removed: Likewise.
    """
    before = manifest or Manifest(0, "", "", {})
    files = {table: dict(before.files.get(table, {})) for table in TABLES}
    for path in removed:
        table, _, name = path.partition("/")
        files[table].pop(name, None)
    for path, file in added.items():
        table, _, name = path.partition("/")
        files[table][name] = file
    return Manifest(before.number + 1, run_id, _now(), files, (*before.commits, run_id)[-COMMITS:])


def write(out: str, manifest: Manifest, token: str | None) -> bool:
    """Write a manifest to an object store, and make it the one that counts if none has come in between.

    Args:
        out: The output folder.
        manifest: What follows the manifest that counts.
        token: Of `CURRENT`, as `current_token` gave it before.
    """
    write_bytes(f"{out}/{MANIFESTS}/{manifest.name}", _encoded(manifest, ""))
    return replace_if(f"{out}/{MANIFESTS}/{CURRENT}", f"{manifest.name}\n".encode(), token)


def prepare(out: str, manifest: Manifest) -> None:
    """Write a manifest to a local file system, and all but the name of what makes it the one that counts."""
    write_bytes(f"{out}/{MANIFESTS}/{manifest.name}", _encoded(manifest, f"{DATA}/"))
    write_bytes(f"{out}/{MANIFESTS}/{CURRENT}.part", f"{manifest.name}\n".encode())


def finish(out: str) -> None:
    """Make the manifest that `prepare` has written the one that counts."""
    os.replace(f"{out}/{MANIFESTS}/{CURRENT}.part", f"{out}/{MANIFESTS}/{CURRENT}")
    sync(f"{out}/{MANIFESTS}")


def _encoded(manifest: Manifest, folder: str) -> bytes:
    content = {
        "docassay": "manifest",
        "number": manifest.number,
        "run_id": manifest.run_id,
        "committed": manifest.committed,
        "commits": manifest.commits,
        "folder": folder,
        "files": {
            table: {name: [file.rows, file.bytes, file.sha256] for name, file in files.items()}
            for table, files in manifest.files.items()
        },
    }
    return json.dumps(content, separators=(",", ":")).encode()


def listed(out: str, folder: str) -> Manifest:
    """Describe the files in the folders of the tables, for a first manifest or one that is lost.

    Args:
        out: The output folder.
        folder: Where the files lie that it names: `DATA` and a slash, or nothing in an object store.
    """
    files = {
        table: {
            name: File(f"{folder}{table}/{name}", None, size, None)
            for name, size in file_sizes(f"{out}/{table}").items()
        }
        for table in TABLES
    }
    return Manifest(max(_every_number(out), default=-1) + 1, "begun", _now(), files)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _every_number(out: str) -> list[int]:
    names = [path.rsplit("/", 1)[1] for path in matching(f"{out}/{MANIFESTS}/*.json")]
    return [int(match[1]) for name in names if (match := _NAME.fullmatch(name))]


def _current_name(out: str, content: bytes) -> str:
    name = content.decode("utf-8", "replace").strip()
    if not _NAME.fullmatch(name):
        raise TablesError(f"{out}/{MANIFESTS}/{CURRENT} is damaged: {name[:100]!r}; {_way_out(out)}")
    return name


def _parse(content: Any, name: str) -> Manifest:
    match = _NAME.fullmatch(name)
    if content["docassay"] != "manifest" or not match:
        raise ValueError("it is not a manifest")
    if (content["number"], content["run_id"]) != (int(match[1]), match[2]):
        raise ValueError(f"it is that of commit {content['number']!r} by {content['run_id']!r}")
    folder = content["folder"]
    if folder not in (f"{DATA}/", ""):
        raise ValueError(f"its files are in {folder!r}")
    files: dict[str, dict[str, File]] = {}
    for table, rows in content["files"].items():
        if table not in TABLES:
            raise ValueError(f"there is no table {table!r}")
        files[table] = {}
        for file_name, (number, size, digest) in rows.items():
            if not _FILE.fullmatch(file_name):
                raise ValueError(f"{file_name!r} is not a file name")
            files[table][file_name] = File(f"{folder}{table}/{file_name}", number, size, digest)
    commits = tuple(map(str, content["commits"]))
    return Manifest(content["number"], content["run_id"], str(content["committed"]), files, commits)


def _way_out(out: str) -> str:
    """Say what to do without the manifest that counts: the state before, or what lies in the folders."""
    kept = sorted(_every_number(out))
    before = f"the state before: docassay query {out} --at {kept[-2]}; " if len(kept) > 1 else ""
    return f"{before}to rebuild it from the folders of the tables: docassay verify {out} --quarantine"
