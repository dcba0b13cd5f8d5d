"""Words that pages of PDFs show beside their text: as outlines, or in pictures."""

from __future__ import annotations

import numpy as np
import pytest

from docassay.schemas.rows import Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, ocr
from docassay.transforms.isolation.parse import Parser
from tests.pdfs import outlined, page, pictured, placed, written_in_pixels
from tests.transforms.test_parse import document

TEXT = ((72.0, 720.0, "Invoice 17 of Nordlicht"), (72.0, 300.0, "We ask you to pay what is agreed."))
WORDS = "Amount due: 9,850.00 EUR"
BODY = (72.0, 400.0, 200.0, 18.0)
HEAD = (72.0, 750.0, 200.0, 18.0)


def _bars() -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    shades = np.full((60, 600), 255, np.uint8)
    for at in range(10, 590, 9):
        shades[5:55, at : at + 2 + at % 4] = 0
    return shades


def _photo() -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.random.default_rng(7).integers(0, 255, (300, 400)).astype(np.uint8)


def _chart() -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Bars above a line of words."""
    shades = np.full((400, 700), 255, np.uint8)
    label = written_in_pixels("spring summer autumn", 24)
    shades[360 : 360 + label.shape[0], 20 : 20 + label.shape[1]] = label
    for at in range(20, 640, 80):
        shades[120 + at // 5 : 350, at : at + 50] = 90
    return shades


class TestWordsBesideTheText:
    @pytest.mark.parametrize(
        "content",
        [
            pictured(written_in_pixels(WORDS), *TEXT, box=BODY),
            page(placed(*TEXT) + b" " + outlined(WORDS, 72, 400, 11)),
            page(placed(*TEXT) + b" q .5 0 0 .5 20 200 cm " + outlined(WORDS, 72, 400, 22) + b" Q"),
        ],
        ids=["a picture", "outlines", "outlines that are scaled"],
    )
    def test_words_in_the_body_are_said(self, content: bytes) -> None:
        read = document(content, limits=Limits())
        assert "Invoice 17" in read.text and read.text_doubted

    @pytest.mark.parametrize(
        "content",
        [
            pictured(written_in_pixels(WORDS), *TEXT, box=HEAD),
            page(placed(*TEXT) + b" " + outlined(WORDS, 72, 20, 11)),
            page(placed(*TEXT) + b" " + outlined("S", 72, 400, 40)),
            pictured(_bars(), *TEXT, box=BODY),
            pictured(_photo(), *TEXT, box=(72.0, 400.0, 300.0, 225.0)),
            pictured(_chart(), *TEXT, box=(72.0, 400.0, 350.0, 200.0)),
            page(placed(*TEXT) + b" " + b" ".join(b"%d 400 18 14 re S" % (72 + 20 * n) for n in range(20))),
        ],
        ids=["letterhead", "footer", "one sign", "bars", "photo", "chart", "boxes of a form"],
    )
    def test_what_shows_no_words_in_the_body_is_not(self, content: bytes) -> None:
        assert not document(content, limits=Limits()).text_doubted

    def test_ocr_reads_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ocr, "lacking", lambda: "")
        monkeypatch.setattr(ocr, "recognise", lambda *_: ocr.Recognised(f"Invoice 17. {WORDS}"))
        read = document(pictured(written_in_pixels(WORDS), *TEXT, box=BODY), limits=Limits(ocr=True))
        assert WORDS in read.text and not read.text_doubted

    def test_a_page_stays_what_it_is(self) -> None:
        """Its text is left out only while the rest is drawn."""
        content = page(placed(*TEXT) + b" " + outlined("Nordlicht AG", 72, 400, 11))
        assert document(content, limits=Limits()).text == document(page(placed(*TEXT))).text


@pytest.mark.slow
@pytest.mark.parametrize("what", ["paths", "curves", "picture", "dots"])
def test_what_takes_long_to_draw_ends_within_the_limits(what: str) -> None:
    drawn = placed(*TEXT) + b" "
    if what == "paths":
        content = page(drawn + b" ".join(b"%d %d 2 1 re f" % (n % 600, n // 1500) for n in range(1_000_000)))
    elif what == "curves":
        content = page(drawn + b" ".join([outlined(WORDS, 72, 400, 11)] * 1_500))
    elif what == "picture":
        content = pictured(np.full((10_000, 10_000), 200, np.uint8), *TEXT, box=(0, 0, 300, 400))
    else:
        dots = np.kron(np.random.default_rng(3).integers(0, 2, (500, 500)), np.ones((8, 8))) * 255
        content = pictured(
            dots.astype(np.uint8), *TEXT, (72.0, 740.0, "as agreed " * 12), box=(20, 80, 400, 450)
        )
    with Parser(Limits(seconds=30)) as parser:
        (row,) = parser.parse(Source("a.pdf", content))
    assert isinstance(row, Document) and "Invoice 17" in row.text
