"""Partitions: the folders below a table with the rows of one month, domain or source, named as Hive does.

A file in one is called ``by_month=2026-01/NAME``; of a group, the files of all tables lie in folders of the
same name. Which rows a run replaces is looked up by `doc_id` in every file, so nothing depends on a document
staying in its partition. Keys begin with ``by_``: readers take them for columns, and no table has such a one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from docassay.schemas.uris import Uri

UNKNOWN = "unknown"
"""The value of a document without a date, or a file without a folder. Hive's own stops pandas."""

OTHER = "other"
"""The value of what comes when there are `MOST` partitions."""

MOST = 1_000
"""Partitions of a table: a source is what somebody calls a folder, and there may be a million."""

MOST_CHARS = 120
"""Characters of a value; of a longer one the digest stands for the end. Names of files have 255 bytes."""

FOLDER = r"by_(?:month|domain|source)=[A-Za-z0-9._~%-]+"
"""Matches the name of such a folder."""

_DIGEST = 16
_SPLIT = re.compile(r"(?:%[0-9A-F]{2})*%?[0-9A-F]?\Z")
"""The escapes at which a text was cut: a character may have four, and no reader decodes the half of one."""


def _month(row: Mapping[str, Any]) -> str | None:
    return f"{row['document_date']:%Y-%m}" if row["document_date"] else None


def _source(row: Mapping[str, Any]) -> str | None:
    return Uri.parse(row["uri"]).file.rpartition("/")[0] or None


_VALUES: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str | None]]] = {
    "month": ("document_date", _month),
    "domain": ("domain", lambda row: row["domain"]),
    "source": ("uri", _source),
}
"""By key: the column of `documents` that it is read from, and the value of a row."""

KEYS = tuple(_VALUES)
"""By what tables can be partitioned: month of the document's own date, its domain, the folder of its file."""


def columns(key: str) -> list[str]:
    """Give the columns of `documents` that tell the partition of a document."""
    return ["doc_id", _VALUES[key][0]]


def folders_of(key: str, documents: Iterable[Mapping[str, Any]], there: Collection[str]) -> dict[str, str]:
    """Give the folder of each document.

    Args:
        key: One of `KEYS`.
        documents: Rows with `columns`.
        there: The folders that there are already; where there are `MOST`, no further one is made.
    """
    known = set(there)
    found = {}
    for row in documents:
        name = folder(key, _VALUES[key][1](row))
        if name not in known and len(known) >= MOST:
            name = folder(key, OTHER)
        known.add(name)
        found[row["doc_id"]] = name
    return found


def folder(key: str, value: str | None) -> str:
    """Name the folder of a partition: all but letters, digits and ``. _ ~ -`` is percent-encoded.

    >>> folder("month", "2026-01"), folder("source", "in/Straße 1")
    ('by_month=2026-01', 'by_source=in%2FStra%C3%9Fe%201')
    """
    text = UNKNOWN if value is None else quote(value, safe="", errors="backslashreplace")
    if len(text) > MOST_CHARS:
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]
        text = f"{_SPLIT.sub('', text[: MOST_CHARS - _DIGEST - 1])}~{digest}"
    return f"by_{key}={text}"


def folder_in(name: str) -> str:
    """Give the folder in the name of a file; empty where it lies in none.

    >>> folder_in("by_month=2026-01/a.parquet"), folder_in("a.parquet")
    ('by_month=2026-01', '')
    """
    return name.rpartition("/")[0]


def in_folder(folder: str, name: str) -> str:
    """Name a file that lies in a partition, or, where the folder is empty, in none."""
    return f"{folder}/{name}" if folder else name


def is_of(name: str, key: str) -> bool:
    """Tell whether a file lies in a partition of a key, by its name."""
    return folder_in(name).startswith(f"by_{key}=")


def name_in(path: str) -> str:
    """Give the name that a file has in its table, from its path.

    >>> name_in("out/_data/flags/by_domain=legal/a.parquet"), name_in("by_domain=x/flags/a.parquet")
    ('by_domain=legal/a.parquet', 'a.parquet')
    """
    above, _, name = path.rpartition("/")
    last = above.rpartition("/")[2]
    return in_folder(last if is_folder(last) else "", name)


def is_folder(name: str) -> bool:
    """Tell whether a folder of this name is a partition."""
    return re.fullmatch(FOLDER, name) is not None
