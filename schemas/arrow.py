"""Arrow schemas of the row classes, derived from their fields; `locked/` holds each one as text."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Sequence
from dataclasses import asdict, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

from docassay.schemas.rows import TABLES
from docassay.schemas.runs import Stamp

COMMON = {
    "doc_id": "SHA-256 of the document's bytes: identical bytes are the same document.",
    "uri": "Path or address of the input; a document inside it is PARENT#attachment-N or FILE#line-N. If a"
    " file's own name ends like that, its # is written %23.",
    "domain": "`legal`, `financial`, `medical`, the name of another domain, or `unknown`.",
    "segment": "Number of the segment within the document; see `segments`.",
    "start_char": "Offset of the first character in the document's text, from 0; with `end_char` as in a"
    " Python slice.",
    "end_char": "Offset of the character after the last.",
    "page": "Page of a PDF or image on which it begins, from 1; null for other formats and in older files.",
    "boxes": "Position on the pages: one box per line, two if a line has a wide gap, in points from the top"
    " left of the page as displayed. Null if the position is not known.",
    "language": "Language as a BCP 47 tag; `und` if it cannot be determined.",
    "severity": "`low`, `medium`, `high` or `critical`.",
    "evidence": "Text from `start_char` to `end_char`.",
    "why": "Explanation for a person.",
    "source": "Source of the rule: a law, a standard or a typology.",
    "model": "Model that decided, as `name@version`.",
    "run_id": "Run that wrote the row; see `runs`.",
    "processed_at": "When the row was written, in UTC.",
}
"""What the columns that several tables share mean; the row classes describe the others."""

LOCKED = Path(__file__).parent / "locked"

_TYPES: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    date: pa.date32(),
    datetime: pa.timestamp("us", tz="UTC"),
}


@cache
def schema(table: str) -> pa.Schema:
    """Derive a table's schema: one column per field, nullable where it may be None, then those of `Stamp`.

    Raises:
        KeyError: No such table.
    """
    hints = get_type_hints(Stamp) | get_type_hints(TABLES[table])
    names = dict.fromkeys(f.name for row in (TABLES[table], Stamp) for f in fields(row))
    return pa.schema([_column(name, hints[name]) for name in names])


def row_columns(table: str, rows: Sequence[Any]) -> dict[str, list[Any]]:
    """Turn rows of a table into columns, in order, without those that only `Stamp` has."""
    columns = {f.name: [getattr(row, f.name) for row in rows] for f in fields(TABLES[table])}
    if "boxes" in columns:
        columns["boxes"] = [boxes and [asdict(box) for box in boxes] for boxes in columns["boxes"]]
    return columns


def stamp_columns(table: str, stamp: Stamp, rows: int) -> dict[str, list[Any]]:
    """Repeat a stamp for so many rows of a table, as columns, without those that the row class has itself."""
    row_fields = {f.name for f in fields(TABLES[table])}
    return {f.name: [getattr(stamp, f.name)] * rows for f in fields(Stamp) if f.name not in row_fields}


def text(table: str) -> str:
    """Write a table's schema as it stands in `locked/`: one column per line, name and type."""
    lines = [f"{f.name}: {f.type}{'' if f.nullable else ' not null'}" for f in schema(table)]
    return "\n".join(lines) + "\n"


def meanings(table: str) -> dict[str, str]:
    """Describe each column of a table, by name, from its row class's docstring and `COMMON`."""
    attributes = inspect.cleandoc(TABLES[table].__doc__ or "").partition("Attributes:\n")[2]
    entries = re.findall(r"(?m)^ {4}(\w+): (.*(?:\n {8}.*)*)", attributes)
    descriptions = COMMON | {name: " ".join(text.split()).replace("``", "`") for name, text in entries}
    return {name: descriptions.get(name, "") for name in schema(table).names}


def _column(name: str, hint: Any) -> pa.Field:
    nullable = False
    if get_origin(hint) in (Union, types.UnionType):
        choices = [choice for choice in get_args(hint) if choice is not type(None)]
        nullable, hint = True, choices[0]
    if get_origin(hint) is tuple:
        return pa.field(name, pa.list_(pa.field("item", _type(get_args(hint)[0]), nullable=False)), nullable)
    if get_origin(hint) is Literal:
        hint = str
    return pa.field(name, _TYPES[hint], nullable)


def _type(hint: Any) -> pa.DataType:
    if not is_dataclass(hint):
        return _TYPES[hint]
    return pa.struct([_column(name, of_field) for name, of_field in get_type_hints(hint).items()])
