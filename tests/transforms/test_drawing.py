"""Drawing: pages as pictures and highlights on pages, in a process that may be killed."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pypdf
import pytest

from docassay.schemas.pages import Box
from docassay.transforms.formats import Limits
from docassay.transforms.isolation.draw import annotate, draw
from tests.pdfs import deflated, page, placed, written
from tests.workers import kept_workers

Image = pytest.importorskip("PIL.Image")

LINES = placed((72, 700, "The tenant pays"), (72, 686, "the rent on time"))
YELLOW = (255, 230, 0)


@pytest.fixture(autouse=True)
def _kept() -> Iterator[None]:
    with kept_workers():
        yield


def every(pages: int) -> range:
    return range(1, pages + 1)


def test_a_page_is_drawn_as_it_is_shown() -> None:
    content = page(LINES, entries=b"/MediaBox [0 0 612 792] /CropBox [0 392 612 792] /Rotate 90")
    (picture,) = draw(content, every, Limits())
    assert (picture.page, picture.width, picture.height) == (1, 400, 612)
    image = Image.open(io.BytesIO(picture.png))
    assert image.size == (600, 918) and image.mode == "RGB"
    assert image.convert("L").getextrema()[0] < 100, "there is ink"


@pytest.mark.parametrize("size", [b"1000000000 1000000000", b"14400 1", b"0 0"])
def test_pixels_are_bounded_whatever_the_page_says(size: bytes) -> None:
    for picture in draw(page(LINES, entries=b"/MediaBox [0 0 %s]" % size), every, Limits()):
        width, height = Image.open(io.BytesIO(picture.png)).size
        assert width * height <= 3_100_000


@pytest.mark.parametrize("content", [b"%PDF-1.7 and then nothing", b"", page(LINES)[:200]])
def test_what_is_no_pdf_gives_nothing(content: bytes) -> None:
    assert list(draw(content, every, Limits())) == []
    assert annotate(content, [((Box(1, 0, 0, 9, 9),), YELLOW, "a", "b")], Limits()) is None


@pytest.mark.slow
def test_a_page_that_takes_too_long_costs_itself_alone() -> None:
    bomb = deflated(b"".join(b"%d 0 m 600 %d l S " % (n % 600, n % 790) for n in range(3_000_000)))
    fonts = b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    two = written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 2 /Kids [3 0 R 5 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R %s >>" % fonts,
            bomb,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 400] >>",
        ]
    )
    assert [picture.page for picture in draw(two, every, Limits(seconds=1))] == [2]


def test_highlights_say_what_they_show_and_bring_their_looks() -> None:
    boxes = (Box(1, 72, 80, 172, 92), Box(1, 72, 94, 120, 106))
    text = "advance_fee (high)\nWhy – it is \U0001f600 <script>\nSource: law"
    marked = annotate(page(LINES), [(boxes, YELLOW, "docassay", text)], Limits())
    assert marked is not None
    (annotation,) = (entry.get_object() for entry in pypdf.PdfReader(io.BytesIO(marked)).pages[0]["/Annots"])
    assert annotation["/Subtype"] == "/Highlight" and annotation["/Contents"] == text
    assert annotation["/Rect"] == pytest.approx([72, 686, 172, 712])
    assert len(annotation["/QuadPoints"]) == 16
    looks = annotation["/AP"]["/N"].get_object()
    assert b" l h f" in looks.get_data().replace(b"\n", b" ")
    (before,), (after,) = (list(draw(content, every, Limits())) for content in (page(LINES), marked))
    pixels = [Image.open(io.BytesIO(one.png)).getpixel((150, 130)) for one in (before, after)]
    assert pixels[0][2] > 240 and pixels[1][2] < 50


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_highlights_stand_where_the_boxes_are_on_a_turned_and_cropped_page(rotation: int) -> None:
    entries = b"/MediaBox [0 0 612 792] /CropBox [100 200 500 700] /Rotate %d" % rotation
    marked = annotate(page(b"", entries=entries), [((Box(1, 20, 30, 120, 60),), YELLOW, "", "x")], Limits())
    assert marked is not None
    (picture,) = draw(marked, every, Limits())
    image = Image.open(io.BytesIO(picture.png))
    yellow = image.split()[2].point(lambda blue: 255 if blue < 60 else 0).getbbox()
    assert [edge / 1.5 for edge in yellow] == pytest.approx([20, 30, 120, 60], abs=1.5)


def test_a_box_on_a_page_that_there_is_not() -> None:
    assert annotate(page(LINES), [((Box(7, 0, 0, 9, 9),), YELLOW, "a", "b")], Limits()) is None
