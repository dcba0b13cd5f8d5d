"""Pictures: read with OCR, page by page; without it refused, with the option that reads them."""

from __future__ import annotations

import io

import pytest

from docassay.schemas.rows import Reject, Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, ocr
from docassay.transforms.parse import parse
from tests.piles import INVOICE, NDA

Image = pytest.importorskip("PIL.Image")
ImageDraw = pytest.importorskip("PIL.ImageDraw")


def picture(kind: str, *texts: str) -> bytes:
    pages = []
    for text in texts:
        page = Image.new("L", (900, 200), 255)
        ImageDraw.Draw(page).text((40, 60), text, fill=0, font_size=60)
        pages.append(page)
    buffer = io.BytesIO()
    more = {"save_all": True, "append_images": pages[1:]} if len(pages) > 1 else {}
    pages[0].save(buffer, kind, **more)
    return buffer.getvalue()


def read(content: bytes, limits: Limits) -> Document | Reject:
    (row,) = parse(Source("x", content), limits)
    assert not isinstance(row, Source)
    return row


@pytest.mark.parametrize(
    ("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("TIFF", "image/tiff")]
)
def test_without_ocr_the_reason_offers_it(
    kind: str, media_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = picture(kind, "RENT")
    row = read(content, Limits())
    assert isinstance(row, Reject) and row.reason == "no_text" and "--ocr reads it" in row.detail
    monkeypatch.setattr(ocr, "has_tesseract", lambda: False)
    row = read(content, Limits(ocr=True))
    assert isinstance(row, Reject) and "apt-get install tesseract-ocr" in row.detail
    monkeypatch.setattr(ocr, "find_spec", lambda name: None)
    row = read(content, Limits(ocr=True))
    assert isinstance(row, Reject) and row.detail.endswith("pip install '.[ocr]'")


def test_each_page_of_a_fax_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    """OCR sees each page of a TIFF once; what it does with a page is the next test's."""
    monkeypatch.setattr(ocr, "has_tesseract", lambda: True)
    monkeypatch.setattr(
        ocr, "recognise", lambda page, _: ocr.Recognised(f"{Image.open(io.BytesIO(page)).getpixel((0, 0))}\n")
    )
    buffer = io.BytesIO()
    shades = [Image.new("L", (9, 9), shade) for shade in (10, 20, 30)]
    shades[0].save(buffer, "TIFF", save_all=True, append_images=shades[1:])
    row = read(buffer.getvalue(), Limits(ocr=True))
    assert isinstance(row, Document) and row.text == "10\n\n20\n\n30"
    row = read(buffer.getvalue(), Limits(ocr=True, pages=2))
    assert isinstance(row, Reject) and row.reason == "too_many_pages"


def test_a_fax_of_several_documents_gives_each(monkeypatch: pytest.MonkeyPatch) -> None:
    invoice = INVOICE.format(number="A-1001")
    pages = iter([invoice, *NDA])
    monkeypatch.setattr(ocr, "has_tesseract", lambda: True)
    monkeypatch.setattr(ocr, "recognise", lambda *_: ocr.Recognised(next(pages), (), 1_700, 2_200))
    rows = parse(Source("fax.tif", picture("TIFF", "", "", "")), Limits(ocr=True))
    assert [(row.uri, row.text) for row in rows if isinstance(row, Document)] == [
        ("fax.tif#part-1", invoice),
        ("fax.tif#part-2", "\n\n".join(NDA)),
    ]


@pytest.mark.parametrize(
    "content", [b"II*\0", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08\0\0\0\0\0\x08" + bytes(20)]
)
def test_directories_that_end_early_or_never(content: bytes) -> None:
    assert len(list(ocr._pages(content))) <= 1


@pytest.mark.ocr
def test_text_of_pictures() -> None:
    for content in (
        picture("PNG", "RENT IS DUE"),
        picture("JPEG", "RENT IS DUE"),
        picture("TIFF", "RENT IS DUE"),
    ):
        row = read(content, Limits(ocr=True))
        assert isinstance(row, Document) and row.text == "RENT IS DUE"
    row = read(picture("TIFF", "FIRST PAGE", "SECOND PAGE"), Limits(ocr=True))
    assert isinstance(row, Document) and row.text == "FIRST PAGE\n\nSECOND PAGE"
    for content in (picture("PNG", ""), picture("PNG", "RENT IS DUE")[:300]):
        row = read(content, Limits(ocr=True))
        assert isinstance(row, Reject) and row.reason == "no_text"
