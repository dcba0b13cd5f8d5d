"""Mail: told by its headers, its words decoded, its parts read, in bounded time whatever it is made of."""

from __future__ import annotations

import base64
import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.schemas.rows import Reject, Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, mail_headers
from docassay.transforms.formats.calendar import shown_events
from docassay.transforms.formats.mail_headers import mail_type
from docassay.transforms.formats.media_types import MAIL, MBOX
from docassay.transforms.parse import media_type, parse

SENT = (
    b"From: Ann <ann@corp.example>\r\nTo: ben@corp.example\r\nSubject: Rent\r\n"
    b"Message-ID: <1@corp.example>\r\n"
)
RELAYED = b"".join(
    b"ARC-Seal: i=%d; a=rsa-sha256; cv=pass;\r\n b=%s\r\nReceived: from a by b;\r\n\tMon, 1 Jan 2024\r\n"
    % (n, b"x" * 300)
    for n in range(60)
)


def read(content: bytes, uri: str = "x") -> Document:
    row, *_ = parse(Source(uri, content), Limits())
    assert isinstance(row, Document), row
    return row


def body(content: bytes) -> str:
    return read(content).text.partition("\n\n")[2]


def multipart(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    inner = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return (
        SENT
        + b"MIME-Version: 1.0\r\nContent-Type: multipart/"
        + kind
        + b"; boundary=b\r\n\r\n"
        + inner
        + b"--b--"
    )


class TestHeaders:
    def test_however_many_relays_wrote_before_the_sender(self) -> None:
        assert len(RELAYED) > 20_000
        assert media_type(RELAYED + SENT + b"\r\nPay.") == MAIL
        assert read(RELAYED + SENT + b"\r\nPay.").text.startswith("From: Ann <ann@corp.example>\n")

    @pytest.mark.parametrize(
        ("start", "expected", "why"),
        [
            (b"Subject: Rent\n\nPay.", MAIL, "saved as text, with its subject alone"),
            (b"Subject: Rent\n of May\n\nPay.", MAIL, "the subject is folded"),
            (b"Subject: Rent\r\nX-Origin: Smith-A\r\n\r\nPay.", MAIL, "a program's own headers"),
            (b"From: Ann\nTo: Ben\nSubject: Rent\n\nPay.", MAIL, "without an address"),
            (
                b"From: Ann\nSent: Monday\nTo: Ben\nCc: Eve\nSubject: Rent\n\nPay.",
                MAIL,
                "as Outlook prints it",
            ),
            (b"From a@b Mon Jan 1 00:00:00 2024\n" + SENT + b"\nPay.", MAIL, "an mbox of one"),
            (b"FROM: Ann\nTO: Ben\nDATE: Monday\nSUBJECT: Rent\n\nText.", None, "a memo"),
            (b"Subject: is the wrong word\n", None, "no empty line"),
            (b"To: be or not to be\n\nThat is the question.", None, "one header of any text"),
            (b"Name: Ann\nSubject: Rent\n\nText.", None, "a form"),
            (b"Date: Monday\nTo: Ben\n\nText.", None, "no sender and no subject"),
            (b" From: Ann\nTo: Ben\nSubject: x\n\n", None, "a folded line is not the first"),
            (b"From the desk of Ann\n\nDear Ben,", None, "a letter that begins with From"),
        ],
    )
    def test_told_from_other_texts(self, start: bytes, expected: str | None, why: str) -> None:
        assert mail_type(start) == expected, why

    def test_a_name_needs_one_header(self) -> None:
        assert mail_type(b"Subject: x\r\nFoo: y\r\n\r\n", named=True) == MAIL
        assert mail_type(b"Subject: x\r\nFoo: y\r\n\r\n") is None

    def test_a_mailbox_is_not_a_mail(self) -> None:
        one = b"From a@b Mon Jan  1 00:00:00 2024\n" + SENT.replace(b"\r", b"") + b"\nFrom now on, pay.\n\n"
        assert mail_type(one) == MAIL
        assert mail_type(one + one) == MBOX


class TestWords:
    @pytest.mark.parametrize(
        ("raw", "shown", "why"),
        [
            ("=?utf-8?b?w5xiZXI=?=", "Über", "base 64"),
            ("=?UTF-8?Q?caf=C3?= =?utf-8?q?=A9_noir?=", "café noir", "a character in two words"),
            ("=?utf-8?b?w5xiZXI?=", "Über", "no padding"),
            ("=?utf-8?b?w5xi!!ZXI=?=", "Über", "letters that are none of base 64"),
            ("=?utf-8?b?A?= x", " x", "a single letter is no byte"),
            ("=?utf-8?q?a=ZZb?=", "a=ZZb", "no hexadecimal number"),
            ("=?utf-8*de?q?=C3=9Cber?=", "Über", "with a language, RFC 2231"),
            ("=?no-such-charset?q?caf=C3=A9?=", "café", "a charset that does not exist"),
            ("=?utf-8?q?a b?=", "a b", "a space where none may be"),
            ("=?utf-8?x?abc?= =?utf-8?q?abc", "=?utf-8?x?abc?= =?utf-8?q?abc", "no words at all"),
            ("Fwd: =?iso-8859-1?q?Stra=DFe?= 5", "Fwd: Straße 5", "within a text"),
            ("caf\udcc3\udca9", "café", "bytes that nobody declared"),
        ],
    )
    def test_decoded_as_mail_programs_do(self, raw: str, shown: str, why: str) -> None:
        assert mail_headers.decoded(raw) == shown, why

    @pytest.mark.parametrize(
        ("raw", "shown", "why"),
        [
            ('"Doe, Ann" <a@b.example>', '"Doe, Ann" <a@b.example>', "quoted already"),
            ("=?utf-8?q?Doe=2C_Ann?= <a@b.example>", '"Doe, Ann" <a@b.example>', "a comma in a name"),
            (
                '"=?utf-8?q?Doe=2C_Ann?=" <a@b.example>',
                '"Doe, Ann" <a@b.example>',
                "words within quotation marks",
            ),
            (
                "=?utf-8?q?pay=40bank.example_=3Cpay=40bank.example=3E?= <a@evil.example>",
                '"pay@bank.example <pay@bank.example>" <a@evil.example>',
                "an address in a name is a name",
            ),
            (
                "=?utf-8?q?a=22=2C_b=22?= <a@b.example>",
                "\"a', b'\" <a@b.example>",
                "no quotation mark gets out",
            ),
        ],
    )
    def test_names_do_not_become_addresses(self, raw: str, shown: str, why: str) -> None:
        assert mail_headers.decoded_addresses(raw) == shown, why

    @given(st.text("=?utf-8qb_ABC\"'<>,@ ", max_size=200))
    def test_any_text(self, raw: str) -> None:
        assert "\n" not in mail_headers.decoded(raw)
        mail_headers.decoded_addresses(raw)


class TestParts:
    def test_a_forwarded_mail_is_an_attachment_however_it_is_encoded(self) -> None:
        inner = b"From: eve@evil.example\r\nTo: ann@corp.example\r\nSubject: Old\r\n\r\nWire it."
        plain_part = b"Content-Type: message/rfc822\r\n\r\n" + inner
        encoded = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        for part in (plain_part, encoded + base64.encodebytes(inner)):
            row, attached = parse(Source("x.eml", multipart(b"\r\nSee below.", part)), Limits())
            assert isinstance(row, Document) and row.text.endswith("\n\nSee below.")
            assert isinstance(attached, Source)
            (forwarded,) = parse(attached, Limits())
            assert isinstance(forwarded, Document) and forwarded.media_type == MAIL
            assert forwarded.text == inner.decode().replace("\r\n", "\n")
            assert forwarded.uri == "x.eml#attachment-1"

    def test_a_mail_forwarded_in_the_text_stays_in_it(self) -> None:
        text = b"FYI\r\n\r\n-----Original Message-----\r\nFrom: Eve\r\nSent: Monday\r\n\r\nWire it."
        assert body(SENT + b"\r\n" + text) == text.decode().replace("\r\n", "\n")

    def test_an_invitation_shows_what_the_text_does_not(self) -> None:
        event = (
            b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Review of the lease\r\n"
            b"DTSTART;TZID=Europe/Berlin:20240105T090000\r\nDTEND:20240105T100000Z\r\n"
            b'ORGANIZER;CN="Ann: Legal":mailto:ann@corp.example\r\nLOCATION:Room 5\\, 2nd floor\r\n'
            b"DESCRIPTION:Bring the deed.\\nJoin: https://meet.exa\r\n mple/x\r\nBEGIN:VALARM\r\n"
            b"DESCRIPTION:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR"
        )
        text = b"Content-Type: text/plain\r\n\r\nReview of the lease"
        part = b"Content-Type: text/calendar; method=REQUEST\r\n\r\n" + event
        row, *attached = parse(Source("x", multipart(text, part, kind=b"alternative")), Limits())
        assert not attached and isinstance(row, Document)
        assert row.text.partition("\n\n")[2] == (
            "Review of the lease\n\nStarts: 2024-01-05 09:00\nEnds: 2024-01-05 10:00 UTC\n"
            "Place: Room 5, 2nd floor\nOrganizer: Ann: Legal <ann@corp.example>\n"
            "Bring the deed.\nJoin: https://meet.example/x"
        )

    def test_a_calendar_is_a_document(self) -> None:
        row = read(
            b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Hearing\nDTSTART;VALUE=DATE:20240105\nEND:VEVENT\n"
        )
        assert (row.media_type, row.text) == ("text/calendar", "Hearing\nStarts: 2024-01-05")
        (refused,) = parse(Source("x", b"BEGIN:VCALENDAR\nEND:VCALENDAR\n"), Limits())
        assert isinstance(refused, Reject) and refused.reason == "no_text"

    @given(st.text(st.sampled_from('BEGIN:VEVENT\nSUMMARY;CN="\\,n 2024T@'), max_size=300))
    def test_any_calendar(self, text: str) -> None:
        shown_events("BEGIN:VEVENT\n" + text)

    @pytest.mark.parametrize("sender", [b"From: <Saved by Blink>\r\nSubject: Our terms\r\n", b""])
    def test_a_page_that_a_browser_saved_is_no_mail(self, sender: bytes) -> None:
        related = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\n"
        page = b"Content-Type: text/html\r\n\r\n<p>You may cancel.\r\n"
        picture = b"--b\r\nContent-Type: image/png\r\nContent-Location: x.png\r\n\r\nx\r\n--b--"
        rows = parse(Source("terms.mht", sender + related + page + picture), Limits())
        assert [(row.media_type, row.text) for row in rows if isinstance(row, Document)] == [
            ("text/html", "You may cancel.")
        ]
        assert len(rows) == 1
        mail = SENT + related.replace(b"related", b"related; type=x") + page + b"--b--"
        assert read(mail).media_type == MAIL

    def test_the_charset_of_a_page_may_stand_in_it(self) -> None:
        page = "<meta charset=windows-1253><p>Μίσθωμα".encode("windows-1253")
        assert body(SENT + b"Content-Type: text/html\r\n\r\n" + page) == "Μίσθωμα"

    def test_signatures_are_no_documents(self) -> None:
        signature = b"Content-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n"
        rows = parse(Source("x", multipart(b"\r\nSigned.", signature, kind=b"signed")), Limits())
        assert len(rows) == 1

    def test_the_html_is_read_where_it_alone_names_a_link(self) -> None:
        text = b"Content-Type: text/plain\r\n\r\nYour parcel waits. Please pay the fee of two pounds."
        page = (
            b"Content-Type: text/html\r\n\r\n<p>Your parcel waits. Please pay the fee of two pounds.</p>"
            b'<a href="https://evil.example/p"><img alt="Pay now"></a>'
        )
        assert body(multipart(text, page, kind=b"alternative")).endswith(
            "\n\nPay now <https://evil.example/p>"
        )
        named = text + b" https://evil.example/p"
        assert body(multipart(named, page, kind=b"alternative")).endswith("pounds. https://evil.example/p")

    @pytest.mark.parametrize(
        "charset", ["utf-8", "no-such", "utf-16", "utf-7", "x\0y", "=?utf-8?q?x?=", "iso-2022-jp"]
    )
    def test_a_broken_charset_loses_no_text(self, charset: str) -> None:
        message = EmailMessage()
        content = b'Content-Type: text/plain; charset="' + charset.encode() + b'"\r\n\r\nPay the rent. '
        text = body(SENT + content + "é".encode("latin-1") + b"\xff\xfe")
        assert text.startswith("Pay the rent.")
        assert not message.keys()

    def test_a_broken_charset_beside_a_parameter_beyond_ascii(self) -> None:
        content = b'Content-Type: text/html; charset="x y\0"; format="\x80"\r\n\r\n<p>Pay the rent. \xff'
        assert body(SENT + content).startswith("Pay the rent.")


class TestHostile:
    """Each is read or refused in a few seconds, in memory that is a small multiple of its size."""

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("headers", "why"),
        [
            ((b"", b"X-A: y\r\n", 3_750_000), "many headers"),
            ((b"", b"Received: from a by b; x\r\n", 1_100_000), "many relays"),
            ((b"X-A: y\r\n", b" folded\r\n", 3_300_000), "a header of many lines"),
            ((b"X-A: ", b"y", 30_000_000), "a header of one long line"),
            ((b"Subject: ", b"=?utf-8?q?a?= ", 2_100_000), "a subject of many words"),
            ((b"Content-Type: text/plain; ", b"a=b; ", 6_000_000), "many parameters"),
            ((b"Content-Type: text/plain; ", b"a*1=b; ", 4_000_000), "many continued parameters"),
        ],
    )
    def test_thirty_megabytes_of_headers(self, headers: tuple[bytes, bytes, int], why: str) -> None:
        start, piece, number = headers
        end = b"" if piece.endswith(b"\n") else b"\r\n"
        content = start + piece * number + end + SENT + b"\r\nPay the rent."
        began = time.process_time()
        row = read(content, "x.eml")
        assert row.media_type == MAIL and row.text.endswith("\n\nPay the rent."), why
        assert "Message-ID: <1@corp.example>" in row.text
        assert time.process_time() - began < 10

    def test_parts_nested_fifty_deep(self) -> None:
        opened = b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(50)
        )
        assert body(SENT + b"MIME-Version: 1.0\r\n" + opened + b"\r\nDeep inside.\r\n") == "Deep inside."

    def test_mails_nested_fifty_deep(self) -> None:
        """Each is a document of its own down to the depth that is read; the next is refused."""
        nested = b"".join(
            SENT + b"MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n" for _ in range(50)
        )
        rows, sources = [], [Source("x.eml", nested + SENT + b"\r\nDeep inside.")]
        while sources:
            for outcome in parse(sources.pop(), Limits()):
                (sources if isinstance(outcome, Source) else rows).append(outcome)  # type: ignore[attr-defined]
        assert [type(row) for row in rows] == [*[Document] * 5, Reject]
        assert isinstance(rows[-1], Reject) and rows[-1].reason == "too_deep"

    def test_mails_nested_beyond_any_stack(self) -> None:
        nested = (SENT + b"MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n") * 3_000
        (row,) = parse(Source("x.eml", nested), Limits())
        assert isinstance(row, Reject) and row.reason == "too_deep"

    @given(st.binary(max_size=400))
    def test_any_bytes_after_the_headers(self, content: bytes) -> None:
        assert parse(Source("x.eml", SENT + content), Limits())
        assert parse(Source("x.eml", multipart(content, content)), Limits())
