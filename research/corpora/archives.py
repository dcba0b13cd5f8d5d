"""Read members of the data archives without unpacking them to disk."""

import csv
import io
import re
import tarfile
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from docassay.schemas.errors import UsageError

STATED = re.compile(r"(?i)\blicence(?: \([^)]*\))?:\s*(\S.*)")


def read_members(archive: Path, pattern: str) -> dict[str, bytes]:
    """Return the files of a tar archive whose name matches a shell pattern, in the archive's order.

    Raises:
        FileNotFoundError: the archive is missing, or no member matches (usual cause: a data folder of
            another version).
    """
    if not archive.is_file():
        raise FileNotFoundError(
            f"{archive} is missing. Give the folder that holds labelled/ and documents/ with --data."
        )
    contents: dict[str, bytes] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            handle = tar.extractfile(member) if member.isfile() and fnmatch(member.name, pattern) else None
            if handle is not None:
                contents[member.name] = handle.read()
    if not contents:
        raise FileNotFoundError(
            f"{archive} holds nothing named {pattern}. Is it the archive that the data README describes?"
        )
    return contents


def read_member(archive: Path, pattern: str) -> bytes:
    """Return the one member whose name matches; the first, if several do."""
    return next(iter(read_members(archive, pattern).values()))


def licences(data: Path, archives: Iterable[str]) -> list[str]:
    """Return what the `SOURCE.txt` of archives below `data` says of their licence, each statement once.

    Raises:
        ValueError: An archive says nothing.
    """
    statements: list[str] = []
    for name in archives:
        of_archive = [
            found[1].strip()
            for source in read_members(data / name, "*SOURCE.txt").values()
            for line in source.decode("utf-8").splitlines()
            if (found := STATED.search(line))
        ]
        if not of_archive:
            raise UsageError(f"{data / name} states no licence: SOURCE.txt has no line that begins licence:")
        statements += of_archive
    return list(dict.fromkeys(statements))


def csv_rows(data: bytes, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    r"""Parse CSV with a header; undecodable bytes become U+FFFD, missing cells the empty string.

    >>> csv_rows(b"a,b\n1,2\n")
    [{'a': '1', 'b': '2'}]
    """
    csv.field_size_limit(10_000_000)
    reader = csv.DictReader(io.StringIO(data.decode(encoding, errors="replace"), newline=""))
    return [{key: value or "" for key, value in row.items() if key is not None} for row in reader]
