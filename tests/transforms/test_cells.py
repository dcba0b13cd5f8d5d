"""Tables beside the text: what is read as quantity, price and amount, where there are cells or boxes."""

from __future__ import annotations

import io
import time
import zipfile

import pytest

from docassay.domains.financial.lines import billed_lines
from docassay.schemas.rows import Source
from docassay.schemas.tables import MOST_CELLS, Cell, Role, Table, kept
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.isolation.child import packed, unpacked
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.parse import parse
from tests.pdfs import page, placed, stream, written

HEADINGS = ((72, "Pos"), (100, "Description"), (300, "Qty"), (360, "Unit price"), (460, "Amount"))


def line(
    y: float, *cells: str, columns: tuple[tuple[float, str], ...] = HEADINGS
) -> list[tuple[float, float, str]]:
    return [(x, y, cell) for (x, _), cell in zip(columns, cells, strict=True) if cell]


def heading(y: float) -> list[tuple[float, float, str]]:
    return [(x, y, words) for x, words in HEADINGS]


ROWS = [
    *line(680, "1", "Paint, 2 cans", "3", "4.50", "13.50"),
    *line(660, "2", "Brush No. 7", "10", "1.25", "12.50"),
]


def read(content: bytes, name: str) -> Document:
    (row, *_) = parse(Source(name, content), Limits())
    assert isinstance(row, Document), row
    return row


def cells(parsed: Document) -> list[list[tuple[Role, str]]]:
    return [
        [(cell.role, parsed.text[cell.start : cell.end]) for cell in row]
        for table in parsed.tables
        for row in table.rows
    ]


def factors(parsed: Document) -> list[tuple[str, str, str]]:
    """Give quantity, price and amount of each row."""
    lines = billed_lines(parsed.text, parsed.tables)
    return [
        (
            str(one.quantity.value) if one.quantity else "",
            str(one.price.value) if one.price else "",
            str(one.amount.value),
        )
        for one in lines
    ]


PAINT = [("3", "4.50", "13.50"), ("10", "1.25", "12.50")]


class TestPages:
    @pytest.mark.parametrize(
        ("texts", "why"),
        [
            ([*heading(700), *ROWS], "as it is read"),
            ([*ROWS, *heading(700)], "headings that the file has last"),
            ([text for text in sorted([*heading(700), *ROWS])], "column by column"),
            ([*heading(700), *ROWS, (300, 640, "Net total"), (460, 640, "26.00")], "a total below"),
            ([*heading(700), *ROWS, (300, 640, "VAT 20 %"), (460, 640, "5.20")], "a tax below"),
            (
                [*heading(700), *ROWS, (100, 640, "Total"), (300, 640, "13"), (460, 640, "26.00")],
                "pieces in all",
            ),
            (
                [*heading(700), *ROWS[:5], (100, 670, "Carried forward"), (460, 670, "13.50"), *ROWS[5:]],
                "a subtotal that is carried forward",
            ),
            ([*heading(700), *ROWS[:5], *heading(671), *ROWS[5:]], "headings twice"),
        ],
    )
    def test_rows_are_read(self, texts: list[tuple[float, float, str]], why: str) -> None:
        assert factors(read(page(placed(*texts)), "x.pdf")) == PAINT, why

    def test_words_of_a_row_may_hold_figures_and_further_lines(self) -> None:
        parsed = read(
            page(placed(*heading(700), *ROWS[:5], (100, 668, "blue, 5 l each"), *ROWS[5:])), "x.pdf"
        )
        assert ("description", "Paint, 2 cans") in cells(parsed)[0]
        assert ("description", "blue, 5 l each") in cells(parsed)[0]

    def test_an_amount_may_stand_a_line_lower(self) -> None:
        row = [*line(680, "1", "Paint", "3", "4.50", ""), (460, 672, "13.50")]
        assert factors(read(page(placed(*heading(700), *row)), "x.pdf")) == PAINT[:1]

    def test_headings_may_be_stacked(self) -> None:
        stacked = [(100, 700, "Bezeichnung"), (300, 700, "Menge"), (360, 709, "Einzel-"), (360, 700, "preis"),
                   (460, 709, "Positions-"), (460, 700, "betrag")]  # fmt: skip
        assert factors(read(page(placed(*stacked, *ROWS)), "x.pdf")) == PAINT

    def test_prose_is_no_table(self) -> None:
        prose = [
            (72, 700, "The price per unit and the amount due are"),
            (72, 688, "set out below: 4.50 and 9.00"),
        ]
        assert read(page(placed(*prose)), "x.pdf").tables == ()

    def test_it_goes_on_over_pages(self) -> None:
        pages = [[*heading(80), *line(60, "1", "Paint", "3", "4.50", "13.50")], ROWS, [*heading(700), *ROWS]]
        kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(pages)))
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), kids),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        ]
        for n, texts in enumerate(pages):
            objects.append(
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
                b" /Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * n)
            )
            objects.append(stream(placed(*texts)))
        assert factors(read(written(objects), "x.pdf")) == [PAINT[0], *PAINT, *PAINT]

    def test_right_to_left_columns(self) -> None:
        turned = ((460, "Pos"), (360, "Description"), (300, "Qty"), (200, "Unit price"), (72, "Amount"))
        texts = [(x, 700, words) for x, words in turned]
        rows = line(680, "1", "Paint", "3", "4.50", "13.50", columns=turned)
        assert factors(read(page(placed(*texts, *rows)), "x.pdf")) == PAINT[:1]

    def test_the_text_stays_and_slices_are_of_it(self) -> None:
        parsed = read(page(placed(*heading(700), *ROWS)), "x.pdf")
        assert parsed.text == (
            "Pos Description Qty Unit price Amount\n1 Paint, 2 cans 3 4.50 13.50\n2 Brush No. 7 10 1.25 12.50"
        )

    def test_they_travel_from_a_worker(self) -> None:
        content = page(placed(*heading(700), *ROWS))
        with Parser() as parser:
            (row,) = parser.parse(Source("x.pdf", content))
        assert isinstance(row, Document)
        assert row.tables == read(content, "x.pdf").tables != ()

    def test_a_page_of_headings_alone(self) -> None:
        texts = [(x, y, words) for y in range(20, 780, 4) for x, words in HEADINGS]
        started = time.process_time()
        assert read(page(placed(*texts, size=3)), "x.pdf").tables == ()
        assert time.process_time() - started < 20


MARKUP = """<table>
<tr><th>Pos</th><th>Description</th><th colspan="2">Quantity</th><th>Unit price</th><th>Amount</th></tr>
<tr><td>1</td><td><p>Paint</p><p>blue</p></td><td>3</td><td>cans</td><td>4.50</td><td>13.50</td></tr>
<tr><td>2</td><td><table><tr><td>Brush</td><td>No. 7</td></tr></table></td><td>10</td><td></td>
<td>1.25</td><td>12.50</td></tr>
<tr><td colspan="5">Net total</td><td>26.00</td></tr></table>"""


class TestCells:
    def test_html(self) -> None:
        parsed = read(b"<html><body>" + MARKUP.encode(), "x.html")
        assert factors(parsed) == PAINT
        assert cells(parsed)[0][1:3] == [("description", "Paint"), ("description", "blue")]

    def test_cells_that_reach_into_rows_below(self) -> None:
        markup = MARKUP.replace("<td>1</td>", "<td rowspan=2>1</td>").replace("<td>2</td>", "")
        assert factors(read(b"<html><body>" + markup.encode(), "x.html")) == PAINT

    @pytest.mark.parametrize("span", ["0", "-1", "9" * 30, "1000000", "x", ""])
    def test_spans_that_are_no_such(self, span: str) -> None:
        markup = f"<table><tr><td colspan='{span}' rowspan='{span}'>a</td></tr>" * 50
        assert read(f"<html><body>{markup}{MARKUP}".encode(), "x.html").tables

    def test_tables_in_tables(self) -> None:
        markup = "<table><tr><td>" * 10_000 + MARKUP
        assert factors(read(f"<html><body>{markup}".encode(), "x.html")) == PAINT

    @pytest.mark.slow
    def test_a_hundred_thousand_cells(self) -> None:
        rows = (
            MARKUP.partition("<tr><td>2")[0]
            + "<tr><td>1</td><td>Paint</td><td>3</td><td></td><td>4.50</td>" * 20_000
        )
        parsed = read(f"<html><body>{rows}".encode(), "x.html")
        assert sum(len(row) for table in parsed.tables for row in table.rows) <= MOST_CELLS

    def test_csv(self) -> None:
        content = b"\n\nItem;Qty;;Price;Total\nPaint;3;;4.50;13.50\nBrush;10;;1.25;12.50\nTotal;;;;26.00\n"
        assert factors(read(content, "x.csv")) == PAINT

    def test_workbook(self) -> None:
        openpyxl = pytest.importorskip("openpyxl")
        book, buffer = openpyxl.Workbook(), io.BytesIO()
        for row in (
            ["Invoice 7"],
            [],
            ["Item", None, "Qty", "Price", "Total"],
            ["Paint", None, 3, 4.5, 13.5],
        ):
            book.active.append(row)
        book.save(buffer)
        assert factors(read(buffer.getvalue(), "x.xlsx")) == [("3", "4.5", "13.5")]

    def test_docx(self) -> None:
        def row(*words: str) -> str:
            return (
                "<w:tr>"
                + "".join(f"<w:tc><w:p><w:r><w:t>{w}</w:t></w:r></w:p></w:tc>" for w in words)
                + "</w:tr>"
            )

        wide = "<w:tr><w:tc><w:tcPr><w:gridSpan w:val='3'/></w:tcPr><w:p/></w:tc>"
        total = f"{wide}<w:tc><w:p><w:r><w:t>26,00</w:t></w:r></w:p></w:tc></w:tr>"
        rows = [
            row("Leistung", "Menge", "Einzelpreis", "Betrag"),
            row("Farbe", "3", "4,50", "13,50"),
            row("Pinsel", "10", "1,25", "12,50"),
        ]
        body = f"<w:tbl>{''.join(rows)}{total}</w:tbl>"
        space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        document = f"<w:document xmlns:w='{space}'><w:body>{body}</w:body></w:document>"
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr("word/document.xml", document)
        assert factors(read(buffer.getvalue(), "x.docx"))[:2] == PAINT


def test_a_table_comes_back_from_a_worker_and_what_is_none_is_an_error() -> None:
    table = Table(((Cell("description", 0, 5), Cell("amount", 6, 10)), (Cell("amount", 20, 24),)))
    (come,) = unpacked(packed([table]))
    assert Table.of(*come) == table
    with pytest.raises(TypeError, match="missing"):
        Table.of([[("amount", 3)]])


def test_what_is_beyond_measure_is_left_out() -> None:
    small, large = Table(((Cell("amount", 0, 1),),)), Table(((Cell("amount", 0, 1),) * 9,) * 9_000)
    assert kept([small, large, small]) == (small,)
