"""Files of several documents: each is one of its own, and none is lost."""

from __future__ import annotations

import binascii
import io
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.schemas.rows import Reject, Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, containers
from docassay.transforms.formats.media_types import EDGAR, HTML, MAIL, MBOX, ZIP
from docassay.transforms.parse import media_type, parse

FROM = b"From ann@corp.example Tue Jan  2 03:04:05 2024\n"


def mail(subject: str, text: str = "Pay the rent.") -> bytes:
    return f"From: ann@corp.example\nTo: ben@corp.example\nSubject: {subject}\n\n{text}\n".encode()


def packed(members: Iterable[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as made:
        for name, content in members:
            made.writestr(name, content)
    return buffer.getvalue()


def all_of(content: bytes, uri: str = "x", limits: Limits | None = None) -> list[Document | Reject]:
    """Parse a document and all that is in it, and check that each input has one outcome."""
    rows: list[Document | Reject] = []
    sources = [Source(uri, content)]
    while sources:
        source = sources.pop(0)
        own, *inner = parse(source, limits or Limits())
        assert own.uri == source.uri and not isinstance(own, Source)
        rows.append(own)
        for outcome in inner:
            assert outcome.uri.startswith(f"{source.uri}#attachment-")
            (sources if isinstance(outcome, Source) else rows).append(outcome)  # type: ignore[arg-type]
    assert len({row.uri for row in rows}) == len(rows)
    return rows


def reason(row: Document | Reject) -> str:
    return row.reason if isinstance(row, Reject) else "read"


class TestMailbox:
    def test_each_mail_is_a_document(self) -> None:
        quoted = mail("Second", ">From now on, pay.\n>>From x")
        first, *mails = all_of(FROM + mail("First") + b"\n" + FROM + quoted + b"\n" + FROM + mail("Third"))
        assert isinstance(first, Document)
        assert (first.media_type, first.text) == (MBOX, "\n".join([FROM.decode().strip()] * 3))
        assert [row.uri for row in mails] == [f"x#attachment-{n}" for n in (1, 2, 3)]
        assert all(isinstance(row, Document) and row.media_type == MAIL for row in mails)
        assert [row.title for row in mails if isinstance(row, Document)] == ["First", "Second", "Third"]
        assert isinstance(mails[1], Document) and mails[1].text.endswith("\n\nFrom now on, pay.\n>From x")
        assert {row.parent_id for row in mails if isinstance(row, Document)} == {first.doc_id}

    def test_many_mails(self) -> None:
        box = b"\n".join(FROM + mail(f"Mail {n}") for n in range(150))
        assert [reason(row) for row in all_of(box)] == ["read"] * 151
        rows = all_of(box, limits=Limits(members=100))
        assert [reason(row) for row in rows].count("too_many_attachments") == 50 and len(rows) == 151

    def test_from_within_a_mail_is_no_separator(self) -> None:
        text = "\n\nFrom Monday on, the rent is due.\nFrom there\nFrom a@b 2024\nthe end"
        assert media_type(FROM + mail("First", text)) == MAIL


class TestArchive:
    def test_each_file_is_a_document(self) -> None:
        members = [
            ("leases/", b""),
            ("leases/büro.md", b"# Lease\n\nRent"),
            ("rent.csv", b"month,rent\nMay,500\n"),
            ("mail.eml", b"Subject: Rent\nX: y\n\nPay."),
            ("__MACOSX/._rent.csv", b"\0\5\26\7"),
            ("empty.txt", b""),
        ]
        archive, *files = all_of(packed(members))
        assert isinstance(archive, Document) and archive.media_type == ZIP
        assert archive.text == "leases/büro.md\nrent.csv\nmail.eml\nempty.txt"
        types = [row.media_type for row in files if isinstance(row, Document)]
        assert types == ["text/markdown", "text/csv", MAIL]
        assert [reason(row) for row in files] == ["read", "read", "read", "empty"]

    def test_hostile_names_are_only_shown(self) -> None:
        names = [
            "../../etc/passwd",
            "/etc/passwd",
            "C:\\x.txt",
            "a\nb\x1b[31m.txt",
            "x" * 5_000,
            "same",
            "same",
        ]
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive, *files = all_of(packed((name, b"text") for name in names))
        assert isinstance(archive, Document)
        assert archive.text.split("\n")[:3] == names[:3]
        assert archive.text.split("\n")[3] == "a b [31m.txt" and len(archive.text) < 400
        assert [row.text for row in files if isinstance(row, Document)] == ["text"] * 7

    def test_a_member_without_a_name(self) -> None:
        content = packed([("q", b"text"), ("b/", b"")]).replace(b"q", b"\0")
        archive, file = all_of(content)
        assert isinstance(archive, Document) and archive.text == "-"
        assert isinstance(file, Document) and file.text == "text"

    @pytest.mark.parametrize(
        ("content", "reasons", "why"),
        [
            (lambda: packed([("a", b" " * 60_000_000)]), ["zip_bomb"], "one member, a thousandfold"),
            (lambda: packed((str(n), b" " * 3_000_000) for n in range(4)), ["zip_bomb"], "a hundredfold"),
            (lambda: packed((str(n), b"") for n in range(10_001)), ["zip_bomb"], "more members than any"),
            (packed([("a.zip", packed([("b.txt", b"text")]))]), ["read", "too_deep"], "an archive within"),
            (packed([("mimetype", b"x/y"), ("a.html", b"")]), ["unsupported_media_type"], "a book"),
            (packed([("Index/Document.iwa", b"\0")]), ["unsupported_media_type"], "a package of Apple's"),
            (packed([(".DS_Store", b"x"), ("a/", b"")]), ["only_whitespace"], "no document"),
            (packed([("a.txt", b"text")])[:-40], ["malformed"], "cut short"),
            (packed([("a.txt", b"one"), ("b.txt", b"two")], zipfile.ZIP_STORED).replace(b"one", b"0ne"),
             ["read", "malformed", "read"], "one member is damaged"),
            (packed([("a.txt", b"text")]).replace(b"\x14\0\0\0\x08\0", b"\x14\0\1\0\x08\0"),
             ["read", "encrypted"], "one member needs a password"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )  # fmt: skip
    def test_what_is_refused(
        self, content: bytes | Callable[[], bytes], reasons: list[str], why: str
    ) -> None:
        content = content if isinstance(content, bytes) else content()
        assert [reason(row) for row in all_of(content)] == reasons, why

    def test_a_method_of_packing_that_is_not_read_is_no_damage(self) -> None:
        content = bytearray(packed([("lease.txt", b"The tenant pays.")]))
        for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            content[content.index(signature) + offset] = 6  # imploded, as PKZIP 1 did
        _, row = all_of(bytes(content))
        assert isinstance(row, Reject) and row.reason == "unsupported_media_type"

    def test_sizes_and_numbers(self) -> None:
        content = packed([("big.txt", b"x" * 2_000), ("a.txt", b"a"), ("b.txt", b"b")])
        rows = all_of(content, limits=Limits(bytes=1_000, members=2))
        assert [reason(row) for row in rows] == ["read", "too_large", "too_many_attachments", "read"]
        assert rows[1].doc_id is None, "its bytes were not read"
        assert containers.RATIO < 1_032, "what deflate reaches"

    def test_mails_and_archives_in_turn_come_to_an_end(self) -> None:
        content = packed([("a.txt", b"text")])
        for _ in range(6):
            part = binascii.b2a_base64(content).decode()
            head = "From: a@b.example\nSubject: x\nMIME-Version: 1.0\n"
            head += "Content-Type: multipart/mixed; boundary=b\n\n"
            inner = (
                f"--b\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n{part}\n--b--\n"
            )
            content = packed([("a.eml", (head + inner).encode())])
        rows = all_of(content)
        assert [reason(row) for row in rows] == [*["read"] * 5, "too_deep"]


HEADER = """<SEC-DOCUMENT>0000000000-24-000001.txt : 20240105
<SEC-HEADER>0000000000-24-000001.hdr.sgml : 20240105
<ACCEPTANCE-DATETIME>20240105120000
CONFORMED SUBMISSION TYPE:\t8-K
FILED AS OF DATE:\t\t20240105

FILER:
\tCOMPANY DATA:
\t\tCOMPANY CONFORMED NAME:\t\t\tEXAMPLE CORP
</SEC-HEADER>
"""


def filed(kind: str, text: str, name: str = "x.htm", description: str = "") -> str:
    described = f"<DESCRIPTION>{description}\n" if description else ""
    head = f"<DOCUMENT>\n<TYPE>{kind}\n<SEQUENCE>1\n<FILENAME>{name}\n{described}"
    return f"{head}<TEXT>\n{text}\n</TEXT>\n</DOCUMENT>\n"


class TestEdgar:
    PAGE = "<html><body><p>CURRENT REPORT<br>of Example &amp; Sons</body></html>"

    def test_one_document_of_a_submission(self) -> None:
        (row,) = all_of(filed("424B5", self.PAGE).encode(), "x.html")
        assert isinstance(row, Document) and (row.media_type, row.title) == (EDGAR, "Form 424B5")
        assert row.text == "CURRENT REPORT\nof Example & Sons"

    def test_a_submission_of_several(self) -> None:
        picture = "begin 644 logo.jpg\n" + binascii.b2a_uu(b"\xff\xd8\xff\xe0").decode() + "`\nend"
        content = HEADER + (
            filed("8-K", self.PAGE)
            + filed(
                "EX-10.1",
                "<PAGE>\n<TABLE>\n<S>  <C>\nRent  &lt;500&gt;\n</TABLE>",
                "y.txt",
                "LEASE",
            )
            + filed("EX-99.1", "<XML>\n<?xml version='1.0'?><a><b>x</b></a>\n</XML>", "z.xml")
            + filed("GRAPHIC", picture, "logo.jpg")
            + filed("EX-101.SCH", "<XBRL>\n<xsd:schema/>\n</XBRL>", "x.xsd")
        )
        main, lease, exhibit = all_of((content + "</SEC-DOCUMENT>\n").encode())
        assert isinstance(main, Document) and isinstance(lease, Document) and isinstance(exhibit, Document)
        assert main.title == "Form 8-K" and main.event_time == datetime(2024, 1, 5, tzinfo=UTC)
        assert main.text == (
            "CONFORMED SUBMISSION TYPE: 8-K\nFILED AS OF DATE: 20240105\n"
            "COMPANY CONFORMED NAME: EXAMPLE CORP\n\nCURRENT REPORT\nof Example & Sons"
        )
        assert lease.title == "LEASE" and lease.text.split() == ["Rent", "<500>"]
        assert (exhibit.title, exhibit.text) == ("EX-99.1", "b: x")

    def test_a_message_of_the_nineties(self) -> None:
        content = (
            "-----BEGIN PRIVACY-ENHANCED MESSAGE-----\nProc-Type: 2001,MIC-CLEAR\nMIC-Info: RSA,\n x=\n\n"
        )
        content += HEADER + filed("10-K", "ANNUAL REPORT")
        content += "</SEC-DOCUMENT>\n-----END PRIVACY-ENHANCED MESSAGE-----\n"
        (row,) = all_of(content.encode(), "x.txt")
        assert (
            isinstance(row, Document) and row.text.endswith("\n\nANNUAL REPORT") and row.title == "Form 10-K"
        )

    def test_a_pdf_within_is_an_attachment(self) -> None:
        encoded = "begin 644 a.pdf\n" + binascii.b2a_uu(b"%PDF-1.4\nno more").decode() + "`\nend"
        rows = all_of((HEADER + filed("CORRESP", f"<PDF>\n{encoded}\n</PDF>")).encode())
        assert [reason(row) for row in rows] == ["read", "malformed"], "the header, and a damaged PDF"

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (HEADER, "no_text"),
            (HEADER + filed("GRAPHIC", "begin 644 x.jpg\n`\nend"), "no_text"),
            ("<DOCUMENT>\n<TYPE>8-K\n<TEXT>\n</TEXT>", "only_whitespace"),
        ],
    )
    def test_what_is_refused(self, content: str, expected: str) -> None:
        assert [reason(row) for row in all_of(content.encode())] == [expected]

    def test_html_that_only_mentions_it_is_html(self) -> None:
        assert media_type(b"<html><pre><DOCUMENT>\n<TYPE>8-K</pre>") == HTML

    @given(
        st.lists(
            st.sampled_from(["<DOCUMENT>", "<TYPE>", "8-K", "<TEXT>", "</TEXT>", "\n", "begin 644 x\n", "x"])
        )
    )
    def test_any_order_of_tags(self, pieces: list[str]) -> None:
        rows = parse(Source("x", ("<DOCUMENT>\n<TYPE>8-K\n" + "".join(pieces)).encode()), Limits())
        assert all(row.uri.startswith("x") for row in rows)
