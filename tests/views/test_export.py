"""Answers as files: nothing in a cell is calculated, nothing is lost but what a cell cannot hold."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook
from rich.console import Console

from docassay.schemas.errors import UsageError
from docassay.views import export

FORMULAS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "  =1+1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "﹦1+1",
    *(f"{unseen}=1+1" for unseen in "\u200b\ufeff\u00ad\u034f\u2060\u3164\ufe0f\U000e0041\x7f"),
    *(f"\u200b{sign}1" for sign in "+-@＝\t\r\n"),
    " \u200b \ufeff=1+1",
    '=HYPERLINK("http://evil.example")',
)
TEXTS = (
    "a=b",
    "\u200bplain",
    "نمی\u200c=",
    "plain",
    "1",
    "http://evil.example",
    "",
    "ünïcode ✓",
    "a,b",
    'say "so"',
    "two\nlines",
)


def batches(**columns: Sequence[Any]) -> tuple[pa.Schema, list[pa.RecordBatch]]:
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    return table.schema, table.to_batches()


def as_csv(schema: pa.Schema, rows: list[pa.RecordBatch], shown: bool = False) -> list[list[str]]:
    file = io.StringIO(newline="")
    export.write_csv(schema, rows, file, shown)
    return list(csv.reader(io.StringIO(file.getvalue(), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_in_csv_gets_an_apostrophe(text: str) -> None:
    assert as_csv(*batches(a=[text]))[1] == [f"'{text}"]


@pytest.mark.parametrize("text", TEXTS)
def test_other_texts_in_csv_are_as_they_are(text: str) -> None:
    assert as_csv(*batches(a=[text, "end"]))[1:] in ([[text], ["end"]], [[], ["end"]])


def test_numbers_times_and_lists_in_csv() -> None:
    moment = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
    rows = as_csv(
        *batches(
            a=[-1.5],
            b=[-2],
            c=[moment],
            d=[["x", "ü"]],
            e=[None],
            f=[True],
            g=[Decimal("-1.50")],
            h=[b"\x01"],
        )
    )
    assert rows[1] == ["-1.5", "-2", "2025-03-04T05:06:07+00:00", '["x", "ü"]', "", "True", "-1.50", "01"]


def test_csv_on_a_terminal_shows_control_characters_and_in_a_file_keeps_them() -> None:
    assert as_csv(*batches(a=["\x1b[31mred"]), shown=True)[1] == ["⟨U+001B⟩[31mred"]
    assert as_csv(*batches(a=["\x1b[31mred"]))[1] == ["\x1b[31mred"]


def workbook(path: Path) -> list[list[Any]]:
    (sheet,) = CalamineWorkbook.from_path(str(path)).sheet_names
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python()


def test_a_text_in_a_workbook_is_never_a_formula_link_or_number(tmp_path: Path) -> None:
    texts = [*FORMULAS, *filter(None, TEXTS), "0012", "{=1+1}", "_x0041_"]
    schema, rows = batches(**{"=head()": texts})
    assert export.write_xlsx(schema, rows, tmp_path / "a.xlsx") == (len(texts), 0)
    assert workbook(tmp_path / "a.xlsx") == [["=head()"], *([text.replace("\r", "\r")] for text in texts)]
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        names = parts.namelist()
    assert "<f>" not in sheet and "<f " not in sheet and "hyperlink" not in sheet
    assert not [name for name in names if "rels" in name and "sheet1" in name]


def test_values_in_a_workbook_keep_their_types(tmp_path: Path) -> None:
    moment = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
    schema, rows = batches(
        a=[1, None], b=[0.5, float("nan")], c=[moment, datetime(1850, 1, 1, tzinfo=UTC)], d=[True, False],
        e=[date(2025, 3, 4), None], f=[2**53 + 1, 7], g=[["x"], []],
    )  # fmt: skip
    export.write_xlsx(schema, rows, tmp_path / "a.xlsx")
    assert workbook(tmp_path / "a.xlsx")[1:] == [
        [1.0, 0.5, datetime(2025, 3, 4, 5, 6, 7), True, date(2025, 3, 4), str(2**53 + 1), '["x"]'],
        ["", "nan", "1850-01-01T00:00:00", False, "", 7.0, "[]"],
    ]


def test_a_text_longer_than_a_cell_is_cut_and_counted(tmp_path: Path) -> None:
    schema, rows = batches(a=["a" * 32_767, "b" * 32_768, "😀" * 20_000])
    assert export.write_xlsx(schema, rows, tmp_path / "a.xlsx") == (3, 2)
    cells = [row[0] for row in workbook(tmp_path / "a.xlsx")[1:]]
    assert cells[0] == "a" * 32_767
    assert cells[1] == "b" * 32_766 + "…"
    assert cells[2] == "😀" * 16_383 + "…"


def test_more_rows_or_columns_than_a_sheet_holds_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "EXCEL_ROWS", 4)
    schema, rows = batches(a=[1, 2, 3])
    assert export.write_xlsx(schema, rows, tmp_path / "a.xlsx") == (3, 0)
    with pytest.raises(UsageError, match=r"holds 3 rows below its headings.*\.csv or \.parquet"):
        export.write_xlsx(schema, rows * 2, tmp_path / "b.xlsx")
    monkeypatch.setattr(export, "EXCEL_COLUMNS", 1)
    with pytest.raises(UsageError, match="holds 1 columns; the answer has 2"):
        export.write_xlsx(*batches(a=[1], b=[2]), tmp_path / "c.xlsx")


def test_parquet_has_every_value_as_it_is(tmp_path: Path) -> None:
    schema, rows = batches(a=list(FORMULAS), b=[[text] for text in FORMULAS])
    assert export.write_parquet(schema, rows, tmp_path / "a.parquet") == len(FORMULAS)
    assert pq.read_table(tmp_path / "a.parquet").to_pydict() == pa.Table.from_batches(rows).to_pydict()


def test_a_type_that_parquet_lacks_is_one_line(tmp_path: Path) -> None:
    schema, rows = batches(a=pa.array([(1, 2, 3)], pa.month_day_nano_interval()))
    with pytest.raises(UsageError, match="a column cannot be written to Parquet"):
        export.write_parquet(schema, rows, tmp_path / "a.parquet")


def shown(width: int, most: int, **columns: Sequence[Any]) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(export.show(*batches(**columns), most, console), highlight=False)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_terminal_shows_no_control_character_and_no_markup() -> None:
    text = shown(80, 5, **{"[red]a": ["\x1b[2Jgone", "[bold]b[/bold]", "two\nlines"]})
    assert "\x1b" not in text
    assert "⟨U+001B⟩[2Jgone" in text and "[bold]b[/bold]" in text and "[red]a" in text and "two lines" in text
    assert text.endswith("3 rows\n")


def test_a_terminal_shows_no_more_rows_than_asked_and_says_so() -> None:
    text = shown(80, 2, n=[101, 102, 103])
    assert "102" in text and "103" not in text
    assert "the first 2 rows; --rows shows more, --out FILE writes all" in text
    assert "the first" not in shown(80, 3, n=[101, 102, 103])


def test_an_answer_without_rows_shows_its_columns() -> None:
    assert "uri" in shown(80, 3, uri=pa.array([], pa.string())) and "0 rows" in shown(
        80, 3, uri=pa.array([], pa.string())
    )


def test_many_columns_become_a_list_a_row() -> None:
    text = shown(60, 3, **{f"column{n}": ["a text of some length"] for n in range(12)})
    lines = [line for line in text.splitlines() if "a text of some length" in line]
    assert len(lines) == 12 and all(f"column{n}" in line for n, line in enumerate(lines))
