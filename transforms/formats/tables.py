"""Tables to text: a line a row, the cells of a row with `` | ``; of a workbook, each sheet under its name.

Workbooks are read by calamine, a Rust library: Excel's formats of every age, and OpenDocument's. A formula
counts by the value that was saved with it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from docassay.transforms.formats import Limits, Read, Unusable, archive, plain
from docassay.transforms.formats.grids import Grid
from docassay.transforms.formats.media_types import ODS, TABLES, TSV, XLS, XLSX

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

MEDIA_TYPES = frozenset({XLSX, XLS, ODS, *TABLES})
_ENCRYPTED = re.compile(rb"\x09\x08(?:\x10\0.{16}|\x08\0.{8})\x2f\0", re.DOTALL)
"""The records BOF and FilePass, with which an encrypted workbook of Excel 5 to 2003 begins (MS-XLS)."""

Cell = int | float | str | bool | date | datetime | time | timedelta
_DELIMITERS = ";\t|,"
_SAMPLE = 20_000
_BETWEEN = " | "


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read a workbook's visible sheets, or a table of text.

    Raises:
        Unusable: Damaged, with a password, without a cell, or longer than `Limits.chars`.
    """
    if media_type in TABLES:
        return _read(_text_rows(plain.decode(content), media_type), limits)
    if content.startswith(b"PK"):
        with archive.opened(content, "workbook"):
            pass  # what it unpacks to is bounded
    return _read(_sheets(_workbook(content)), limits)


def _workbook(content: bytes) -> CalamineWorkbook:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(content))
    except PasswordError:
        raise Unusable("encrypted", "a password is needed to open it; save it without one") from None
    except CalamineError as error:
        if _ENCRYPTED.search(content):
            raise Unusable("encrypted", "a password is needed to open it; save it without one") from None
        raise Unusable("malformed", f"not a readable workbook: {str(error)[:200]}") from None


def _sheets(workbook: CalamineWorkbook) -> Iterator[str | list[str]]:
    from python_calamine import CalamineError, SheetVisibleEnum

    for sheet in workbook.sheets_metadata:
        if sheet.visible != SheetVisibleEnum.Visible:
            continue
        try:
            rows = workbook.get_sheet_by_name(sheet.name).iter_rows()
        except CalamineError as error:
            raise Unusable("malformed", f"sheet {sheet.name[:80]}: {str(error)[:200]}") from None
        lines = (_cells(map(_shown, row)) for row in rows)
        first = next(filter(any, lines), None)
        if first is not None:
            yield from (sheet.name, "")
            yield from (first, *filter(any, lines))
            yield ""


def _shown(cell: Cell) -> str:
    """Write a cell: a number with as many digits as Excel keeps, a date as ISO 8601 has it."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if abs(cell) < 1e15 and cell.is_integer() else f"{cell:.15g}"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return str(cell)


def _text_rows(text: str, media_type: str) -> Iterator[str | list[str]]:
    """Read a table of text by its delimiter; what has none stays as it is."""
    text = text.replace("\x00", "\ufffd")
    csv.field_size_limit(max(len(text), csv.field_size_limit()))
    try:
        delimiter = "\t" if media_type == TSV else _delimiter(text)
        yield from map(_cells, _rows(text, delimiter)) if delimiter else text.splitlines()
    except csv.Error as error:
        raise Unusable("malformed", f"not a readable table: {error}") from None


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _delimiter(text: str) -> str | None:
    """Choose the delimiter that gives most rows more than one cell, and the most cells."""
    sample = text[:_SAMPLE]
    cells: dict[str, int] = {}
    for one in _DELIMITERS:
        lengths = [len(row) for row in islice(_rows(sample, one), 50) if row]
        if len(text) > _SAMPLE and len(lengths) > 1:
            lengths.pop()  # that row may be cut
        cells[one] = sorted(lengths)[(len(lengths) - 1) // 2] if lengths else 0
    best = max(cells, key=lambda one: cells[one])
    return best if cells[best] > 1 else None


def _cells(cells: Iterable[str]) -> list[str]:
    return [" ".join(cell.split()) for cell in cells]


def _read(rows: Iterable[str | list[str]], limits: Limits) -> Read:
    """Write a line a row; what is no row of cells parts tables."""
    written: list[str] = []
    grid = Grid()
    chars = table = 0
    for row in rows:
        line = row if isinstance(row, str) else _BETWEEN.join(filter(None, row))
        chars += len(line) + 1
        if chars > limits.chars:
            raise Unusable("too_long", f"more than {limits.chars:,} characters of text")
        if not written and not line:
            continue
        if isinstance(row, str):
            table += 1
        else:
            grid.line(table, len(written), row, _BETWEEN)
        written.append(line)
    while written and not written[-1]:
        written.pop()
    return Read("\n".join(written), tables=grid.tables(written))
