"""Write the result of a query as CSV, XLSX or Parquet, or for a terminal.

Text of a document can be a formula, a control sequence or longer than a cell. A workbook stores text as text.
CSV has no types, so a text that a spreadsheet would calculate gets an apostrophe in front, as OWASP advises
(https://owasp.org/www-community/attacks/CSV_Injection). Parquet has every value as it is.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TextIO

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from docassay.observe.sanitize import line, visible
from docassay.schemas.errors import UsageError
from docassay.schemas.unseen import IGNORED

EXCEL_ROWS = 1_048_576
EXCEL_COLUMNS = 16_384
EXCEL_CELL = 32_767
"""What a sheet holds: rows with the headings, columns, and UTF-16 units in a cell
(https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3)."""

EXACT_IN_EXCEL = 10**15
"""From here on a spreadsheet rounds integers, which it keeps as 64-bit floats of 15 digits."""

CELL_SHOWN = 400
"""Characters of a value shown on a terminal."""

WORD_KEPT = 24
"""Words up to this length are not broken on a terminal; where that needs more width than there is, each row
is shown as a list of its columns."""

_FORMULA = re.compile(rf"[\s\x00-\x1f\x7f-\x9f{IGNORED}]*[=+\-@＝＋－＠﹦﹢﹣﹫]|[{IGNORED}]*[\t\r\n]")
"""What a cell begins with that a spreadsheet calculates, behind what nobody sees."""

_EXCEL_BEGINS = datetime(1900, 3, 1)
"""Before it spreadsheets do not agree on dates."""


def write_csv(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: TextIO, shown: bool = False) -> int:
    """Write rows as CSV, quoted as RFC 4180 has it, and give their number.

    Args:
        schema: The columns.
        batches: The rows.
        file: Opened with ``newline=""``.
        shown: It is a terminal, which would act on control characters.
    """
    show: Callable[[str], str] = visible if shown else str
    writer = csv.writer(_Lines(file))
    writer.writerow([show(unformula(name)) for name in schema.names])
    number = 0
    for row in _rows(batches):
        cells = [plain(value) for value in row]
        writer.writerow([show(unformula(cell)) if isinstance(cell, str) else cell for cell in cells])
        number += 1
    return number


class _Lines:
    """Lines of CSV that end as others here do; a cell with either half of its own line end is quoted."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> None:
        self._file.write(line.removesuffix("\r\n") + "\n")


def unformula(text: str) -> str:
    """Put an apostrophe in front of a text that a spreadsheet would calculate.

    >>> unformula("=1+1"), unformula(" @SUM(A1)"), unformula("a=b")
    ("'=1+1", "' @SUM(A1)", 'a=b')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def write_parquet(schema: pa.Schema, batches: Iterable[pa.RecordBatch], path: Path) -> int:
    """Write rows as Parquet, and give their number.

    Raises:
        UsageError: Parquet has no such type.
    """
    number = 0
    try:
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)
                number += len(batch)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
        raise UsageError(
            f"a column cannot be written to Parquet: {' '.join(str(error).split())[:200]}; cast it"
        ) from None
    return number


def write_xlsx(schema: pa.Schema, batches: Iterable[pa.RecordBatch], path: Path) -> tuple[int, int]:
    """Write rows as a workbook of one sheet, row by row, so that memory is bounded.

    Returns:
        The number of rows, and of cells that were cut because Excel holds no more.

    Raises:
        UsageError: There are more rows or columns than a sheet holds.
    """
    import xlsxwriter

    if len(schema.names) > EXCEL_COLUMNS:
        raise UsageError(f"a sheet holds {EXCEL_COLUMNS:,} columns; the answer has {len(schema.names):,}")
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(path.parent),
    }
    number = cut = 0
    with xlsxwriter.Workbook(str(path), options) as workbook:
        workbook.use_zip64()
        sheet = workbook.add_worksheet("docassay")
        bold = workbook.add_format({"bold": True})
        formats: dict[type, Any] = {
            datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: workbook.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for column, name in enumerate(schema.names):
            sheet.write_string(0, column, name, bold)
            sheet.set_column(column, column, 40 if pa.types.is_string(schema.field(column).type) else 14)
        for row in _rows(batches):
            number += 1
            if number >= EXCEL_ROWS:
                raise UsageError(
                    f"a sheet holds {EXCEL_ROWS - 1:,} rows below its headings, and the answer has more;"
                    " use .csv or .parquet, or ask for fewer with LIMIT"
                )
            for column, value in enumerate(row):
                cut += _write_cell(sheet, number, column, value, formats)
        sheet.freeze_panes(1, 0)
        if number and schema.names:
            sheet.autofilter(0, 0, number, len(schema.names) - 1)
    return number, cut


def _write_cell(sheet: Any, row: int, column: int, value: Any, formats: dict[type, Any]) -> bool:
    """Write a value with its type, a text always as a text; tell whether it was cut."""
    value = _naive(value)
    if value is None:
        return False
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float | Decimal) and _is_exact(value):
        sheet.write_number(row, column, value)
    elif isinstance(value, datetime) and value >= _EXCEL_BEGINS:
        sheet.write_datetime(row, column, value, formats[datetime])
    elif isinstance(value, date) and not isinstance(value, datetime) and value >= _EXCEL_BEGINS.date():
        sheet.write_datetime(row, column, value, formats[date])
    else:
        text = str(plain(value))
        fitting = _fit(text)
        sheet.write_string(row, column, fitting)
        return fitting is not text
    return False


def _is_exact(number: int | float | Decimal) -> bool:
    """Return whether a spreadsheet stores a number exactly; it has no infinity."""
    return math.isfinite(number) and (isinstance(number, float) or -EXACT_IN_EXCEL < number < EXACT_IN_EXCEL)


def _fit(text: str) -> str:
    """Cut a text to what a cell holds, with an ellipsis."""
    if 2 * len(text) <= EXCEL_CELL or len(text.encode("utf-16-le")) // 2 <= EXCEL_CELL:
        return text
    return text.encode("utf-16-le")[: 2 * (EXCEL_CELL - 1)].decode("utf-16-le", "ignore") + "…"


def show(schema: pa.Schema, batches: Iterable[pa.RecordBatch], most: int, console: Console) -> RenderableType:
    """Lay rows out for a terminal: as a table or, where it would be too narrow, each row as a list.

    Args:
        schema: The columns.
        batches: The rows; no more than are shown are read.
        most: Rows that are shown.
        console: The terminal, for its width.
    """
    rows: list[Sequence[Any]] = []
    is_more = False
    for row in _rows(batches):
        if len(rows) == most:
            is_more = True
            break
        rows.append(row)
    names = [line(name, CELL_SHOWN) for name in schema.names]
    cells = [[_shown(value) for value in row] for row in rows]
    widths = [
        min(WORD_KEPT, max(len(word) for text in (name, *(row[n] for row in cells)) for word in _words(text)))
        for n, name in enumerate(names)
    ]
    table = Table(show_edge=False, header_style="bold")
    if sum(widths) + 3 * len(widths) > console.width and rows:
        table.show_header, table.show_lines = False, False
        table.add_column(style="bold", no_wrap=True, overflow="ellipsis", max_width=24)
        table.add_column(overflow="fold")
        for row in cells:
            for name, cell in zip(names, row, strict=True):
                table.add_row(Text(name), Text(cell))
            table.add_section()
    else:
        for n, name in enumerate(names):
            is_number = any(
                kind(schema.field(n).type) for kind in (pa.types.is_integer, pa.types.is_floating)
            )
            justify: Literal["left", "right"] = "right" if is_number else "left"
            table.add_column(Text(name), justify=justify, overflow="fold", min_width=widths[n])
        for row in cells:
            table.add_row(*map(Text, row))
    count = f"{len(rows):,} {'row' if len(rows) == 1 else 'rows'}"
    caption = f"the first {count}; --rows shows more, --out FILE writes all" if is_more else count
    return Group(table, Text(caption, style="dim"))


def _words(text: str) -> list[str]:
    return text.split() or [""]


def plain(value: Any) -> Any:
    """Convert a value for CSV: times to ISO 8601, lists and structs to JSON, null to nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=lambda inner: str(plain(inner)))
    if isinstance(value, str | int | float | Decimal):
        return value
    return str(value)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return line(", ".join(str(plain(one)) for one in value), CELL_SHOWN)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return line(str(_naive(value).isoformat(" ", "seconds")))
    return line(str(plain(value)), CELL_SHOWN)


def _naive(value: Any) -> Any:
    """Convert a time to UTC without a zone: spreadsheets have no zones."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[Sequence[Any]]:
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        yield from zip(*columns, strict=True)
