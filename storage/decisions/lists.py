"""Decision lists: decisions in a file, as another system or a spreadsheet writes them: CSV, or JSON lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from docassay.schemas.errors import InputError
from docassay.storage.decisions.choice import Choice

MOST_BYTES = 200_000_000
"""Largest file."""

MOST_ROWS = 100_000
"""Most decisions in one file, which are one commit."""

_OFFSETS = ("start_char", "end_char", "corrected_start", "corrected_end", "segment")
_SEEN = ("run_id", "evidence", "decided_by")
COLUMNS = tuple(field.name for field in fields(Choice) if field.name not in _SEEN)
"""What a file may have; the first four it must."""


def read_choices(path: str) -> list[Choice]:
    """Read decisions from a file; a name that ends in ``.csv`` is CSV with a header, any other JSON lines.

    Raises:
        InputError: It cannot be read, or a line is wrong; the message says which.
    """
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            raise InputError(f"{path} has more than {MOST_BYTES:,} bytes; split it")
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = _csv(file, path) if path.lower().endswith(".csv") else _json_lines(file, path)
            choices = [_choice(row, f"{path}:{number}") for number, row in islice(rows, MOST_ROWS + 1)]
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8") from None
    if not choices:
        raise InputError(f"{path} has no decisions")
    if len(choices) > MOST_ROWS:
        raise InputError(f"{path} has more than {MOST_ROWS:,} decisions; split it")
    return choices


def _csv(file: Iterable[str], path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(file, strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise InputError(f"{path}:{reader.line_num}: the number of values differs from the header")
            yield reader.line_num, {name.strip(): value for name, value in row.items() if value != ""}
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: {error}") from None


def _json_lines(file: Iterable[str], path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, text in enumerate(file, 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}:{number}: not valid JSON: {error}") from None
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number}: not a JSON object")
        yield number, {name: value for name, value in row.items() if value is not None}


def _choice(row: dict[str, Any], where: str) -> Choice:
    if unknown := sorted(set(row) - set(COLUMNS)):
        raise InputError(f"{where}: there is no column {unknown[0]!r}; there are {', '.join(COLUMNS)}")
    if missing := [name for name in COLUMNS[:4] if name not in row]:
        raise InputError(f"{where}: {missing[0]} is missing")
    values: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InputError(f"{where}: {name} is neither text nor a whole number")
        try:
            if name in _OFFSETS:
                values[name] = int(value)
            elif name == "decided_at":
                time = datetime.fromisoformat(str(value))
                values[name] = time if time.tzinfo else time.replace(tzinfo=UTC)
            else:
                values[name] = str(value)
        except (ValueError, OverflowError):
            raise InputError(f"{where}: {name} is {str(value)[:50]!r}") from None
    if any(not 0 <= values.get(name, 0) < 2**62 for name in _OFFSETS):
        raise InputError(f"{where}: an offset is out of range")
    return Choice(**values)
