"""Where the text of a PDF stands: on pages that are turned, cropped or hostile, boxes hold what they say."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict

import pytest

from docassay.schemas.pages import Box
from docassay.schemas.rows import Flag, Result, Source
from docassay.transforms.conclude import place
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.parse import parse
from tests.pdf_layout import Layout
from tests.pdfs import page, placed, stream, written
from tests.transforms.test_parse import document


def boxes_of(content: bytes, words: str) -> tuple[Box, ...]:
    """Find words in a PDF, and check that the engine reads them in their boxes."""
    parsed = document(content)
    assert parsed.pages is not None
    at = parsed.text.index(words)
    boxes = parsed.pages.boxes(parsed.text, at, at + len(words))
    layout = Layout(content)
    assert layout.holds(words, [asdict(box) for box in boxes]), (words, boxes)
    layout.close()
    return boxes


def near(box: Box, x0: float, y0: float) -> bool:
    return abs(box.x0 - x0) < 1 and abs(box.y0 - y0) < 12


LINES = placed((72, 700, "The tenant pays"), (72, 686, "the rent on time"))


def test_points_from_the_top_left() -> None:
    (box,) = boxes_of(page(LINES), "tenant")
    assert near(box, 92, 792 - 700) and box.page == 1
    assert len(boxes_of(page(LINES), "pays\nthe rent")) == 2


@pytest.mark.parametrize(("angle", "x0", "y0"), [(0, 72, 92), (90, 700, 72), (180, 459, 692), (270, 82, 459)])
def test_a_page_that_lies_on_its_side(angle: int, x0: float, y0: float) -> None:
    """Its text is read upright, its boxes are those of the page as it is shown."""
    content = page(LINES, entries=b"/MediaBox [0 0 612 792] /Rotate %d" % angle)
    box = boxes_of(content, "The tenant pays")[0]
    assert abs(box.x0 - x0) < 15 and abs(box.y0 - y0) < 15
    assert (box.x1 - box.x0 > box.y1 - box.y0) == (angle in (0, 180))


@pytest.mark.parametrize(
    ("angle", "matrix"), [(90, b"0 1 -1 0 %d %d"), (180, b"-1 0 0 -1 %d %d"), (270, b"0 -1 1 0 %d %d")]
)
def test_text_that_is_shown_upright_on_a_turned_page(angle: int, matrix: bytes) -> None:
    content = page(
        b"BT /F1 10 Tf " + matrix % (300, 400) + b" Tm (The tenant pays) Tj ET",
        entries=b"/MediaBox [0 0 612 792] /Rotate %d" % angle,
    )
    (box,) = boxes_of(content, "tenant")
    assert box.x1 - box.x0 > box.y1 - box.y0


@pytest.mark.parametrize(
    ("crop", "x0", "y0"),
    [
        (b"[50 100 500 720]", 22, 20),
        (b"[-200 -300 500 720]", 72, 72 + 20),
        (b"[500 720 50 100]", 22, 20),
        (b"[0 0 0 0]", 72, 92),
        (b"[50 100 9999999 720]", 22, 20),
    ],
    ids=["cropped", "negative", "inside out", "of no size", "endless"],
)
def test_what_is_cropped_off_is_not_counted(crop: bytes, x0: float, y0: float) -> None:
    content = page(LINES, entries=b"/MediaBox [0 0 612 792] /CropBox " + crop)
    (box,) = boxes_of(content, "The tenant")
    assert near(box, x0, y0) or near(box, x0, y0 - 72)


def test_a_media_box_that_begins_below_nothing() -> None:
    content = page(LINES, entries=b"/MediaBox [-100 -50 512 742]")
    (box,) = boxes_of(content, "The tenant")
    assert near(box, 172, 42)


@pytest.mark.parametrize("size", [b"1000000000 1000000000", b"0 0"])
def test_a_page_of_any_size(size: bytes) -> None:
    parsed = document(page(placed((10, 10, "small print")), entries=b"/MediaBox [0 0 %s]" % size))
    assert parsed.pages is not None and parsed.pages.number(0) == 1
    for box in parsed.pages.boxes(parsed.text, 0, 11):
        assert 0 <= box.x0 < box.x1 and 0 <= box.y0 < box.y1


def test_columns_and_cells_that_were_moved() -> None:
    left = [(72, 700 - 12 * n, f"left column of prose, line {n}") for n in range(3)]
    right = [(330, 700 - 12 * n, f"right column of prose, line {n}") for n in range(3)]
    content = page(placed(*left, *right))
    boxes_of(content, "prose, line 1\nleft column")
    boxes_of(content, "line 2\nright column of prose")
    cells = page(placed((72, 700, "Shelf"), (72, 680, "Chair"), (300, 700, "1,250.00"), (300, 680, "320.00")))
    assert [round(box.x0) for box in boxes_of(cells, "Shelf 1,250.00")] == [72, 300]


def test_a_word_whose_letters_stand_apart_and_one_that_is_hyphenated() -> None:
    spaced = b"BT /F1 10 Tf 72 700 Td [(Br) -145 (uttosumme 300,00)] TJ ET"
    assert len(boxes_of(page(spaced), "Bruttosumme")) == 1
    content = page(placed((72, 700, "the pay-"), (72, 688, "ment is due")))
    text = document(content).text
    words = next(words for words in ("pay-\nment", "pay-ment") if words in text)
    assert len(boxes_of(content, words)) == 2


def test_ligatures_and_characters_of_two_halves() -> None:
    """A glyph may be several characters; a character beyond U+FFFF is two of pdfium's."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
    cmap = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <FF> "
        b"endcodespacerange 3 beginbfchar <01> <00660066> <02> <D835DC00> <20> <0020> endbfchar "
        b"1 beginbfrange <61> <7A> <0061> endbfrange endcmap end end"
    )
    content = page(
        b"BT /F1 10 Tf 72 700 Td (e\x01ect \x02 of rent) Tj ET", font=font, further=(stream(cmap),)
    )
    parsed = document(content)
    assert parsed.text.startswith("effect") and parsed.pages is not None
    boxes_of(content, "of rent")
    (first,) = parsed.pages.boxes(parsed.text, 0, 6)
    (last,) = parsed.pages.boxes(parsed.text, len(parsed.text) - 4, len(parsed.text))
    assert first.x0 < first.x1 < last.x0


def test_writing_from_right_to_left() -> None:
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
    cmap = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <FF> "
        b"endcodespacerange 2 beginbfrange <61> <7A> <05D0> <20> <20> <0020> endbfrange endcmap end end"
    )
    content = page(
        placed((72, 700, "gfedcba nmlkjih"), (300, 660, "xyz")), font=font, further=(stream(cmap),)
    )
    parsed = document(content)
    assert parsed.pages is not None
    boxes_of(content, parsed.text.split("\n")[0].split(" ")[0])
    (box,) = parsed.pages.boxes(parsed.text, 0, parsed.text.index("\n"))
    assert near(box, 72, 92)


def test_what_was_filled_into_a_form_has_the_box_of_its_field() -> None:
    filled = page(
        placed((72, 700, "Patient name:")),
        entries=b"/MediaBox [0 0 612 792] /Annots [6 0 R]",
        further=(
            b"<< /Type /Annot /Subtype /Widget /FT /Tx /V (Maria\r\nExample) /F 4 /Rect [200 695 400 713] >>",
        ),
    )
    parsed = document(filled)
    assert parsed.text == "Patient name: Maria\nExample" and parsed.pages is not None
    at = parsed.text.index("Maria")
    assert parsed.pages.boxes(parsed.text, at, at + 5) == (Box(1, 200, 79, 400, 97),)


def test_pages_travel_from_the_process_that_reads_them() -> None:
    two = written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 2 /Kids [3 0 R 5 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources"
            b" << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
            stream(placed((72, 700, "a page"))),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 400] /Rotate 90 >>",
        ]
    )
    with Parser() as parser:
        (row,) = parser.parse(Source("a.pdf", two))
    assert isinstance(row, Document) and row.pages is not None
    assert row.pages == document(two).pages
    assert [row.pages.size(number) for number in (1, 2)] == [(612, 792), (400, 300)]


def test_formats_without_pages_have_none() -> None:
    for content in (
        b"The tenant pays the rent.",
        b"<html><body><p>The tenant pays the rent.</p></body></html>",
    ):
        assert document(content).pages is None


def test_rows_get_page_and_boxes_and_absent_evidence_none() -> None:
    parsed = document(page(LINES))
    flag = Flag("d", "x", "low", None, 4, 10, "tenant", "", "", "rule x")
    result = Result(document=None, text=parsed.text, flags=(flag,))  # type: ignore[arg-type]
    (found,) = place(result, parsed.pages).flags
    assert found.page == 1 and found.boxes is not None and near(found.boxes[0], 92, 92)
    assert place(result, None) == result


def _words(count: int) -> bytes:
    shown = (b"1 0 0 1 %d %d Tm (word ) Tj" % (n % 600, n // 1_300) for n in range(count))
    return b"BT /F1 1 Tf " + b" ".join(shown) + b" ET"


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [
        lambda: b"".join(b"%d %d 1 1 re f " % (n % 600, n % 780) for n in range(100_000)) + LINES,
        lambda: _words(100_000),
        lambda: _words(1_000_000),
    ],
    ids=["objects", "words", "more words"],
)
def test_a_page_that_holds_too_much_ends_within_the_limits(content: Callable[[], bytes]) -> None:
    with Parser(Limits(seconds=60)) as parser:
        (row,) = parser.parse(Source("a.pdf", page(content())))
    if isinstance(row, Document):
        assert row.pages is not None
        row.pages.boxes(row.text, len(row.text) - 15, len(row.text))
    else:
        assert row.reason in {"timeout", "out_of_memory", "too_long"}


@pytest.mark.slow
def test_three_thousand_pages() -> None:
    kids = b" ".join(b"3 0 R" for _ in range(3_000))
    many = written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 3000 /Kids [%s] >>" % kids,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources"
            b" << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
            stream(LINES),
        ]
    )
    (row,) = parse(Source("a.pdf", many), Limits(pages=3_000, parts=False))
    assert isinstance(row, Document) and row.pages is not None
    assert row.pages.last == 3_000
    at = row.text.rindex("tenant")
    assert row.pages.number(at) == 3_000 and near(row.pages.boxes(row.text, at, at + 6)[0], 92, 92)
    assert len(row.pages.packed()) < 3_000 * 500


@pytest.mark.slow
def test_boxes_of_what_ocr_reads() -> None:
    image = pytest.importorskip("PIL.Image")
    draw = pytest.importorskip("PIL.ImageDraw")
    picture = image.new("L", (1200, 800), 255)
    draw.Draw(picture).text((300, 200), "The tenant pays the rent", fill=0, font_size=48)
    draw.Draw(picture).text((300, 500), "on the first day", fill=0, font_size=48)
    ink = picture.point(lambda shade: 255 - shade).crop((0, 400, 1200, 800)).getbbox()
    for kind in ("PNG", "PDF"):
        buffer = io.BytesIO()
        picture.save(buffer, kind, resolution=100)
        (row,) = parse(Source("a", buffer.getvalue()), Limits(ocr=True))
        assert isinstance(row, Document) and row.pages is not None
        at = row.text.index("on the first day")
        (box,) = row.pages.boxes(row.text, at, at + 16)
        scale = 1200 / row.pages.size(1)[0]
        expected = [edge / scale for edge in (ink[0], ink[1] + 400, ink[2], ink[3] + 400)]
        assert [box.x0, box.y0, box.x1, box.y1] == pytest.approx(expected, abs=12)  # as high as its line
