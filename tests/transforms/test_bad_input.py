"""Inputs that are not quite documents: halves, blanks, pictures. A person accepts what is said of each."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from docassay.schemas.rows import Reject, Result, Source
from docassay.transforms.context import Context, Options
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from docassay.transforms.stages import run_stages
from tests.pdfs import leaves

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
ENGLISH = """NON-DISCLOSURE AGREEMENT

This Agreement is made on 1 February 2026 between Ashgrove Ltd, Dublin, and Kestrel GmbH, Hamburg.

1. Confidential Information
"Confidential Information" means all information that one party discloses to the other in writing and that is
marked confidential. It does not include information that (a) is or becomes public, (b) was known to the
receiving party before, (c) was independently developed by it, or (d) is received from a third party.

2. Obligations
The receiving party shall keep Confidential Information secret. The duty of secrecy survives for three years.

3. Return
On request the receiving party shall return or destroy all Confidential Information.

4. Compelled disclosure
If a court orders disclosure, the receiving party shall notify the other party promptly.

5. Governing Law
This Agreement is governed by the laws of Ireland.

In witness whereof the parties have signed.

Signed: Ann Byrne, Director          Signed: Jan Meyer, Director
"""
GERMAN = """GEHEIMHALTUNGSVEREINBARUNG

Diese Vereinbarung wird am 1. Februar 2026 zwischen der Ashgrove Ltd, Dublin, und der Kestrel GmbH, Hamburg,
geschlossen.

1. Vertrauliche Informationen
"Vertrauliche Informationen" sind alle Informationen, die eine Partei der anderen schriftlich offenbart und
die als vertraulich gekennzeichnet sind.

2. Pflichten
Die empfangende Partei hält Vertrauliche Informationen geheim. Die Pflicht dazu besteht drei Jahre.

5. Anwendbares Recht
Diese Vereinbarung unterliegt dem Recht der Republik Irland.
"""
BLANK = (
    ENGLISH.replace("1 February 2026", "____________ 20__")
    .replace("Ashgrove Ltd, Dublin", "[Name of Disclosing Party]")
    .replace("Kestrel GmbH, Hamburg", "[Name of Receiving Party]")
    .replace("Ireland", "[State]")
)
REDACTED = ENGLISH.replace("Ashgrove Ltd, Dublin", "███████████").replace(
    "Kestrel GmbH, Hamburg", "[REDACTED]"
)
MIDDLE = """the receiving party, provided that it gives notice of any such change in writing.

7.3 Neither party shall be liable for any failure to perform to the extent that it is caused by events beyond
its reasonable control, provided that it notifies the other party without delay.

8. Assignment
8.1 Neither party may assign this Agreement without the prior written consent of the other, which shall not be
unreasonably withheld.

9. Notices
9.1 Notices under this Agreement shall be in writing and shall be delivered by hand or by registered post to
the address stated in Schedule 1, and shall be deemed received on the second business day after
- 14 -
"""
FORM = """CLAIM FORM

Name of insured:  ______________________
Policy number:  ______________________
Date of loss:  ____ / ____ / ______
Amount claimed: EUR ____________
[ ] I have reported the loss to the police   [ ] Yes  [ ] No

Signature: ______________________    Date: ______________
"""
ANSWERS = (
    "Dear Jan,\n\ncould we move the meeting to Thursday? The room upstairs is free.\n\nRegards,\nAnna",
    "Hi Anna,\n\nThursday suits me. I will bring the drawings and the sample of the hinge.\n\nRegards,\nJan",
)


def mail(html: str | None = None, text: str | None = None, subject: str = "Your order") -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "anna.byrne@kestrel.example", "jan.meyer@ashgrove.example"
    message["Subject"], message["Date"] = subject, "Mon, 01 Jun 2026 10:00:00 +0000"
    if html is not None:
        message.set_content(html, subtype="html")
        message.add_related(PNG, "image", "png", cid="<picture>")
    else:
        message.set_content(text or "")
    return message.as_bytes()


def thread(count: int) -> str:
    body = ""
    for number in range(count):
        quoted = "\n".join(f"> {line}" for line in body.split("\n"))
        said = f"\n\nOn {number + 1} May 2026 at 10:00, Jan Meyer wrote:\n{quoted}" if body else ""
        body = ANSWERS[number % 2] + said
    return body


@pytest.fixture(scope="module")
def context() -> Iterator[Context]:
    yield Context(Options())


def outcome(context: Context, name: str, content: bytes) -> tuple[str, str, tuple[str, ...]]:
    parsed, *_ = parse(Source(name, content), Limits())
    assert isinstance(parsed, Document)
    (result,) = run_stages([parsed], context)
    assert isinstance(result, Result)
    return result.document.status, result.document.kind, result.document.reasons


@pytest.mark.slow
def test_a_contract_in_two_languages_is_one_contract(context: Context) -> None:
    columns = zip(ENGLISH.split("\n\n"), GERMAN.split("\n\n"), strict=False)
    for text in (f"{ENGLISH}\n\n{GERMAN}", "\n\n".join(map("\n\n".join, columns)) + ENGLISH[-200:]):
        status, kind, reasons = outcome(context, "nda.txt", text.encode())
        # Of so short a text the head of answers is not sure of all; nothing is missing, mixed or conflicting.
        assert kind == "nda" and all(reason.startswith("unanswered:") for reason in reasons), reasons
        assert status == ("not_checked" if reasons else "clear")


@pytest.mark.slow
def test_a_template_is_flagged_by_its_blanks_and_names_no_party(context: Context) -> None:
    status, kind, reasons = outcome(context, "nda.txt", BLANK.encode())
    assert (status, kind) == ("flagged", "nda")
    assert "flag:blank_governing_law" in reasons and "check:parties_named" in reasons  # the blank is shown


@pytest.mark.slow
def test_a_redacted_contract_is_for_review_where_its_parties_are_black(context: Context) -> None:
    status, kind, (reason, *_) = outcome(context, "nda.txt", REDACTED.encode())
    assert (status, kind, reason) == ("review", "nda", "absent:parties_named")


@pytest.mark.slow
def test_of_a_page_out_of_a_middle_and_a_form_nothing_is_asked(context: Context) -> None:
    status, kind, (reason,) = outcome(context, "page.txt", MIDDLE.encode())
    assert (status, kind, reason.partition(":")[0]) == ("not_checked", "", "kind_unknown")
    form = ("not_checked", "insurance_claim", ("nothing_asked_of_kind:financial.insurance_claim",))
    assert outcome(context, "form.txt", FORM.encode()) == form


@pytest.mark.slow
def test_a_thread_of_twenty_mails_is_one_mail_without_a_sign(context: Context) -> None:
    content = mail(text=thread(20), subject="Re: Meeting on Thursday")
    assert outcome(context, "thread.eml", content) == ("clear", "email", ())


@pytest.mark.slow
@pytest.mark.parametrize("html", ['<img src="cid:picture">', '<p>&nbsp;</p><img src="cid:picture"><p>--</p>'])
def test_a_mail_of_one_picture_was_not_checked(context: Context, html: str) -> None:
    assert outcome(context, "x.eml", mail(html)) == ("not_checked", "email", ("no_words",))
    status, _, reasons = outcome(context, "x.eml", mail(f"<p>See you on Thursday.</p>{html}"))
    assert (status, reasons) == ("clear", ())


def test_the_one_picture_of_a_mail_is_its_attachment() -> None:
    for html, attached in (('<img src="cid:picture">', 1), ('<p>See you.</p><img src="cid:picture">', 0)):
        _, *others = parse(Source("x.eml", mail(html)), Limits())
        assert len(others) == attached


def test_a_scan_of_a_form_is_refused_with_what_reads_it() -> None:
    (refused,) = parse(Source("form.pdf", leaves("PICTURE")), Limits())
    assert isinstance(refused, Reject) and refused.reason == "no_text" and "--ocr" in refused.detail
