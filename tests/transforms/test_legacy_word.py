"""Old Word documents: why one cannot be read is said as its author would say it."""

from __future__ import annotations

import sys

import pytest

from docassay.schemas.rows import Reject, Source
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from tests.compound_files import compound_file


@pytest.mark.parametrize(
    ("begins", "reason"),
    [
        (b"\xec\xa5\xc1\0\x71\x60\x09\x04\0\0\xf0\x13", "encrypted"),
        (b"\xec\xa5\xc1\0\x71\x60\x09\x04\0\0\xf0\x12", "malformed"),
        (b"\xdc\xa5\x65\0\x2d\xc0\x09\x04\0\0\0\0", "unsupported_media_type"),
    ],
    ids=["password", "damaged", "Word 95"],
)
def test_what_is_refused(begins: bytes, reason: str) -> None:
    content = compound_file({"1Table": bytes(5_000), "WordDocument": begins + b"\xff" * 5_000})
    (row,) = parse(Source("a.doc", content), Limits())
    assert isinstance(row, Reject) and row.reason == reason, row


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.rtf", rb"{\rtf1 Rent}"), ("a.doc", compound_file({"WordDocument": b"\xec\xa5" * 99}))],
)
def test_without_the_extra_the_reason_names_the_command(
    name: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kreuzberg", None)
    (row,) = parse(Source(name, content), Limits())
    assert isinstance(row, Reject) and row.reason == "unsupported_media_type"
    assert row.detail.endswith("is read with the extra `ocr`: pip install '.[ocr]'")
