"""Workbooks and tables of text, read as other tables are: a line a row."""

from __future__ import annotations

import io
import zipfile

import pytest

from docassay.schemas.rows import Reject, Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.formats.media_types import CSV, TSV, XLSX
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.parse import parse
from tests.compound_files import compound_file

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'


def text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def workbook(**sheets: str) -> bytes:
    """Write a workbook by hand; a sheet of the name ``hidden`` is so."""
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="r{n}" state="{name if name == "hidden" else "visible"}"/>'
        for n, name in zip(numbers, sheets, strict=True)
    )
    related = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE}/worksheet" Target="worksheets/s{n}.xml"/>' for n in numbers
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}'
        f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
    }
    for n, rows in zip(numbers, sheets.values(), strict=True):
        files[f"xl/worksheets/s{n}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read(content: bytes, uri: str = "x") -> Document:
    (row,) = parse(Source(uri, content), Limits())
    assert isinstance(row, Document), row
    return row


def reject(content: bytes, uri: str = "x", limits: Limits | None = None) -> Reject:
    (row,) = parse(Source(uri, content), limits or Limits())
    assert isinstance(row, Reject), row
    return row


class TestWorkbook:
    def test_visible_sheets_with_the_values_of_formulas(self) -> None:
        rent = (
            f'<row r="1">{text("A1", "Month")}{text("C1", "Rent")}</row>'
            '<row r="3"><c r="A3" s="1"><v>45292</v></c><c r="C3"><f>250*2</f><v>500</v></c>'
            '<c r="D3"><v>0.30000000000000004</v></c><c r="E3" t="b"><v>1</v></c></row>'
        )
        row = read(
            workbook(
                Rent=rent,
                hidden=f'<row r="1">{text("A1", "x")}</row>',
                Empty="",
                Notes=f'<row r="1">{text("A1", "a&#10;b")}</row>',
            )
        )
        assert row.media_type == XLSX
        assert row.text == "Rent\n\nMonth | Rent\n2024-01-01 | 500 | 0.3 | TRUE\n\nNotes\n\na b"

    def test_a_sheet_that_claims_more_cells_than_memory_holds_is_refused(self) -> None:
        rows = f'<row r="1">{text("A1", "a")}</row><row r="1048576">{text("XFD1048576", "z")}</row>'
        with Parser(Limits(memory_bytes=1024**3)) as parser:
            (row,) = parser.parse(Source("x.xlsx", workbook(Far=rows)))
        assert isinstance(row, Reject) and row.reason == "out_of_memory"

    def test_external_links_and_macros_are_neither_followed_nor_run(self) -> None:
        rows = (
            f"<row r='1'>{text('A1', 'Rent')}<c r='B1'><f>[1]Sheet1!A1+WEBSERVICE(\"file:///etc/passwd\")</f>"
        )
        content = io.BytesIO(workbook(Rent=f"{rows}<v>5</v></c></row>"))
        link = f'<externalLink xmlns="{MAIN}"><externalBook r:id="r" xmlns:r="{OFFICE}"/></externalLink>'
        target = f'<Relationship Id="r" Type="{OFFICE}/externalLinkPath" Target="file:///etc/passwd" '
        with zipfile.ZipFile(content, "a") as archive:
            archive.writestr("xl/externalLinks/externalLink1.xml", link)
            archive.writestr(
                "xl/externalLinks/_rels/externalLink1.xml.rels",
                f'<Relationships xmlns="{PACKAGE}/relationships">{target}TargetMode="External"/>'
                "</Relationships>",
            )
            archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_000))
        assert read(content.getvalue()).text == "Rent\n\nRent | 5"

    def test_entities_are_not_expanded(self) -> None:
        bomb = f'<row r="1">{text("A1", "&a;")}</row>'
        entities = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        content = workbook(Rent=bomb)
        with zipfile.ZipFile(io.BytesIO(content)) as old:
            files = {name: old.read(name) for name in old.namelist()}
        files["xl/worksheets/s1.xml"] = entities.encode() + files["xl/worksheets/s1.xml"]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, member in files.items():
                archive.writestr(name, member)
        (row,) = parse(Source("x.xlsx", buffer.getvalue()), Limits())
        assert "root:" not in (row.text if isinstance(row, Document) else "")

    def test_what_is_refused(self) -> None:
        rows = "".join(f'<row r="{n}">{text(f"A{n}", "text")}</row>' for n in range(1, 100))
        assert reject(workbook(Rent=rows), limits=Limits(chars=100)).reason == "too_long"
        assert reject(workbook(Rent="")).reason == "only_whitespace"
        assert reject(workbook(Rent=rows)[:-60]).reason == "malformed"
        assert reject(workbook(Rent="<row><c")).reason == "malformed"
        assert reject(workbook(Rent=" " * 60_000_000)).reason == "zip_bomb"
        locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
        assert reject(locked).reason == "encrypted"

    def test_an_old_workbook_with_a_password(self) -> None:
        stream = b"\x09\x08\x10\0" + bytes(16) + b"\x2f\0\x04\0" + b"\xff" * 5_000
        (row,) = parse(Source("a.xls", compound_file({"Workbook": stream})), Limits())
        assert isinstance(row, Reject) and row.reason == "encrypted"


class TestText:
    @pytest.mark.parametrize(
        ("content", "uri", "shown", "why"),
        [
            ('month,rent\nMay,"1,500"\n', "x.csv", "month | rent\nMay | 1,500", "commas, one of them quoted"),
            ("Monat;Miete\r\nMai;1.500,00\r\n", "x.csv", "Monat | Miete\nMai | 1.500,00", "semicolons"),
            ("a\tb\n1\t\n", "x.tsv", "a | b\n1", "tabs, and an empty cell"),
            ('a,"b\nc"\n1,2\n', "x.csv", "a | b c\n1 | 2", "a line end in a cell"),
            ("one column\nof prose, and so on\n", "x.csv", "one column\nof prose, and so on", "no delimiter"),
            ('a,"b\nnever closed, 1\n', "x.csv", "a | b never closed, 1", "a quotation mark not closed"),
            ("a,b\n" + "x" * 200_000 + ",c\n", "x.csv", "a | b\n" + "x" * 200_000 + " | c", "a long cell"),
        ],
    )  # fmt: skip
    def test_rows_are_lines(self, content: str, uri: str, shown: str, why: str) -> None:
        row = read(content.encode(), uri)
        assert row.media_type == (TSV if uri.endswith("tsv") else CSV)
        assert row.text == shown, why

    def test_limits(self) -> None:
        assert reject(b"a,b\n" * 100, "x.csv", Limits(chars=100)).reason == "too_long"
        assert reject(b",,\n,,\n", "x.csv").reason == "only_whitespace"
