"""Parsing: every format to text, and bad input to a reject with its reason."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime
from email.message import EmailMessage

import docx
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.domains.mail.message import links
from docassay.schemas.rows import Reject, Source
from docassay.transforms.document import Document
from docassay.transforms.formats import REASONS, Limits, plain, word
from docassay.transforms.formats.media_types import DOCX, EDGAR, HTML, MAIL, MARKDOWN, PDF, RTF, TEXT, XML
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.parse import clean, media_type, parse

PNG_HEADER = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(60)


def document(content: bytes, uri: str = "x", limits: Limits | None = None) -> Document:
    row, *_ = parse(Source(uri, content), limits or Limits())
    assert isinstance(row, Document), row
    return row


def reject(content: bytes, uri: str = "x", limits: Limits | None = None) -> Reject:
    rows = parse(Source(uri, content), limits or Limits())
    assert len(rows) == 1, "a document that is refused gives nothing else"
    row = rows[0]
    assert isinstance(row, Reject), row
    assert row.reason in REASONS
    assert row.stage == "parse"
    assert row.doc_id == hashlib.sha256(content).hexdigest()
    assert row.detail
    assert "\n" not in row.detail
    return row


def pdf(*pages: str, title: str = "") -> bytes:
    """Write a PDF by hand: one content stream a page, Helvetica."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    objects.append(f"<< /Title ({title}) >>")
    kids = []
    for page in pages:
        shown = " ".join(f"({line}) Tj T*" for line in page.split("\n"))
        stream = f"BT /F1 12 Tf 14 TL 72 700 Td {shown} ET" if page else ""
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    xref = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R >>\n".encode()
    return out + f"startxref\n{xref}\n%%EOF\n".encode()


def saved(file: docx.document.Document) -> bytes:
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return buffer.getvalue()


def numbered(*paragraphs: tuple[int, str], levels: str) -> bytes:
    """Write a DOCX whose paragraphs are numbered by Word: (level, text), and the list's levels."""
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = "".join(
        f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr></w:pPr>'
        f"<w:r><w:t>{text}</w:t></w:r></w:p>"
        for level, text in paragraphs
    )
    return zipped(
        word__document_xml=f"<w:document {w}><w:body>{body}</w:body></w:document>".encode(),
        word__numbering_xml=(
            f'<w:numbering {w}><w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
            '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
        ).encode(),
    )


class TestClean:
    @given(st.text(st.characters(), max_size=300))
    def test_it_can_be_stored_and_does_not_change_twice(self, text: str) -> None:
        cleaned = clean(text)
        assert cleaned.encode("utf-8").decode("utf-8") == cleaned
        assert "\x00" not in cleaned
        assert "\r" not in cleaned
        assert clean(cleaned) == cleaned

    @given(
        st.text(
            st.characters(blacklist_categories=("Cc", "Cs"), blacklist_characters="\u00a0\u2007\u202f"),
            max_size=300,
        )
    )
    def test_what_a_person_sees_is_untouched(self, text: str) -> None:
        assert clean(text) == text

    @given(
        st.binary(max_size=300),
        st.sampled_from([None, "utf-8", "latin-1", "no-such-charset", "utf-7", "rot13"]),
    )
    def test_any_bytes_decode_to_something_that_can_be_stored(
        self, content: bytes, declared: str | None
    ) -> None:
        clean(plain.decode(content, declared)).encode("utf-8")

    def test_a_lone_surrogate_becomes_the_replacement_character(self) -> None:
        assert clean("a\ud800b") == "a\ufffdb"

    def test_right_to_left_and_zero_width_characters_stay(self) -> None:
        text = "شروط \u202eدفع\u202c pay\u200bpal"
        assert document(text.encode()).text == text


class TestMediaType:
    @pytest.mark.parametrize(
        ("content", "uri", "expected", "why"),
        [
            (b"%PDF-1.7\n", "letter.txt", PDF, "the content beats the name"),
            (b"junk\n%PDF-1.7\n", "x", PDF, "the header may come late"),
            (b"The %PDF specification", "x.pdf", TEXT, "the name beats nothing"),
            (rb"{\rtf1 x}", "x.doc", RTF, "RTF is often saved as .doc"),
            (b"<!DOCTYPE html><p>x", "x.txt", HTML, "a doctype"),
            (b"<!-- a --> <!-- b -->\n<HTML>", "x", HTML, "comments come before"),
            (b'<?xml version="1.0"?><html xmlns="x">', "x.xml", HTML, "XHTML is read as HTML"),
            (b"<?xml-stylesheet href='x'?><a>b</a>", "x", XML, "no declaration, but an instruction"),
            (b"<lease>b</lease>", "x", XML, "no declaration, but closed"),
            (b"<SEC-DOCUMENT>1.txt\n<TYPE>10-K\n<html>", "x.txt", EDGAR, "a filing, whatever is in it"),
            (b"<DOCUMENT>\n<TYPE>8-K\n<TEXT>\n</TEXT>\n</DOCUMENT>", "x.htm", EDGAR, "one document of it"),
            (b"<name> shall pay <amount>.", "x", TEXT, "placeholders are not tags"),
            (b"# Lease\n\ntext", "lease.md", MARKDOWN, "the name tells texts apart"),
            (b"# Lease\n\ntext", "lease.txt", TEXT, "the name tells texts apart"),
            (b"<html>x</html>\n\n# Lease", "lease.md", HTML, "a page first, whatever the name"),
            (b"a,b\n1,2\n", "x.csv", "text/csv", "the name tells texts apart"),
            (b"Message-ID: <1@x>\nFrom: a@b.c\n\nhi", "x", MAIL, "a header that only mails have"),
            (b"From me@x Sat Jan  3 1996\nFrom: a@b.c\nMessage-ID: <1>\n\n", "x", MAIL, "mbox"),
            (b"FROM: Anna\nTO: Ben\nSUBJECT: rent\n\nmemo", "memo.txt", TEXT, "a memo is not a mail"),
            (b"From: a@b.c\nSubject: hi\n\n", "x.eml", MAIL, "the name tips the scale"),
            (b"Subject: rent\n\nIt is due.", "x.txt", MAIL, "a mail saved as text"),
            (b"SUBJECT: rent\n\nIt is due.", "x.txt", TEXT, "as letters have it"),
            (b"Subject: rent\nis due on Monday.", "x.txt", TEXT, "no empty line ends the headers"),
            (b"Subject: rent\nStatus: due\n\ntext", "x.txt", TEXT, "a header that mails do not have"),
            ("From: a@b.c\nSubject: hi\n\ntext".encode("utf-16"), "x", MAIL, "a mail in UTF-16"),
            (b"\xef\xbb\xbfFrom: a@b.c\nTo: d@e.f\n\ntext", "x", MAIL, "a mail with a byte order mark"),
            (PNG_HEADER, "x.txt", "image/png", "the content beats the name"),
            (b"\xffWPC" + bytes(4) + b"\1\x0a" + bytes(60), "x.doc", "application/vnd.wordperfect", "named"),
            (b"%!PS-Adobe-3.0\n", "x.txt", "application/postscript", "a program, not a text"),
            ("x".encode("utf-16") * 9, "x", TEXT, "UTF-16 is full of NULs"),
            ("long enough".encode("utf-16-le"), "x", TEXT, "without byte order mark too"),
            ("<html>x</html>".encode("utf-16"), "x", HTML, "markup in UTF-16"),
        ],
    )  # fmt: skip
    def test_decided_by_the_content(self, content: bytes, uri: str, expected: str, why: str) -> None:
        assert media_type(content, uri) == expected, why

    def test_docx_is_told_by_its_members(self) -> None:
        assert media_type(saved(docx.Document()), "x.zip") == DOCX
        assert media_type(zipped(a_xml=b"<a/>"), "x.docx") == "application/zip"

    def test_what_was_declared_breaks_ties_only(self) -> None:
        assert media_type(b"x", "x", "text/markdown") == MARKDOWN
        assert media_type(b"x", "x", "application/pdf") == TEXT

    @given(st.binary(max_size=200))
    def test_it_never_fails(self, content: bytes) -> None:
        assert "/" in media_type(content)

    def test_comments_without_end_take_linear_time(self) -> None:
        started = time.process_time()
        media_type(b"<!---->" * 100_000)
        assert time.process_time() - started < 2


class TestText:
    @pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
    def test_unicode(self, charset: str) -> None:
        text = "Miete: 1.200 € – fällig am Ersten. 家賃"
        assert document(text.encode(charset)).text.strip("\ufeff") == text

    @pytest.mark.parametrize(
        ("charset", "text"),
        [
            ("windows-1252", "Le contrat est résilié à l’échéance ; la durée ne dépasse pas trois années."),
            (
                "windows-1252",
                "Die Vergütung beträgt 5 % und ist jährlich fällig. Darüber entscheidet Herr Weiß.",
            ),
            ("windows-1251", "Договор аренды помещения заключен между сторонами на один год."),
            ("shift_jis", "契約書の内容を確認してください。支払いは毎月末日です。"),
        ],
    )
    def test_older_charsets_are_guessed(self, charset: str, text: str) -> None:
        assert document(text.encode(charset)).text == text

    def test_a_million_characters_without_a_space(self) -> None:
        assert len(document(b"x" * 1_000_000).text) == 1_000_000

    def test_line_ends_and_controls(self) -> None:
        assert document(b"a\r\nb\rc\x07d\x00e").text == "a\nb\nc d\ufffde"


class TestPdf:
    def test_lines_stay_lines(self) -> None:
        row = document(pdf("LEASE\n1. Rent\nThe Tenant pays monthly.", "2. Term", title="Our lease"))
        assert row.text.split("\n")[:3] == ["LEASE", "1. Rent", "The Tenant pays monthly."]
        assert "2. Term" in row.text
        assert row.title == "Our lease"

    def test_a_print_driver_is_not_part_of_the_title(self) -> None:
        assert document(pdf("text", title="Microsoft Word - Lease.doc")).title == "Lease.doc"

    def test_a_line_repeated_on_each_page_is_kept(self) -> None:
        """A rule may look for what a header says; nothing is dropped."""
        content = pdf(*["CONFIDENTIAL\nclause"] * 5)  # five equal slips, were it not one document
        assert document(content, limits=Limits(parts=False)).text.count("CONFIDENTIAL") == 5

    def test_encrypted(self) -> None:
        writer = pypdf.PdfWriter(io.BytesIO(pdf("secret")))
        writer.encrypt("password")
        buffer = io.BytesIO()
        writer.write(buffer)
        assert reject(buffer.getvalue()).reason == "encrypted"

    def test_an_owner_password_alone_does_not_lock(self) -> None:
        writer = pypdf.PdfWriter(io.BytesIO(pdf("public")))
        writer.encrypt("", owner_password="owner")
        buffer = io.BytesIO()
        writer.write(buffer)
        assert document(buffer.getvalue()).text.strip() == "public"

    @pytest.mark.parametrize("keep", [40, 200])
    def test_truncated(self, keep: int) -> None:
        assert reject(pdf("x", "y")[:keep]).reason == "malformed"

    def test_a_thousand_and_one_pages(self) -> None:
        content = pdf(*["page"] * 1_001)
        refused = reject(content)
        assert refused.reason == "too_many_pages"
        assert "1,001" in refused.detail
        limits = Limits(pages=1_001, parts=False)
        assert document(content, limits=limits).text.count("page") == 1_001

    def test_a_scan_says_how_to_read_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        scan = pdf("", "")
        off = reject(scan)
        assert off.reason == "no_text"
        assert "--ocr" in off.detail
        monkeypatch.setattr("docassay.transforms.formats.ocr.find_spec", lambda name: None)
        missing = reject(scan, limits=Limits(ocr=True))
        assert missing.reason == "no_text"
        assert "pip install '.[ocr]'" in missing.detail

    @pytest.mark.slow
    def test_a_scan_is_read_by_ocr(self) -> None:
        image_module = pytest.importorskip("PIL.Image")
        draw_module = pytest.importorskip("PIL.ImageDraw")
        image = image_module.new("L", (1_000, 300), 255)
        draw_module.Draw(image).text((40, 100), "RENT IS DUE MONTHLY", fill=0, font_size=60)
        buffer = io.BytesIO()
        image.save(buffer, "PDF", resolution=100)
        assert reject(buffer.getvalue()).reason == "no_text"
        with Parser(Limits(ocr=True)) as parser:
            (row,) = parser.parse(Source("scan.pdf", buffer.getvalue()))
        assert isinstance(row, Document)
        assert "RENT IS DUE" in row.text

    def test_a_stamp_on_a_scan_is_not_its_text(self) -> None:
        picture = b"q 612 0 0 792 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID 0 EI Q "
        stamped = pdf("Filed 2 May").replace(b"stream\nBT", b"stream\n" + picture + b"BT")
        assert reject(stamped).reason == "no_text"
        logo = stamped.replace(b"612 0 0 792", b"100 0 0 100")
        assert document(logo).text == "Filed 2 May", "a short text beside a small picture"


class TestDocx:
    def test_paragraphs_tables_tabs_and_breaks(self) -> None:
        file = docx.Document()
        file.core_properties.title = "Our lease"
        file.add_heading("LEASE", 0)
        paragraph = file.add_paragraph("The ")
        paragraph.add_run("Tenant").bold = True
        paragraph.add_run(" & <Landlord> agree * on snake_case #5.")
        paragraph.add_run().add_break()
        paragraph.add_run("Due:\t1 May")
        table = file.add_table(2, 2)
        for cell, text in zip(table._cells, ["Item", "Amount", "Rent\nof May", "1,000 EUR"], strict=True):
            cell.text = text
        file.add_paragraph("End.")
        row = document(saved(file))
        assert row.text.rstrip() == (
            "LEASE\n\nThe Tenant & <Landlord> agree * on snake_case #5.\nDue:\t1 May\n\n"
            "Item | Amount\nRent of May | 1,000 EUR\n\nEnd."
        )
        assert row.title == "Our lease"

    def test_a_text_box_in_a_cell_is_read_once(self) -> None:
        w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        box = "<w:pict><w:txbxContent><w:p><w:r><w:t>5.00</w:t></w:r></w:p></w:txbxContent></w:pict>"
        runs = [f"<w:t>Fee</w:t>{box}", "<w:t>due</w:t>"]
        cells = [f"<w:tc><w:p><w:r>{run}</w:r></w:p></w:tc>" for run in runs]
        body = f"<w:tbl><w:tr>{''.join(cells)}</w:tr></w:tbl>"
        content = zipped(word__document_xml=f"<w:document {w}><w:body>{body}</w:body></w:document>".encode())
        assert document(content).text.split() == ["Fee", "5.00", "|", "due"]

    def test_numbers_that_word_shows_are_in_the_text(self) -> None:
        levels = (
            '<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
            '<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>'
            '<w:lvl w:ilvl="2"><w:start w:val="3"/><w:numFmt w:val="lowerLetter"/>'
            '<w:lvlText w:val="(%3)"/></w:lvl>'
        )
        content = numbered(
            (0, "Rent"), (1, "Amount"), (2, "in euro"), (2, "in francs"), (1, "Date"),
            (0, "Term"), (1, "Start"),
            levels=levels,
        )  # fmt: skip
        assert [line for line in document(content).text.split("\n") if line] == [
            "1. Rent", "1.1 Amount", "(c) in euro", "(d) in francs", "1.2 Date", "2. Term", "2.1 Start",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("number", "style", "shown"),
        [
            (27, "lowerLetter", "aa"),
            (4, "upperRoman", "IV"),
            (1999, "lowerRoman", "mcmxcix"),
            (7, "decimalZero", "07"),
        ],
    )
    def test_number_formats(self, number: int, style: str, shown: str) -> None:
        assert word._count(number, style) == shown

    def test_deleted_text_is_out_and_inserted_text_in(self) -> None:
        w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        body = (
            "<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del>"
            "<w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>"
        )
        content = zipped(word__document_xml=f"<w:document {w}><w:body>{body}</w:body></w:document>".encode())
        assert document(content).text.strip() == "new"

    def test_not_a_zip(self) -> None:
        assert (
            reject(b"PK\x03\x04 word/document.xml and nothing that follows", "x.docx").reason == "malformed"
        )

    def test_truncated(self) -> None:
        content = saved(docx.Document())
        assert reject(content[: len(content) // 2], "x.docx").reason == "malformed"

    def test_zip_bomb(self) -> None:
        content = zipped(word__document_xml=b"<w>" + b" " * 60_000_000 + b"</w>")
        assert len(content) < 100_000
        assert reject(content).reason == "zip_bomb"

    def test_a_directory_that_lies_about_sizes(self) -> None:
        """A bomb that declares to be small is cut off at what it declares."""
        content = zipped(word__document_xml=b"<w>" + b" " * 20_000_000 + b"</w>")
        for size in (20_000_007,):
            content = content.replace(size.to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
        assert reject(content).reason == "malformed"

    def test_entities_in_a_member(self) -> None:
        bomb = b'<!DOCTYPE d [<!ENTITY a "aaaa">]><w:document xmlns:w="x">&a;</w:document>'
        assert reject(zipped(word__document_xml=bomb)).reason == "xml_entities"


class TestHtml:
    def text(self, markup: str) -> str:
        return document(f"<!DOCTYPE html><html><body>{markup}".encode()).text

    @pytest.mark.parametrize(
        ("markup", "shown"),
        [
            ("<h1>Lease</h1><p>one<p>two", "Lease\n\none\n\ntwo"),
            ("a <b>b</b> c<br>d<div>e</div>f", "a b c\nd\ne\nf"),
            ("<b>a</b><i>b</i>", "ab"),
            ("a\n  b &amp; c&nbsp;d", "a b & c d"),
            ("<table><tr><td>a<td>b<tr><td>c<td></td><td>d</table>e", "a | b\nc | d\n\ne"),
            ("<table><tr><td><p>a</p></td>\n<td><p>b</p></td></tr><tr><td>c</table>", "a | b\nc"),
            ("<table><tr><td>a<p>b</p></td><td>c</td></tr></table>", "a\n\nb\n\nc"),
            ("<table><tr><td><table><tr><td>a<td>b</table></td></tr></table>", "a | b"),
            ("<ul><li>a<li>b</ul>", "a\nb"),
            ("<pre>a\n  b\n</pre>", "a\n  b"),
            ("a<script>x</script><style>y</style><!-- z -->b", "ab"),
            ("a<div style='Display : none'>x<br><img>y<p>z</div>b", "ab"),
            ("a<span hidden>x</span>b<input type=hidden value=x>", "ab"),
            ("<a href='http://evil.example/x'>https://bank.example/</a>", "https://bank.example/ <http://evil.example/x>"),
            ("<p>a<p><a href='http://x.example/'><b>bank</b>.example</a>", "a\n\nbank.example <http://x.example/>"),
            ("<a href='http://www.bank.example/x'>bank.example</a>", "bank.example"),
            ("<a href='http://bank.example/'>Click here</a>", "Click here"),
        ],
    )  # fmt: skip
    def test_text_as_a_browser_shows_it(self, markup: str, shown: str) -> None:
        assert self.text(markup) == shown

    def test_the_title_is_kept_apart(self) -> None:
        row = document(b"<html><head><title>Our\n lease</title></head><body>text")
        assert (row.title, row.text) == ("Our lease", "text")

    def test_the_declared_charset_is_used(self) -> None:
        row = document("<html><meta charset=windows-1253><p>Μίσθωμα".encode("windows-1253"))
        assert row.text == "Μίσθωμα"

    def test_ten_thousand_nested_tags(self) -> None:
        assert self.text("<div>" * 10_000 + "deep" + "</div>" * 10_000 + "<p>after") == "deep\n\nafter"
        assert self.text("<table><tr><td>" * 10_000 + "deep").strip() == "deep"
        assert self.text("<a href='http://x.example/'>" * 10_000 + "x.example").startswith("x.example")

    @pytest.mark.slow
    def test_fifty_megabytes_stop_at_the_limit(self) -> None:
        paragraph = b"<p class='x'>Rent is <b>due</b> monthly.</p>\n"
        content = b"<html>" + paragraph * (49_900_000 // len(paragraph))
        started = time.process_time()
        assert reject(content).reason == "too_long"
        assert time.process_time() - started < 10

    def test_without_text(self) -> None:
        assert reject(b"<html><body><img src=x><script>x</script>").reason == "only_whitespace"


class TestXml:
    CDA = (
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Visit note</title>'
        '<effectiveTime value="20240102030405+0100"/>'
        "<recordTarget><patientRole><patient><name><given>Ada</given><family>Roe</family></name>"
        '<birthTime value="19700203"/></patient></patientRole></recordTarget><component><structuredBody>'
        "<component><section><title>Medications</title><text><table>"
        "<thead><tr><th>Drug</th><th>Dose</th></tr></thead><tbody><tr><td><content>aspirin</content></td>"
        "<td><list><item>75 mg</item><item>daily</item></list></td></tr></tbody>"
        "</table></text></section></component>"
        "<component><section><title>Plan</title><text><paragraph>Rest.</paragraph><list><item>Water</item></list>"
        "See<br/>again. 10<sup>9</sup></text></section></component></structuredBody></component>"
        "</ClinicalDocument>"
    )

    def test_a_clinical_document_by_its_sections(self) -> None:
        row = document(self.CDA.encode())
        assert row.text == (
            "Visit note\n\nPatient: Ada Roe\nBirth date: 1970-02-03\nDate: 2024-01-02\n\n"
            "Medications\nDrug | Dose\naspirin | 75 mg daily\n\nPlan\nRest.\nWater\n\nSee\nagain. 10^9"
        )
        assert row.title == "Visit note"
        assert row.event_time == datetime(2024, 1, 2, 2, 4, 5, tzinfo=UTC)

    def test_a_drug_label_with_its_highlights_first(self) -> None:
        label = (
            '<document xmlns="urn:hl7-org:v3"><title>LABEL</title><section><title>1 USES</title>'
            "<text><paragraph>For pain.</paragraph></text>"
            "<excerpt><highlight><text>Pain (1)</text></highlight></excerpt>"
            "<component><section><title>1.1 Adults</title><text>Daily.</text></section></component>"
            "</section></document>"
        )
        assert document(label.encode()).text == (
            "LABEL\n\nHIGHLIGHTS OF PRESCRIBING INFORMATION\n\n1 USES\nPain (1)\n\n"
            "1 USES\nFor pain.\n\n1.1 Adults\nDaily."
        )

    def test_any_other_by_its_elements(self) -> None:
        content = (
            b"<?xml version='1.0'?><p><iban>DE02</iban><n>5</n><note>pay <b>it <i>now</i></b>!</note></p>"
        )
        assert document(content).text == "iban: DE02\nn: 5\npay it now!"

    def test_fhir_by_its_attributes(self) -> None:
        content = (
            b'<Patient xmlns="http://hl7.org/fhir"><id value="p1"/><text><div xmlns="http://www.w3.org/1999/xhtml">'
            b'<p>Ada <b>Roe</b>!</p></div></text><birthDate value="1970-02-03"/><active/></Patient>'
        )
        assert document(content).text == "resourceType: Patient\nid: p1\nAda Roe!\nbirthDate: 1970-02-03"

    def test_fhir_without_its_attachments_and_with_the_words_of_its_lists(self) -> None:
        content = (
            b'<Binary xmlns="http://hl7.org/fhir"><data value="SGVsbG8="/><text>'
            b'<ol xmlns="http://www.w3.org/1999/xhtml"><li value="2">Hello there</li></ol></text></Binary>'
        )
        assert document(content).text == "resourceType: Binary\nli: Hello there"

    def test_wide_and_deep_is_linear(self) -> None:
        started = time.process_time()
        assert document(b"<r>" + b"<a>x</a>" * 100_000 + b"</r>").text.count("a: x") == 100_000
        assert time.process_time() - started < 5
        assert (
            reject(b"<?xml version='1.0'?>" + b"<a>" * 10_000 + b"x" + b"</a>" * 10_000).reason == "malformed"
        )

    def test_billion_laughs(self) -> None:
        entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
        bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{entities}]><x>&l9;</x>'
        assert reject(bomb.encode()).reason == "xml_entities"
        assert reject(bomb.replace("<x>&l9;", "<x y='&l9;'>").encode()).reason in (
            "xml_entities",
            "malformed",
        )

    def test_an_external_entity_is_not_read(self) -> None:
        content = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'
        assert reject(content).reason == "xml_entities"

    @pytest.mark.parametrize("inside", ["&ext;", "<b>&ext;</b>", "before &ext; behind", "<t>x</t>&ext;"])
    @pytest.mark.parametrize("declared", ['SYSTEM "http://evil.example/x.dtd"', "[%p;]"])
    def test_an_entity_of_another_file_is_told(self, declared: str, inside: str) -> None:
        refused = reject(f'<?xml version="1.0"?><!DOCTYPE x {declared}><x>{inside}</x>'.encode())
        assert refused.reason == "xml_entities" and "&ext; is declared in another file" in refused.detail

    def test_a_type_of_another_file_alone_is_no_obstacle(self) -> None:
        assert (
            document(b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "x.dtd"><x>a &#233; &amp; b</x>').text
            == "a é & b"
        )

    def test_cut_short(self) -> None:
        assert reject(f'<?xml version="1.0"?>{self.CDA[:300]}'.encode()).reason == "malformed"


class TestMail:
    def mail(self, body: str = "Please pay.", **headers: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = "Ann <ann@corp.example>"
        message["To"] = "ben@corp.example"
        message["Subject"] = "Überweisung"
        message["Message-ID"] = "<1@corp.example>"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(body)
        return message

    @pytest.mark.parametrize(
        "raw",
        [
            b"Content-Type: text/plain; charset*=utf-8''utf-8\n\nM\xfcller will pay.",
            b"Subject: =?utf-8?b?a!!!?=\n\nAnn will pay.",
            b'Content-Type: text/plain; charset="a\0b"\n\nM\xfcller will pay.',
        ],
    )
    def test_a_broken_charset_or_word_loses_nothing(self, raw: bytes) -> None:
        row = document(b"From: a@b.example\nTo: c@d.example\nMessage-ID: <1@b.example>\n" + raw)
        assert row.text.endswith("will pay.")

    @pytest.mark.parametrize("end", ["\u0085\u0085", "\u2028\u2028", "\u2029 \u2029", "\r\n\r\n"])
    def test_an_encoded_line_end_does_not_end_the_headers(self, end: str) -> None:
        words = base64.b64encode(f"Pay{end}now".encode()).decode()
        row = document(
            f"From: =?utf-8?b?{words}?= <a@b.example>\nTo: c@d.example\nSubject: =?utf-8?b?{words}?=\n"
            "Message-ID: <1@b.example>\nAuthentication-Results: mx; spf=fail\n\nThe body.".encode()
        )
        headers, _, body = row.text.partition("\n\n")
        assert body == "The body." and "Subject: Pay now\n" in headers
        assert headers.splitlines()[-1] == "Authentication-Results: mx; spf=fail"

    def test_headers_one_per_line_then_the_body(self) -> None:
        row = document(
            bytes(self.mail(Date="Tue, 02 Jan 2024 03:04:05 +0100", Reply_To="x@evil.example", X_Spam="1"))
        )
        assert row.text == (
            "From: Ann <ann@corp.example>\nReply-To: x@evil.example\nTo: ben@corp.example\n"
            "Subject: Überweisung\n"
            "Date: Tue, 02 Jan 2024 03:04:05 +0100\nMessage-ID: <1@corp.example>\n\nPlease pay."
        )
        assert row.media_type == MAIL
        assert row.title == "Überweisung"
        assert row.event_time == datetime(2024, 1, 2, 2, 4, 5, tzinfo=UTC)

    @pytest.mark.parametrize(
        "date",
        [
            "",
            "yesterday",
            "Tue, 32 Jan 2024 00:00:00",
            "Mon, 01 Jan 1900 00:00:00 +2300",
            "1 Jan 99999 0:0 +0000",
        ],
    )
    def test_an_impossible_date_is_none(self, date: str) -> None:
        content = f"Message-ID: <1>\nFrom: a@b.c\nDate: {date}\n\nhi".encode()
        assert document(content).event_time is None

    def test_html_alone_and_html_that_misleads(self) -> None:
        page = '<p>Log in at <a href="http://evil.example/">www.bank.example</a>.</p>'
        html = self.mail()
        html.set_content(page, subtype="html")
        assert document(bytes(html)).text.endswith("\n\nLog in at www.bank.example <http://evil.example/>.")
        both = self.mail("Log in at our site, as you always do, please.")
        both.add_alternative(page, subtype="html")
        assert "http://evil.example/" in document(bytes(both)).text
        honest = self.mail("Log in at bank.example, as you always do, please.")
        honest.add_alternative('<p><a href="http://bank.example">Log in</a></p>', subtype="html")
        assert document(bytes(honest)).text.endswith("as you always do, please.")

    @pytest.mark.parametrize(
        ("markup", "shown", "found"),
        [
            ("<p>Hi.<p><a href='https://e.example/v'>Verify now</a>", "Hi.\n\nVerify now <https://e.example/v>",
             [("Verify now", "https://e.example/v")]),
            ("<table><tr><td>a<td><a href='https://e.example'><b>Pay</b> here</a></table>", "a | Pay here <https://e.example>",
             [("Pay here", "https://e.example")]),
            ("<a href='https://e.example'><img alt='Track your parcel'></a>",
             "Track your parcel <https://e.example>", [("Track your parcel", "https://e.example")]),
            ("<a href='https://e.example'><img></a> <a href='https://e.example'><img></a>",
             "[image] <https://e.example>", [("[image]", "https://e.example")]),
            ("<a href='ht\ntps://e.example/ x'>Go</a>", "Go <https://e.example/x>", [("Go", "https://e.example/x")]),
            ("<form action='https://e.example'>Password: <input><input type=submit value='Log in'></form>",
             "Password: Log in <https://e.example>", [("Log in", "https://e.example")]),
            ("<map><area alt='Unlock' href='//e.example'></map>", "Unlock <//e.example>",
             [("Unlock", "//e.example")]),
            ("Write to <a href='mailto:x@e.example'>Ann</a> or <a href='mailto:y@e.example'>y@e.example</a>",
             "Write to Ann <mailto:x@e.example> or y@e.example", [("Write to Ann", "mailto:x@e.example")]),
            ("<img alt='PayPal'><img alt='*'>Hello <img alt=PayPal>", "PayPal Hello", []),
            ("<a href='#top'>Top</a> <a href='javascript:x()'>Do</a>", "Top Do", []),
        ],
    )  # fmt: skip
    def test_links_and_pictures_of_a_mail(
        self, markup: str, shown: str, found: list[tuple[str, str]]
    ) -> None:
        message = self.mail()
        message.set_content(f"<html><body>{markup}</body></html>", subtype="html")
        body = document(bytes(message)).text.partition("\n\n")[2]
        assert body == shown
        assert [(link.text, link.target) for link in links(body)] == found
        assert all(link.target in body[slice(*link.span)] for link in links(body))

    def test_an_attachment_is_a_source_naming_its_parent(self) -> None:
        message = self.mail()
        message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a.pdf")
        message.add_attachment(
            bytes(self.mail("inner")), maintype="application", subtype="octet-stream", filename="m"
        )
        row, first, second = parse(Source("in.eml", bytes(message)), Limits())
        assert isinstance(row, Document)
        assert first == Source(
            "in.eml#attachment-1",
            b"%PDF-1.4",
            "application/pdf",
            row.doc_id,
            row.event_time,
            file_name="a.pdf",
        )
        assert isinstance(second, Source)
        assert document(second.content or b"").text.endswith("inner")

    def test_an_attached_message_is_an_attachment(self) -> None:
        message = self.mail()
        message.add_attachment(self.mail("the forwarded text"))
        row, inner = parse(Source("in.eml", bytes(message)), Limits())
        assert isinstance(row, Document)
        assert "forwarded" not in row.text
        assert isinstance(inner, Source)
        assert document(inner.content or b"").text.endswith("the forwarded text")

    def test_an_image_that_the_page_shows_is_no_document(self) -> None:
        message = self.mail()
        message.add_alternative('<img src="cid:logo"><p>Please pay.', subtype="html")
        page = message.get_payload()[1]  # type: ignore[index]
        page.add_related(b"\x89PNG", "image", "png", cid="<logo>")  # type: ignore[union-attr]
        message.add_attachment(b"\x89PNG\r\n\x1a\n", "image", "png", filename="scan.png")
        rows = parse(Source("in.eml", bytes(message)), Limits())
        assert [row.uri for row in rows] == ["in.eml", "in.eml#attachment-1"]

    def test_two_hundred_attachments_add_up(self) -> None:
        message = self.mail()
        for n in range(200):
            message.add_attachment(f"text {n}", filename=f"{n}.txt")
        _, *rest = parse(Source("in.eml", bytes(message)), Limits())
        assert [row.uri for row in rest] == [f"in.eml#attachment-{n}" for n in range(1, 201)]
        assert all(isinstance(row, Source) for row in rest[:100])
        refused = rest[100:]
        assert all(isinstance(row, Reject) and row.reason == "too_many_attachments" for row in refused)

    def test_attachments_within_attachments_end(self) -> None:
        message = self.mail("innermost")
        for _ in range(8):
            outer = self.mail()
            outer.add_attachment(message)
            message = outer
        left = [Source("in.eml", bytes(message))]
        documents: list[Document] = []
        rejects: list[Reject] = []
        while left:
            for row in parse(left.pop(), Limits(depth=4)):
                if isinstance(row, Source):
                    left.append(row)
                elif isinstance(row, Document):
                    documents.append(row)
                else:
                    rejects.append(row)
        assert len(documents) == 5
        assert [row.reason for row in rejects] == ["too_deep"]

    @pytest.mark.parametrize(
        ("content", "expected", "why"),
        [
            (b"Content-Type: multipart/mixed; boundary=B\n\n--B\n\none\n--B\n\ntwo", "one\n\ntwo", "no end"),
            (b"Content-Type: multipart/mixed\n\nno boundary", "no boundary", "no boundary parameter"),
            (b"Content-Type: text/plain; charset=klingon\n\nr\xc3\xa9sum\xc3\xa9", "résumé", "unknown"),
            (b"Content-Type: text/plain; charset=us-ascii\n\nr\xe9sum\xe9 du bail", "résumé du bail", "no"),
            (b"Content-Transfer-Encoding: base64\n\n!!not base64", "not base64", "broken base64"),
            (b"Content-Type: nonsense\n\nbody", "body", "no type at all"),
        ],
    )  # fmt: skip
    def test_broken_mime_gives_what_can_be_read(self, content: bytes, expected: str, why: str) -> None:
        text = document(b"Message-ID: <1>\nFrom: a@b.c\n" + content).text
        assert text.partition("\n\n")[2].strip() == expected or expected in text, why

    def test_parts_nested_without_end(self) -> None:
        head = b"Message-ID: <1>\nFrom: a@b.c\nMIME-Version: 1.0\n"
        parts = b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(3_000)
        )
        rows = parse(Source("x", head + parts + b"\nend"), Limits())
        assert len(rows) == 1
        assert isinstance(rows[0], Document) or (
            isinstance(rows[0], Reject) and rows[0].reason in ("too_deep", "too_many_attachments")
        )

    @given(st.binary(max_size=400))
    def test_any_bytes_after_the_headers(self, tail: bytes) -> None:
        rows = parse(Source("x", b"Message-ID: <1>\nFrom: a@b.c\nContent-Type: " + tail), Limits())
        assert isinstance(rows[0], Document)


class TestRtfAndOthers:
    def test_rtf(self) -> None:
        content = (
            rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\b LEASE\b0\par 1. Rent: caf\'e9\u8364?.\par}"
        )
        row = document(content)
        assert row.media_type == RTF
        assert [line for line in row.text.split("\n") if line] == ["LEASE", "1. Rent: café€."]

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"\xffWPC" + bytes(4) + b"\1\x0a" + bytes(60), "unsupported_media_type"),
            (b"GIF89a" + bytes(60), "unsupported_media_type"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "unsupported_media_type"),
            (
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "WordDocument".encode("utf-16-le"),
                "malformed",
            ),
            (bytes(range(256)) * 4, "unsupported_media_type"),
        ],
    )
    def test_what_is_not_read(self, content: bytes, reason: str) -> None:
        assert reject(content).reason == reason

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "empty"),
            (b" \r\n\t ", "only_whitespace"),
            (bytes(5_000), "only_whitespace"),
            (b"\x00 \x00\n" * 500, "only_whitespace"),
            ("\u200b\u2003\ufeff".encode(), "only_whitespace"),
        ],
    )
    def test_nothing(self, content: bytes, reason: str) -> None:
        assert reject(content).reason == reason

    def test_limits(self) -> None:
        assert reject(b"x" * 101, limits=Limits(bytes=100)).reason == "too_large"
        assert reject(b"x" * 101, limits=Limits(chars=100)).reason == "too_long"
        assert reject(b"<p>" + b"x " * 101, limits=Limits(chars=100)).reason == "too_long"
        assert reject(pdf("\n".join(["x" * 20] * 6)), limits=Limits(chars=100)).reason == "too_long"

    def test_a_source_without_content_is_a_defect_of_the_caller(self) -> None:
        with pytest.raises(ValueError, match="read"):
            parse(Source("x"), Limits())

    @given(
        st.sampled_from(
            [b"", b"%PDF-1.4\n", b"{\\rtf1", b"<html>", b"<?xml version='1.0'?>", b"PK\x03\x04word/"]
        ),
        st.binary(max_size=300),
    )
    def test_any_bytes_give_one_document_or_reject(self, head: bytes, tail: bytes) -> None:
        rows = parse(Source("x", head + tail), Limits())
        assert sum(isinstance(row, (Document, Reject)) for row in rows) == 1


def test_a_reader_is_imported_without_those_of_other_formats() -> None:
    code = (
        "import sys; from docassay.transforms.formats.kinds import reader_of;"
        " print(reader_of('application/pdf').__name__, 'lxml' in sys.modules, reader_of('no/such'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["docassay.transforms.formats.pdf", "False", "None"]
