"""Pictures: read with OCR, page by page; without it refused, with the option that reads them."""

from __future__ import annotations

import io

import pypdfium2 as pdfium
import pytest

from docassay.schemas.rows import Reject, Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, ocr
from docassay.transforms.formats.ocr_order import Quad, in_order
from docassay.transforms.parse import parse
from tests.pdfs import page as pdf_page
from tests.pdfs import placed
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
    monkeypatch.setattr(ocr, "find_spec", lambda name: None)
    row = read(content, Limits(ocr=True))
    assert isinstance(row, Reject) and row.detail.endswith("pip install '.[ocr]'")


def test_each_page_of_a_fax_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    """OCR sees each page of a TIFF once; what it does with a page is the next test's."""
    monkeypatch.setattr(ocr, "recognise", lambda pixels, _: ocr.Recognised(f"{pixels[0, 0, 0]}"))
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
    monkeypatch.setattr(ocr, "recognise", lambda *_: ocr.Recognised(next(pages)))
    rows = parse(Source("fax.tif", picture("TIFF", "", "", "")), Limits(ocr=True))
    assert [(row.uri, row.text) for row in rows if isinstance(row, Document)] == [
        ("fax.tif#part-1", invoice),
        ("fax.tif#part-2", "\n\n".join(NDA)),
    ]


@pytest.mark.parametrize(
    "content",
    [b"II*\0", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08\0\0\0\0\0\x08" + bytes(20), picture("PNG", "A")[:300]],
)
def test_damaged_pictures_are_refused(content: bytes) -> None:
    row = read(content, Limits(ocr=True))
    assert isinstance(row, Reject) and row.reason == "no_text"


def test_a_picture_of_too_many_pixels_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "MOST_PIXELS", 900 * 200 - 1)
    row = read(picture("PNG", "RENT"), Limits(ocr=True))
    assert isinstance(row, Reject) and row.reason == "too_large" and "180,000 pixels" in row.detail


def test_a_picture_is_seen_on_white() -> None:
    clear = Image.new("RGBA", (9, 9), (0, 0, 0, 0))
    pixels, scale = ocr._pixels(clear)
    assert pixels.shape == (9, 9, 3) and pixels.min() == 255 and scale == 1.0
    pixels, scale = ocr._pixels(Image.new("L", (9_000, 90)))
    assert pixels.shape == (40, 4_000, 3) and scale == pytest.approx(4 / 9)


def test_what_is_taken_for_a_greek_letter() -> None:
    assert ocr._SHARP_S.sub("ß", "Straβe groβ β-Blocker TGFβ") == "Straße groß β-Blocker TGFβ"


def lines_of(*lines: tuple[str, float, float, float]) -> list[tuple[list[tuple[str, Quad]], Quad]]:
    """Make lines of a text, left and top in pixels, and width; each 20 pixels high, a word each."""
    made = []
    for text, left, top, width in lines:
        corners = ((left, top), (left + width, top), (left + width, top + 20), (left, top + 20))
        made.append(([(word, corners) for word in text.split()], corners))
    return made


def texts(lines: list[tuple[list[tuple[str, Quad]], Quad]]) -> list[str]:
    return [" ".join(word for word, _ in row) for row in in_order(lines)]


def test_columns_of_prose_are_read_one_after_another() -> None:
    page = lines_of(
        ("General terms and conditions of the lease of the flat", 50, 20, 900),
        *((f"left column, line number {n} of it", 50, 60 + 30 * n, 400) for n in range(5)),
        *((f"right column, line number {n} of it", 520, 60 + 30 * n, 400) for n in range(5)),
    )
    read = texts(page)
    assert read[0].startswith("General") and [line[:4] for line in read[1:]] == ["left"] * 5 + ["righ"] * 5


def test_what_stands_beside_each_other_in_a_table_is_a_row() -> None:
    page = lines_of(
        *((f"Item {n}", 50, 60 + 30 * n, 100) for n in range(5)),
        *((f"{n}9.00", 800, 62 + 30 * n, 60) for n in range(5)),
    )
    assert texts(page) == [f"Item {n} {n}9.00" for n in range(5)]


def test_a_skewed_page_keeps_its_rows() -> None:
    level = lines_of(
        *((f"Position {n} of the bill", 50, 60 + 30 * n, 300) for n in range(6)),
        *((f"{n}9.00", 900, 60 + 30 * n, 60) for n in range(6)),
    )
    slope = 0.1  # at its right end a line stands three lines lower
    skewed = [
        (
            [(word, tuple((x, y + slope * x) for x, y in quad)) for word, quad in words],
            tuple((x, y + slope * x) for x, y in corners),
        )
        for words, corners in level
    ]
    assert texts(skewed) == texts(level) == [f"Position {n} of the bill {n}9.00" for n in range(6)]  # type: ignore[arg-type]


def test_text_of_a_picture() -> None:
    row = read(picture("PNG", "RENT IS DUE"), Limits(ocr=True))
    assert isinstance(row, Document) and row.text == "RENT IS DUE"


@pytest.mark.slow
def test_text_of_pictures() -> None:
    row = read(picture("JPEG", "RENT IS DUE"), Limits(ocr=True))
    assert isinstance(row, Document) and row.text == "RENT IS DUE"
    row = read(picture("TIFF", "FIRST PAGE", "SECOND PAGE"), Limits(ocr=True))
    assert isinstance(row, Document) and row.text == "FIRST PAGE\n\nSECOND PAGE"
    row = read(picture("PNG", ""), Limits(ocr=True))
    assert isinstance(row, Reject) and row.reason == "no_text"


LETTER = (
    "Sehr geehrte Frau Müller, die Größe der Straße",
    "Veuillez agréer, Madame, mes salutations à Noël",
    "This Agreement is made between the Buyer and us",
)


@pytest.mark.slow
@pytest.mark.parametrize("turned", [0, 90, 180, 270, 4, -7])
def test_three_languages_on_a_page_that_lies_as_it_was_scanned(turned: int) -> None:
    placed_lines = placed(*((40, 130 - 30 * n, line) for n, line in enumerate(LETTER)), size=14)
    pdf = pdfium.PdfDocument(pdf_page(placed_lines, entries=b"/MediaBox [0 0 420 180]"))
    upright = pdf[0].render(scale=200 / 72).to_pil().convert("L")
    ink = Image.new("L", upright.size, 0)
    ink.paste(255, (100, 275, 600, 315))  # about where the last line's words up to `between` stand
    page = upright.rotate(turned, expand=True, fillcolor=255)
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    row = read(buffer.getvalue(), Limits(ocr=True))
    assert isinstance(row, Document) and row.text.split("\n") == list(LETTER) and row.pages
    start = row.text.index("Agreement")
    boxes = row.pages.boxes(row.text, start, start + len("Agreement"))
    place = ink.rotate(turned, expand=True).getbbox()
    for box in boxes:
        assert place[0] - 9 <= box.x0 and box.x1 <= place[2] + 9, "it stands there in the picture as it lies"
        assert place[1] - 9 <= box.y0 and box.y1 <= place[3] + 9
