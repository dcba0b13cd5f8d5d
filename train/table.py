"""Labelled rows of CSV, JSONL or Parquet, and what is wrong in which line.

Memory is bounded by the limits below, whatever the file holds.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from docassay.models.catalog import MAX_LABEL_CHARS
from docassay.schemas.errors import DataError
from docassay.transforms.formats.plain import LONE_SURROGATES

MAX_ROWS = 1_000_000
MAX_TOTAL_CHARS = 500_000_000
MAX_FIELD_CHARS = 1_000_000
"""A longer field of a CSV is an unclosed quote."""
MAX_LINE_BYTES = 8_000_000
MAX_TEXT_CHARS = 20_000
"""Of a longer text only so much is used: a segment, not a document, is what a head is asked."""
MAX_LABELS_A_TEXT = 100

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Row:
    """A text with its labels, sorted; `line` is where it begins, counted from 1 (of Parquet, the row).

    `document` names the document that it is of, "" where there is no such column.
    """

    line: int
    text: str
    labels: tuple[str, ...]
    split: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns, and what parts the labels of a cell."""

    text: str = "text"
    label: str = "label"
    split: str = "split"
    document: str = "document"
    separator: str = ";"


@dataclass(slots=True)
class Findings:
    """What is wrong with the data: by (severity, what), the lines."""

    lines: dict[tuple[Severity, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def error(self, what: str, *lines: int) -> None:
        """Add what keeps the data from being used."""
        self.lines["error", what].extend(lines)

    def warning(self, what: str, *lines: int) -> None:
        """Add what a reader should know."""
        self.lines["warning", what].extend(lines)

    def messages(self, severity: Severity, where: str = "line") -> list[str]:
        """Write each finding as one line of text, with the first of its places."""
        return [
            what + _places(sorted(set(lines)), where)
            for (kind, what), lines in self.lines.items()
            if kind == severity
        ]


@dataclass(frozen=True, slots=True)
class Table:
    """The usable rows, whether a cell held several labels or a list, and what a row's place is called."""

    rows: list[Row]
    listed: bool
    where: str


def read(path: Path, columns: Columns, findings: Findings) -> Table:
    """Read all rows; a faulty row is left out and added to the findings.

    Raises:
        DataError: The file is none of the formats, has not the columns, or breaks off.
    """
    readers = {".csv": _csv, ".tsv": _csv, ".jsonl": _jsonl, ".ndjson": _jsonl, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path} is none of {', '.join(readers)}; the name shows the format")
    rows: list[Row] = []
    listed, total = False, 0
    for line, cells in reader(path, columns):
        if len(rows) >= MAX_ROWS:
            raise DataError(f"{path} has more than {MAX_ROWS:,} rows; train on a sample of them")
        row = _row(line, cells, columns, findings)
        listed = listed or isinstance(cells.get(columns.label), list)
        if row is not None:
            total += len(row.text)
            rows.append(row)
            listed = listed or len(row.labels) > 1
        if total > MAX_TOTAL_CHARS:
            raise DataError(f"{path} has more than {MAX_TOTAL_CHARS:,} characters; train on a sample")
    return Table(rows, listed, "row" if path.suffix.lower() == ".parquet" else "line")


def _row(line: int, cells: Mapping[str, Any], columns: Columns, findings: Findings) -> Row | None:
    text = cells.get(columns.text)
    if text is not None and not isinstance(text, str):
        findings.error(f"{columns.text} is not a text", line)
        return None
    if not text or not text.strip():
        findings.error("no text", line)
        return None
    if "\0" in text:
        findings.error(
            "a NUL character in the text: the file is binary or cut; write it again as UTF-8", line
        )
        return None
    if LONE_SURROGATES.search(text):
        findings.error("half of a character (a lone surrogate) in the text", line)
        return None
    if len(text) > MAX_TEXT_CHARS:
        findings.warning(
            f"texts longer than {MAX_TEXT_CHARS:,} characters: only that much of them is used", line
        )
    labels = _labels(cells.get(columns.label), columns.separator)
    if labels is None:
        findings.error(f"{columns.label} is neither a text nor a list of texts", line)
        return None
    if len(labels) > MAX_LABELS_A_TEXT:
        findings.error(f"more than {MAX_LABELS_A_TEXT} labels", line)
        return None
    for label in labels:
        if len(label) > MAX_LABEL_CHARS or not label.isprintable():
            findings.error(
                f"a label of more than {MAX_LABEL_CHARS} characters or with control characters:"
                f" is {columns.label!r} the column of labels?",
                line,
            )
            return None
    split, document = (
        "" if cells.get(name) is None else str(cells[name]).strip()
        for name in (columns.split, columns.document)
    )
    return Row(line, text.strip()[:MAX_TEXT_CHARS], labels, split, document)


def _labels(value: object, separator: str) -> tuple[str, ...] | None:
    if value is None:
        return ()
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, int):
        value = str(value)
    if isinstance(value, str):
        value = value.split(separator) if separator else [value]
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        return None
    return tuple(sorted({label.strip() for label in value} - {""}))


def _lines(path: Path) -> Iterator[str]:
    """Give the lines of a UTF-8 file with their ends."""
    with path.open("rb") as file:
        number = 0
        while content := file.readline(MAX_LINE_BYTES):
            number += 1
            if len(content) == MAX_LINE_BYTES:
                raise DataError(f"{path}, line {number}: longer than {MAX_LINE_BYTES:,} bytes")
            if number == 1 and content.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise DataError(f"{path} is UTF-16; convert it: iconv -f utf-16 -t utf-8")
            try:
                yield content.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{path}, line {number}: byte {content[error.start]:#04x} is not UTF-8; a text in another"
                    " encoding is converted by: iconv -f windows-1252 -t utf-8"
                ) from None


def _csv(path: Path, columns: Columns) -> Iterator[tuple[int, dict[str, Any]]]:
    lines = _lines(path)
    first = next(lines, "")
    parted = {mark: next(csv.reader([first], delimiter=mark), []) for mark in ",;\t|"}
    mark = max(
        parted, key=lambda mark: ({columns.text, columns.label} <= set(parted[mark]), len(parted[mark]))
    )
    names = [name.strip() for name in parted[mark]]
    _check_columns(path, names, columns)
    before = csv.field_size_limit(MAX_FIELD_CHARS)
    try:
        reader = csv.reader(lines, delimiter=mark, strict=True)
        line = 2
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise DataError(
                    f"{path}, line {line}: {error}; a quote that is not closed is the usual cause"
                ) from None
            if cells is None:
                return
            if cells and len(cells) != len(names):
                raise DataError(
                    f"{path}, line {line}: {len(cells)} fields where the header has {len(names)};"
                    " quote texts that hold the separator"
                )
            yield line, dict(zip(names, cells, strict=True)) if cells else {}
            line = reader.line_num + 2
    finally:
        csv.field_size_limit(before)


def _jsonl(path: Path, columns: Columns) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, (line, cells) in enumerate(objects_of(path)):
        if not number:
            _check_columns(path, list(cells), columns)
        yield line, cells


def objects_of(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give the objects of a JSONL in UTF-8, each with its line, counted from 1.

    Raises:
        DataError: A line holds anything else.
    """
    for line, content in enumerate(_lines(path), 1):
        if not content.strip():
            continue
        try:
            cells = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path}, line {line}: not JSON: {error}") from None
        if not isinstance(cells, dict):
            raise DataError(f"{path}, line {line}: not a JSON object, {{...}}")
        yield line, cells


def _parquet(path: Path, columns: Columns) -> Iterator[tuple[int, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _check_columns(path, names, columns)
            wanted = [name for name in _wanted(columns) if name in names]
            number = 0
            for batch in file.iter_batches(batch_size=256, columns=wanted):
                for cells in batch.to_pylist():
                    number += 1
                    yield number, cells
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is not a Parquet file that can be read: {' '.join(str(error).split())}"
        ) from None


def _wanted(columns: Columns) -> tuple[str, ...]:
    return columns.text, columns.label, columns.split, columns.document


def _check_columns(path: Path, names: list[str], columns: Columns) -> None:
    needed = [("--text-column", columns.text), ("--label-column", columns.label)]
    optional = [("--document-column", columns.document), ("--split-column", columns.split)]
    defaults = Columns()
    needed += [(option, name) for option, name in optional if name not in (defaults.document, defaults.split)]
    for option, name in needed:
        if names.count(name) > 1:
            raise DataError(f"{path} has several columns {name!r}; leave one, or name another: {option}")
        if name not in names:
            present = ", ".join(repr(other)[:40] for other in names[:20]) or "none"
            raise DataError(f"{path} has no column {name!r}; it has {present}; {option} names it")


def _places(lines: list[int], where: str) -> str:
    if not lines:
        return ""
    if len(lines) == 1:
        return f" ({where} {lines[0]})"
    more = f" and {len(lines) - 5:,} more" if len(lines) > 5 else ""
    return f" ({where}s {', '.join(map(str, lines[:5]))}{more})"
