"""Relatives of a document in the review: attachments, answers, and documents that state the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from docassay.schemas.facts import Fact
from docassay.schemas.rows import Result
from docassay.transforms.formats.media_types import MAIL, PDF
from docassay.views.review import case
from tests.storage.runs import run
from tests.tables import result
from tests.views.reviewing import Served, served

IBAN = "DE89370400440532013000"


def made(text: str, uri: str, *stated: tuple[str, str, str], **about: object) -> Result:
    """Make a document without findings that states some facts."""
    one = replace(result(text, uri, **about), flags=(), findings=())
    facts = tuple(
        Fact(
            one.doc_id,
            n,
            name,
            None,
            None,
            value,
            value,
            kind,
            None,
            None,
            None,
            None,
            "stated",
            None,
            False,
            "rule mail.x",
        )
        for n, (name, value, kind) in enumerate(stated)  # type: ignore[misc]
    )
    return replace(one, facts=facts)


def at(hour: int) -> datetime:
    return datetime(2026, 5, 18, hour, tzinfo=UTC)


SENDER = ("sender", "ann@a.example", "mailbox")
ASKED = made("Please pay", "in/a.eml", SENDER, media_type=MAIL, title="Invoice 7", event_time=at(9))
ANSWER = made("We did", "in/b.eml", media_type=MAIL, title="AW: Re: invoice 7", event_time=at(11))
OTHER = made("Lunch?", "in/c.eml", SENDER, media_type=MAIL, title="Lunch", event_time=at(12))
PAPER = made(
    "Invoice", "in/a.eml#attachment-1", ("account", IBAN, "account"),
    media_type=PDF, title="Invoice", parent_id=ASKED.doc_id, file_name="LS-1 <b>.pdf",
)  # fmt: skip
SECOND = made("Terms", "in/a.eml#attachment-2", media_type=PDF, parent_id=ASKED.doc_id)
BILL = made("Bill", "in/d.txt", ("seller_account", IBAN, "account"), title="Bill")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    out = tmp_path_factory.mktemp("family") / "out"
    run(out, "run-1", [ASKED, ANSWER, OTHER, PAPER], [SECOND, BILL])
    with served(out) as serving:
        yield serving


def relatives(server: Served, of: Result) -> list[str]:
    """List the headings and names of the family, in their order."""
    code, page, _ = server.ask(f"/documents/{of.doc_id}/family")
    assert code == 200
    return [
        unescape(name)
        for name in re.findall(r"<h3>(.*?)</h3>|<li><a [^>]*>(.*?)</a>", page)
        for name in name
        if name
    ]


def test_a_mail_has_its_attachments_and_answers(server: Served) -> None:
    assert relatives(server, ASKED) == [
        "Contains", "LS-1 <b>.pdf", "attachment 2", "Emails with this subject", "AW: Re: invoice 7",
        "Other documents that state the same",
    ]  # fmt: skip
    assert relatives(server, ANSWER) == ["Emails with this subject", "Invoice 7"]


def test_an_attachment_names_its_mail_and_those_beside_it(server: Served) -> None:
    listed = relatives(server, PAPER)
    assert listed[:4] == ["Contained in", "Invoice 7", "Also in the same file", "attachment 2"]
    page = server.ask(f"/documents/{PAPER.doc_id}/family")[1]
    assert f'href="/documents/{ASKED.doc_id}"' in page and "a.eml, 2026-05-18 09:00" in page


def test_an_attachment_of_several_mails_names_each_and_each_lists_it(tmp_path: Path) -> None:
    twin = made("Pay again", "in/e.eml", media_type=MAIL, title="Reminder", event_time=at(15))
    other = "in/e.eml#attachment-3"
    paper = replace(PAPER, document=replace(PAPER.document, other_uris=(other,)))
    run(tmp_path, "run-1", [ASKED, twin, paper, SECOND])
    with served(tmp_path) as serving:
        assert relatives(serving, paper)[:3] == ["Contained in", "Invoice 7", "Reminder"]
        assert relatives(serving, twin) == ["Contains", "LS-1 <b>.pdf"]
        assert "attachment 3" in serving.ask(f"/documents/{twin.doc_id}/family")[1]
        assert relatives(serving, ASKED)[:3] == ["Contains", "LS-1 <b>.pdf", "attachment 2"]


@pytest.mark.parametrize(
    ("of", "value", "other"),
    [(ASKED, "ann@a.example", "Lunch"), (PAPER, IBAN, "Bill")],
    ids=["sender", "account"],
)
def test_what_states_the_same_is_one_click_away(server: Served, of: Result, value: str, other: str) -> None:
    page = server.ask(f"/documents/{of.doc_id}/family")[1]
    ((address, shown),) = re.findall(r'<a href="(/queue[^"]+)">([^<]+)</a>: 1 other<', page)
    assert shown == value
    listed = server.ask(unescape(address))[1]
    assert f"<bdi>{other}" in listed and "2 documents<" in listed and f'name="fact" value="{value}"' in listed


def test_a_document_alone_has_no_family(server: Served) -> None:
    lone = server.ask(f"/documents/{SECOND.doc_id}/family")[1]
    assert "Contained in" in lone and "Other documents" not in lone
    assert server.ask("/documents/none/family")[0] == 404
    assert "No document matches" in server.ask("/queue?show=all&fact=nowhere")[1]


def test_a_case_file_holds_what_lies_in_the_documents_of_its_filter(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = server.ask("/export/case.html?show=all&fact=ann%40a.example")[1]
    assert "Case file: 4 documents, 2 of them contained in others<" in page
    assert page.count("contained in the document above") == 2
    articles = page.split("<article")[1:]
    titles = [unescape(re.findall(r"<h1>(.*?)</h1>", one)[0]) for one in articles]
    at = titles.index("Invoice 7")
    assert titles[at : at + 2] == ["Invoice 7", "Invoice"] and IBAN in articles[at + 1]
    monkeypatch.setattr(case, "MOST_DOCUMENTS", 3)
    page = server.ask("/export/case.html?show=all&fact=ann%40a.example")[1]
    assert "Case file: 3 documents" in page and "1 more matching the filter or contained in a match" in page
    whole = server.ask("/export/case.html?show=all")[1]
    assert "contained in the document above" not in whole, "what is in the filter stands once, where it is"
