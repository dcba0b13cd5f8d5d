"""Chats and short messages that a telephone exported: told from other text, one document a conversation."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay import domains
from docassay.schemas.rows import Reject, Source
from docassay.transforms.detect import detect
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.formats.chat import chat_type
from docassay.transforms.formats.media_types import CHAT, CHATS
from docassay.transforms.lists import line_entry
from docassay.transforms.parse import parse
from docassay.transforms.split import asked_kinds

LINES = [
    {
        "address": "+447700900123",
        "date": "1764324120000",
        "type": "1",
        "body": "DHL: pay 1.99 at dhl-fee.top/x",
    },
    {"address": "Ann", "date": "1764324180000", "type": "1", "body": "Are you coming?\nBring bread."},
    {"address": "Ann", "date": "1764324240000", "type": "2", "body": "Yes: at seven"},
]


def backup(*rows: object) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def conversations(content: bytes, limits: Limits | None = None) -> list[Document | Reject]:
    listing, *sources = parse(Source("file:///sms.jsonl", content), limits or Limits())
    assert isinstance(listing, Document) and listing.media_type == CHATS
    inner = [parse(one, Limits())[0] if isinstance(one, Source) else one for one in sources]
    assert all(isinstance(one, Document | Reject) for one in inner)
    return inner  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[28.11.26, 10:02:11] Ann: hello\n[28.11.26, 10:03:02] Ben: hi", CHAT),
        (b"28/11/2026, 10:02 - Ann: hello\n28/11/2026, 10:03 - Ben: hi\nand more", CHAT),
        (
            b"11/28/26, 10:02 AM - Encrypted.\n11/28/26, 10:03 AM - A: x\n11/28/26, 10:04 AM - B: y",
            CHAT,
        ),
        ("\u200e[28/11/2026, 10:02:11] Zoë: salut".encode(), CHAT),
        (backup(LINES[0]), CHATS),
        (b"2026-11-28 10:02:11 - INFO: started\n2026-11-28 10:02:12 - INFO: ready", None),
        (
            b"[2026-11-28 10:02:11] production.ERROR: no space\n[2026-11-28 10:02:12] production.ERROR: x",
            None,
        ),
        (b'{"level": "info", "message": "started", "time": 5}', None),
        (b"Agreement of 28.11.2026, 10:02 - see annex", None),
        (b"", None),
        (b"{" * 5_000, None),
    ],
)
def test_a_chat_is_told_from_logs_and_data(content: bytes, expected: str | None) -> None:
    assert chat_type(content) == expected


def test_each_conversation_of_a_backup_is_a_document_and_none_is_lost() -> None:
    fraud, ann = conversations(backup(*LINES, {"level": "debug"}, "x", 5))
    assert isinstance(fraud, Document) and isinstance(ann, Document)
    assert (fraud.media_type, ann.media_type) == (CHAT, CHAT)
    assert fraud.text == "[2025-11-28, 10:02] +447700900123: DHL: pay 1.99 at dhl-fee.top/x"
    assert ann.text.endswith("Ann: Are you coming?\nBring bread.\n[2025-11-28, 10:04] me: Yes: at seven")


def test_conversations_beyond_the_limit_are_rejects() -> None:
    rows = [{"address": str(n), "date": n, "body": "hello there"} for n in range(5)]
    outcomes = conversations(backup(*rows), Limits(members=3))
    assert [isinstance(one, Document) for one in outcomes] == [True] * 3 + [False] * 2


def test_a_backup_of_no_message_but_the_first_line_is_read_and_odd_values_do_no_harm() -> None:
    odd = {"address": "A\nB", "date": "9" * 400, "body": "x \ud800 y"}
    (document,) = conversations(backup(odd, {"address": None, "body": [], "date": {}}))
    assert isinstance(document, Document)
    assert document.text.startswith("[0000-00-00, 00:00] A B: x")


@given(st.binary(max_size=200))
def test_any_bytes_are_told_or_not(content: bytes) -> None:
    assert chat_type(content) in (CHAT, CHATS, None)
    assert chat_type(b'{"address": "1", "date": 1, "body": "' + content) in (CHATS, None)


def test_a_chat_is_of_the_kind_chat_and_asked_the_signs_of_mail() -> None:
    (document,) = parse(
        Source("file:///chat.txt", b"[28.11.26, 10:02:11] Ann: hello, are you there?"), Limits()
    )
    assert isinstance(document, Document)
    told = detect(document)
    assert (told.kind, told.kind_confident) == ("chat", True)
    assert domains.mail_domains()[0].name in {domain.name for domain, _ in asked_kinds(told)}


def test_a_short_text_of_no_kind_is_asked_the_signs_of_mail_and_a_longer_one_is_not() -> None:
    text = "Your parcel is on hold, confirm your address: parcel-fee.top/x\n"
    code = f"# Express\n\n{text}"
    for content, asked in ((text, True), (text * 40, False), (code, False)):
        (document,) = parse(Source("file:///sms.txt", content.encode()), Limits())
        assert isinstance(document, Document)
        names = {domain.name for domain, _ in asked_kinds(detect(document))}
        assert ("mail" in names) == asked


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (
            "Hours\n- 9 a day\nAbsence\n- Sick: 7 days\n- Paid: 15 days\nRemote work:\n- 2 days a week\n",
            False,
        ),
        (
            "ID 81 (F)\nTemp 36 BP 120/80\nMedicine Dosage Duration\nx y 3\nAdvice:\nwww.clinic.example\n",
            False,
        ),
        ("Remote work\n- 2 hours a day\n- 300 EUR a day\n- Start today\nReply YES\n", True),
        ("Parcel on hold\nFee: 1.99\nRef: 81\nToday\nhttps://parcel-fee.top/x\n", True),
    ],
)
def test_a_form_that_speaks_to_nobody_is_no_message(text: str, asked: bool) -> None:
    (document,) = parse(Source("file:///form.txt", text.encode()), Limits())
    assert isinstance(document, Document)
    names = {domain.name for domain, _ in asked_kinds(detect(document))}
    assert ("mail" in names) == asked


def test_a_list_of_documents_may_be_a_backup_of_short_messages() -> None:
    written = line_entry(7, backup(LINES[0]), "text").text
    assert written == b"[2025-11-28, 10:02] +447700900123: DHL: pay 1.99 at dhl-fee.top/x"
    assert chat_type(written) == CHAT
    assert line_entry(7, b'{"body": "no address", "date": 1}', "text").text is None
    assert line_entry(7, backup({**LINES[0], "text": "the column"}), "text").text == b"the column"
