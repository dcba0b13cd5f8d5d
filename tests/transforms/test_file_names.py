"""Names that mails and archives give to what lies in them."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage

import pytest

from docassay.schemas.rows import Source
from docassay.transforms.formats import Limits
from docassay.transforms.parse import LONGEST_NAME, parse


def mail(name: str | None) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "ann@a.example", "Invoice"
    message.set_content("Please pay.")
    message.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename=name)
    return message.as_bytes()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("LS-20871.csv", "LS-20871.csv"),
        ("Rechnung f\u00fcr M\u00fcller.csv", "Rechnung f\u00fcr M\u00fcller.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\a b.csv", "a b.csv"),
        ("x" * 900, "x" * LONGEST_NAME),
        (None, None),
    ],
)
def test_an_attachment_keeps_the_name_that_its_mail_gives_it(given: str | None, kept: str | None) -> None:
    _, attached = parse(Source("a.eml", mail(given)), Limits())
    assert isinstance(attached, Source) and attached.file_name == kept
    (document,) = parse(attached, Limits())
    assert getattr(document, "file_name", None) == kept


def test_a_file_in_an_archive_keeps_its_name() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("2024/may/offer.txt", "An offer of May.")
    _, member = parse(Source("a.zip", packed.getvalue()), Limits())
    assert isinstance(member, Source) and member.file_name == "offer.txt"
