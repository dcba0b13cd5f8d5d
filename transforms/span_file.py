"""Spans that somebody else has marked, from a file: JSON Lines, a span each.

    {"file": "letters/a.pdf", "start": 14, "end": 17, "label": "person", "text": "Ada", "person": "p1"}

`start_char`, `end_char`, `uri` and `doc_id` are read, too, so rows of the table `entities` will do. A file
in which nobody has found anything is named by a row without offsets.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docassay.schemas.errors import UsageError
from docassay.transforms.redact import PersonalSpan

MOST_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class GivenSpan:
    """A row of the file.

    Attributes:
        line: Its number, from 1.
        text: What stands there, by whoever marked it.
    """

    line: int
    span: PersonalSpan
    text: str | None


@dataclass(slots=True)
class SpanFile:
    """The spans of many documents.

    Attributes:
        name: What the file is called.
        rows: By what names a document: a path, a URI, a `doc_id`; of rows that name none, by ``""``.
        used: The names that were asked for.
    """

    name: str
    rows: Mapping[str, Sequence[GivenSpan]]
    used: set[str] = field(default_factory=set)

    def of(self, path: str, doc_id: str, text: str, alone: bool) -> list[PersonalSpan]:
        """Give the spans of a document.

        Args:
            path: What it is called; a row that names the end of its path means it, too.
            doc_id: SHA-256 of its bytes.
            text: Its text, in which the spans must lie.
            alone: It is the only one, so rows that name none mean it.

        Raises:
            UsageError: No row means it; a span is beyond its text, or something else stands there.
        """
        parts = path.replace("\\", "/").split("/")
        names = {doc_id, path, *("/".join(parts[at:]) for at in range(len(parts)))} | (
            {""} if alone else set()
        )
        meant = [name for name in sorted(names) if name in self.rows]
        if not meant:
            raise UsageError(f"{self.name} has no span of {path}, and none that says there is nothing in it")
        self.used.update(meant)
        return [self._checked(row, path, text) for name in meant for row in self.rows[name]]

    def unused(self) -> int:
        """Count the spans of documents that were not asked for."""
        return sum(len(rows) for name, rows in self.rows.items() if name not in self.used)

    def _checked(self, row: GivenSpan, path: str, text: str) -> PersonalSpan:
        start, end = row.span.start, row.span.end
        where = f"{self.name}, line {row.line}"
        if end > len(text):
            raise UsageError(
                f"{where}: {start} to {end} is beyond the text of {path}: {len(text):,} characters"
            )
        if row.text is not None and row.text != text[start:end]:
            raise UsageError(
                f"{where}: another text stands there in {path}; offsets are those of the text that"
                f" docassay reads: docassay explain {path} --json | jq -j .text"
            )
        return row.span


def read_spans(path: Path) -> SpanFile:
    """Read a file of spans.

    Raises:
        UsageError: It cannot be read, or a line is no span.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} has more than {MOST_BYTES:,} bytes")
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    rows: defaultdict[str, list[GivenSpan]] = defaultdict(list)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                _add(rows, number, json.loads(line))
            except (ValueError, RecursionError):
                what = "a span: an object with file, start, end and label"
                raise UsageError(f"{path}, line {number}: not {what}") from None
    return SpanFile(str(path), dict(rows))


def _add(rows: defaultdict[str, list[GivenSpan]], number: int, value: Any) -> None:
    if not isinstance(value, dict):
        raise ValueError
    names = list(_strings(value, "doc_id", "file", "uri"))
    name = names[0].removeprefix("file://").removeprefix("./") if names else ""
    start, end = (value.get(key, value.get(f"{key}_char")) for key in ("start", "end"))
    found = rows[name]
    if start is None and end is None and name:
        return
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise ValueError
    label, text, person = (next(_strings(value, key), None) for key in ("label", "text", "person"))
    found.append(GivenSpan(number, PersonalSpan(start, end, label or "removed", person), text))


def _strings(value: dict[str, Any], *keys: str) -> Iterator[str]:
    for key in keys:
        if value.get(key) is not None:
            if not isinstance(value[key], str):
                raise ValueError
            yield value[key]
