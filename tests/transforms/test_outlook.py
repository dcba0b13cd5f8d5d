"""Mails that Outlook saved are mails as any other."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

import pytest

from docassay.schemas.rows import Reject, Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.formats.media_types import MAIL, OUTLOOK
from docassay.transforms.parse import media_type, parse
from tests.compound_files import compound_file, data, properties, text

TICKS = (
    int((datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC) - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds())
    * 10**7
)
SENT = {(0x0039, 0x0040): struct.pack("<Q", TICKS)}


def person(name: str, address: str, role: int) -> dict[str, bytes]:
    listed = properties(8, {(0x0C15, 0x0003): struct.pack("<iI", role, 0)})
    return {**dict([text(0x3001, name), text(0x39FE, address)]), "__properties_version1.0": listed}


def saved(before: int = 32, **more: Any) -> dict[str, Any]:
    """Give the properties of a mail; 24 bytes stand before the list of them in a mail within a mail."""
    streams = [
        text(0x0037, "Rent"),
        text(0x0C1A, "Doe, Ann"),
        text(0x0C1F, "/o=Corp/cn=ann"),
        text(0x5D01, "ann@corp.example"),
        text(0x1000, "Pay the rent.\r\n"),
    ]
    return {**dict(streams), "__properties_version1.0": properties(before, SENT), **more}


def read(content: bytes) -> list[Any]:
    return parse(Source("x.msg", content), Limits())


def test_headers_body_and_attachments() -> None:
    picture = dict(
        [
            data(0x3701, b"\xff\xd8\xff\xe0logo"),
            text(0x3707, "logo.jpg"),
            text(0x3712, "logo"),
            text(0x370E, "image/jpeg"),
        ]
    )
    lease = dict([data(0x3701, b"<p>The lease"), text(0x3707, "lease.html")])
    within = {"__substg1.0_3701000D": saved(24, **dict([text(0x0037, "Old rent")]))}
    content = compound_file(
        saved(
            **{
                "__recip_version1.0_#00000000": person("Ben", "ben@corp.example", 1),
                "__recip_version1.0_#00000001": person("eve@corp.example", "eve@corp.example", 2),
                "__attach_version1.0_#00000000": picture,
                "__attach_version1.0_#00000001": lease,
                "__attach_version1.0_#00000002": within,
            },
            **dict(
                [
                    data(
                        0x1013,
                        b'<img src="cid:logo"><p>Pay the rent. <a href="https://bank.example/">Pay</a>',
                    )
                ]
            ),
        )
    )
    assert media_type(content) == OUTLOOK
    row, html, old = read(content)
    assert isinstance(row, Document) and (row.media_type, row.title) == (MAIL, "Rent")
    assert row.text == (
        'From: "Doe, Ann" <ann@corp.example>\nTo: Ben <ben@corp.example>\nCc: eve@corp.example\n'
        "Subject: Rent\nDate: Tue, 02 Jan 2024 03:04:05 +0000\n\nPay the rent. Pay <https://bank.example/>"
    )
    assert row.event_time == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (html.media_type, html.content) == ("text/html", b"<p>The lease")
    (inner,) = parse(old, Limits())
    assert isinstance(inner, Document) and inner.media_type == MAIL and inner.title == "Old rent"
    assert inner.event_time == row.event_time and inner.text.endswith("\n\nPay the rent.")
    assert read(content) == [row, html, old], "an attachment's bytes, and so its name, are the same again"


def test_the_headers_that_it_was_received_with() -> None:
    headers = "Received: from a by b\r\nFrom: eve@evil.example\r\nAuthentication-Results: mx; spf=fail\r\n"
    headers += "Content-Type: text/html; charset=x\r\n"
    (row,) = read(compound_file(saved(**dict([text(0x007D, headers)]))))
    assert row.text.startswith("From: eve@evil.example\nSubject: Rent\nDate: ")
    assert "Authentication-Results: mx; spf=fail\n" in row.text and row.text.endswith("\n\nPay the rent.")


@pytest.mark.parametrize(
    ("page", "charset"), [(950, "big5"), (1251, "cp1251"), (65001, "utf-8"), (99999, "utf-8")]
)
def test_texts_of_a_code_page(page: int, charset: str) -> None:
    word = {"big5": "租金", "cp1251": "аренда", "utf-8": "Miete für Büro"}[charset]
    listed = properties(32, {(0x3FFD, 0x0003): struct.pack("<iI", page, 0)})
    tree = {"__substg1.0_0037001E": word.encode(charset), "__properties_version1.0": listed}
    (row,) = read(compound_file(tree))
    assert row.title == word


def test_mails_within_mails_come_to_an_end() -> None:
    tree = saved(24)
    for n in range(15):
        tree = saved(
            24 if n < 14 else 32, **{"__attach_version1.0_#00000000": {"__substg1.0_3701000D": tree}}
        )
    (row,) = read(compound_file(tree))
    assert isinstance(row, Reject) and row.reason == "too_deep"


@pytest.mark.parametrize("keep", [600, 1_500, 3_000])
def test_cut_short(keep: int) -> None:
    content = compound_file(saved(**dict([text(0x1000, "Pay the rent. " * 500)])))
    rows = read(content[:keep])
    assert len(rows) == 1 and isinstance(rows[0], Reject)


def test_a_sector_of_more_bytes_than_can_be_counted() -> None:
    content = bytearray(compound_file(saved()))
    content[32:34] = struct.pack("<H", 255)  # of short streams: a power of two
    (row,) = read(bytes(content))
    assert isinstance(row, Reject) and row.reason == "malformed"


def test_nothing_in_it() -> None:
    (row,) = read(compound_file({"__properties_version1.0": properties(32, {}), **dict([text(0x3712, "x")])}))
    assert isinstance(row, Reject) and row.reason == "only_whitespace"
