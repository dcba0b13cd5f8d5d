"""`docassay redact` as its users run it: what is left in a file, and what is refused."""

from __future__ import annotations

import functools
import io
import json
import os
import re
import signal
import tempfile
import time
from collections import Counter
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import numpy as np
import pypdf
import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from typer.testing import CliRunner, Result

from docassay.cli import app
from docassay.schemas.rows import Entity
from docassay.storage.decisions.record import Choice, decide
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.isolation.child import Request
from docassay.transforms.redaction import pdf as isolated_redact
from docassay.transforms.redaction.choice import decided_in_parts
from docassay.transforms.redaction.plans import page_plans
from docassay.transforms.redaction.spans import PersonalSpan
from docassay.views import redacted
from docassay.views.redacted import Redacted, Redactor, Settings
from tests.families import quick_first
from tests.pdfs import lying, page, placed, stream, with_attachments
from tests.storage.runs import run
from tests.tables import result
from tests.tables import tables as written_tables
from tests.transforms.test_part import BILL, ONE
from tests.workers import kept_workers

LINES = (
    "Universitätsklinikum Aachen",
    "Patientin: Smilla Wernicke, geboren am 03.04.1960, wohnhaft in Herzogenrath",
    "Sehr geehrte Frau Wernicke, wir bestätigen Ihren Termin am 24.01.2028.",
    "Die Untersuchung ergab keinen krankhaften Befund, die Werte lagen im Normbereich.",
)
GOLD = {
    "Smilla Wernicke": "person",
    "03.04.1960": "date_time",
    "Herzogenrath": "place",
    "24.01.2028": "date_time",
}
KEY = b"a key of 16 bytes, or more"


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")


def call(*arguments: object) -> Result:
    with kept_workers():
        return call_anew(*arguments)


def call_anew(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["redact", *(str(argument) for argument in arguments)])


def drawn(draw: object = None, *, rotation: int = 0) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.setTitle("Smilla Wernicke")
    canvas.setAuthor("Smilla Wernicke")
    if rotation:
        canvas.setPageRotation(rotation)
    for n, line in enumerate(LINES):
        canvas.drawString(72, 500 - 20 * n, line)
    if callable(draw):
        draw(canvas)
    canvas.save()
    return buffer.getvalue()


def spans_of(tmp_path: Path, name: str, content: bytes) -> Path:
    """Mark `GOLD` in a document's text."""
    from docassay.schemas.rows import Source
    from docassay.transforms.parse import parse

    parsed = next(iter(parse(Source(name, content), Limits())))
    assert isinstance(parsed, Document), parsed
    rows = [
        {"file": name, "start": match.start(), "end": match.end(), "label": label, "text": match[0]}
        for value, label in GOLD.items()
        for match in re.finditer(re.escape(value), parsed.text)
    ]
    path = tmp_path / "spans.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def redact(tmp_path: Path, content: bytes, *more: object, name: str = "letter.pdf") -> tuple[bytes, dict]:  # type: ignore[type-arg]
    """Redact a document by its marks; give the result and its report."""
    (tmp_path / name).write_bytes(content)
    out = tmp_path / "out"
    ran = call(tmp_path / name, "--spans", spans_of(tmp_path, name, content), "--out", out, *more)
    assert ran.exit_code == 0, ran.output
    report = json.loads((out / f"{name}.report.json").read_text())
    return (out / name).read_bytes(), report


@functools.lru_cache(1)
def texts(content: bytes) -> list[str]:
    """Read the pages of a PDF, by another reader than the product's."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def everything(content: bytes) -> bytes:
    """Give the bytes of a PDF with every stream that is no picture unpacked, and the text of its pages."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    pieces = [content]
    for number in range(1, len(reader.xref[0]) + 1):
        thing = reader.get_object(number)
        if isinstance(thing, pypdf.generic.StreamObject) and thing.get("/Subtype") != "/Image":
            pieces.append(thing.get_data())
    return b"\n".join([*pieces, *(text.encode() for text in texts(content))])


def leaks(content: bytes) -> list[str]:
    whole = everything(content)
    words = ["Smilla", "Wernicke", "Herzogenrath", "03.04.1960", "24.01.2028"]
    forms = {
        word: (word.encode(), word.encode("utf-16-be"), word.encode("utf-16-be").hex().upper().encode())
        for word in words
    }
    found = [word for word, written in forms.items() if any(form in whole for form in written)]
    # Four digits alone are also in the file's table of offsets: the year is looked for in what is read.
    metadata = pypdf.PdfReader(io.BytesIO(content)).metadata or {}
    read = [*texts(content), *map(str, metadata.values())]
    return found + ["1960"] * any("1960" in text for text in read)


@pytest.mark.parametrize("mode", quick_first(1, ["surrogate", "mask", "label"]))
def test_a_pdf_keeps_its_text_but_for_what_is_removed(tmp_path: Path, mode: str) -> None:
    content, report = redact(tmp_path, drawn(), "--mode", mode)
    (text,) = texts(content)
    assert "Universitätsklinikum" in text and "keinen krankhaften Befund" in text.replace("\n", " ")
    assert not leaks(content)
    assert ("[PERSON]" in text) == (mode == "label")
    assert report["removed"] == [
        {"page": 1, "class": "date_time", "spans": 2, "characters": 20},
        {"page": 1, "class": "person", "spans": 2, "characters": 23},
        {"page": 1, "class": "place", "spans": 1, "characters": 12},
    ]
    assert report["found_by"] == "given spans" and report["measured"]["given_spans"]
    # Four digits are also in a digest.
    assert not re.search(r"Smilla|Wernicke|\b1960\b|Untersuchung", json.dumps(report))


@pytest.mark.parametrize("rotation", quick_first(1, [90, 0, 180, 270]))
def test_the_picture_is_painted_where_it_stood(tmp_path: Path, rotation: int) -> None:
    """A page without what is marked, drawn in the same way, has the same picture but for the bars."""
    original = drawn(rotation=rotation)
    content, _ = redact(tmp_path, original)
    before, after = (np.array(_picture(pdf), int) for pdf in (original, content))
    assert before.shape == after.shape
    bars = after < 40
    assert bars.sum() > 1_000
    assert not ((before < 100) & _far_from(after < 170)).any()  # nothing else was painted over
    assert before[bars].min() < 40 and (before[bars] > 200).any()  # there had been letters, and paper


def _picture(content: bytes) -> np.ndarray:  # type: ignore[type-arg]
    with pdfium.PdfDocument(content) as document:
        return document[0].render(scale=1.5, grayscale=True).to_numpy().copy()


def _far_from(mask: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    near = mask.copy()
    for axis in (0, 1):
        for shift in (-3, -2, -1, 1, 2, 3):
            near |= np.roll(near, shift, axis)
    return ~near


def test_nothing_of_the_old_file_is_kept(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.textAnnotation("Smilla Wernicke called", (10, 10, 50, 50))
        canvas.linkURL("https://example.org/Wernicke", (10, 10, 50, 50))
        canvas.bookmarkPage("a")
        canvas.addOutlineEntry("Smilla Wernicke", "a")
        canvas.setViewerPreference("DisplayDocTitle", "true")

    content, report = redact(tmp_path, drawn(draw))
    assert not leaks(content)
    reader = pypdf.PdfReader(io.BytesIO(content))
    assert (
        not reader.metadata and reader.xmp_metadata is None and not reader.outline and not reader.attachments
    )
    assert not {"/Annots", "/Thumb", "/Metadata", "/PieceInfo"} & set(reader.pages[0])
    assert set(reader.trailer["/Root"]) == {"/Pages", "/Type"}  # type: ignore[arg-type]
    assert {"page": 1, "count": 2, "why": "annotations, left out"} in report["uncertain"]


def test_attachments_are_left_out(tmp_path: Path) -> None:
    content = with_attachments(
        placed(*((50, 700 - 20 * n, line) for n, line in enumerate(LINES))), {"a.txt": b"Wernicke"}
    )
    redacted, report = redact(tmp_path, content)
    assert not leaks(redacted) and not pypdf.PdfReader(io.BytesIO(redacted)).attachments
    assert {"page": None, "count": 1, "why": "attachments, left out"} in report["uncertain"]


def test_text_that_nobody_sees_is_not_laid_under_the_picture(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 300, "Geheimnis unter einem Balken")
        canvas.rect(60, 290, 300, 30, fill=1)
        canvas.setFillColorRGB(0.98, 0.98, 0.98)
        canvas.drawString(72, 250, "Unsichtbares")

    content, report = redact(tmp_path, drawn(draw))
    whole = everything(content)
    assert b"Geheimnis" not in whole and b"Unsichtbares" not in whole
    assert any(
        note["why"].startswith("words left out") and note["count"] == 4 for note in report["uncertain"]
    )
    with pdfium.PdfDocument(content) as document:  # nor is it there in a shade that only machines see
        picture = document[0].render(scale=2, grayscale=True).to_numpy()
        below = picture[((841 - 262) * 2) : ((841 - 245) * 2), 140:400]
        assert below.min() == below.max() == 255


def with_picture(canvas: Canvas, x: float, y: float, width: float, height: float, how: str = "page") -> None:
    """Draw a red picture on the page, or in a form on it that is drawn twice as large."""
    picture = ImageReader(Image.new("RGB", (8, 8), (200, 0, 0)))
    if how == "page":
        canvas.drawImage(picture, x, y, width, height)
        return
    canvas.beginForm("form")
    canvas.drawImage(picture, 10, 10, width / 2, height / 2)
    canvas.endForm()
    canvas.saveState()
    canvas.translate(x - 20, y - 20)
    canvas.scale(2, 2)
    canvas.doForm("form")
    canvas.restoreState()


def red(content: bytes) -> int:
    """Count the red pixels of the first page."""
    with pdfium.PdfDocument(content) as document:
        picture = document[0].render(scale=1).to_numpy().astype(int)
    return int((picture[:, :, 2] - picture[:, :, 0] > 80).sum())


@pytest.mark.parametrize("how", quick_first(1, ["form", "page"]))
def test_pictures_that_no_text_lies_on_are_left_out(tmp_path: Path, how: str) -> None:
    """Such as a signature; the text beside it, and what a picture lies behind, stays."""

    def draw(canvas: Canvas) -> None:
        with_picture(canvas, 72, 300, 120, 60, how)
        canvas.drawString(80, 320, "Oberarzt")

    assert red(drawn(draw)) > 5_000
    content, report = redact(tmp_path, drawn(draw))
    assert red(content) == 0
    assert "Oberarzt" in texts(content)[0]
    why = "pictures left out, since what they show is unknown"
    assert {"page": 1, "count": 1, "why": why} in report["uncertain"]


def test_pictures_are_kept_where_that_is_asked_for_and_told(tmp_path: Path) -> None:
    content, report = redact(
        tmp_path, drawn(lambda it: with_picture(it, 72, 300, 120, 60)), "--keep-pictures"
    )
    assert red(content) > 5_000
    assert {
        "page": 1,
        "count": 1,
        "why": "pictures on 1 % of the page; what they show was not examined",
    } in report["uncertain"]


@pytest.mark.parametrize(("bottom", "is_kept"), quick_first(1, [(0, True), (-400, False)]))
def test_a_scan_whose_text_lies_on_it_stays_and_a_copy_beside_text_does_not(
    tmp_path: Path, bottom: int, is_kept: bool
) -> None:
    """Of the second the lower part is a copied page; its text, if it has any, is not known."""

    def draw(canvas: Canvas) -> None:
        with_picture(canvas, 0, bottom, 595, 842)
        for n, line in enumerate(LINES):
            canvas.drawString(72, 500 - 20 * n, line)

    content, _ = redact(tmp_path, drawn(draw))
    assert (red(content) > 100_000) == is_kept and (red(content) == 0) == (not is_kept)
    assert not leaks(content)


_PHOTO = stream(
    b"\xc8\0\0" * 64,
    b"/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceRGB /BitsPerComponent 8",
)
_SHOWN = b"q 300 0 0 40 50 300 cm /I Do Q"
_HAS_PHOTO = b"/Resources << /XObject << /I 6 0 R >> >>"
_TILE = b"/Type /Pattern /PaintType 1 /TilingType 1 /BBox [0 0 600 800] /XStep 600 /YStep 800 " + _HAS_PHOTO
_GROUP = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Group << /S /Transparency >>"
_IN_PATTERN = b"/Pattern cs /P scn 50 300 300 40 re f"
_IN_GLYPH = b"BT /T 1 Tf 1 0 0 1 50 300 Tm (a) Tj ET"
_GLYPH = (
    b"<< /Type /Font /Subtype %s /FontBBox [0 0 300 40] /FontMatrix [1 0 0 1 0 0] /FirstChar 97 /LastChar 97"
    b" /Widths [300] /Encoding << /Differences [97 /a] >> /CharProcs << /a 8 0 R >> " + _HAS_PHOTO + b" >>"
)
_DRAWN_GLYPH = stream(b"300 0 d0 q 300 0 0 40 0 0 cm /I Do Q")
_MASKED = b"/M gs 0.8 0 0 rg 50 300 300 40 re f"
_UNKNOWN_INK = {
    "pattern": (_IN_PATTERN, b"/Pattern << /P 7 0 R >>", (stream(_SHOWN, b"/PatternType 1 " + _TILE),)),
    "pattern of a type elsewhere": (
        _IN_PATTERN,
        b"/Pattern << /P 7 0 R >>",
        (stream(_SHOWN, b"/Pattern#54ype 8 0 R " + _TILE), b"1"),
    ),
    "pattern in a form": (
        b"/F Do",
        b"/XObject << /F 8 0 R >>",
        (
            stream(_SHOWN, b"/PatternType 1 " + _TILE),
            stream(
                _IN_PATTERN,
                b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << /Pattern << /P 7 0 R >> >>",
            ),
        ),
    ),
    "glyph": (_IN_GLYPH, b"/Font << /F1 5 0 R /T 7 0 R >>", (_GLYPH % b"/Type3", _DRAWN_GLYPH)),
    "glyph of a type elsewhere": (
        _IN_GLYPH,
        b"/Font << /F1 5 0 R /T 7 0 R >>",
        (_GLYPH % b"9 0 R", _DRAWN_GLYPH, b"(Type3)"),
    ),
    "shading": (
        b"50 300 300 40 re W n /S sh",
        b"/Shading << /S << /ShadingType 1 /ColorSpace /DeviceRGB /Domain [0 1 0 1]"
        b" /Matrix [300 0 0 40 50 300] /Function 7 0 R >> >>",
        (
            stream(
                b"\xc8\0\0" * 4,
                b"/FunctionType 0 /Domain [0 1 0 1] /Range [0 1 0 1 0 1] /Size [2 2] /BitsPerSample 8",
            ),
        ),
    ),
}
_SOFT_MASKS = {
    "key": b"<< /SMask << /S /Luminosity /G 7 0 R >> >>",
    "mask elsewhere": b"<< /SMask 8 0 R >>",
    "like the key": b"<< /SMasquerade << /S /Alpha /#47 7 0 R >> >>",
}


def letter(content: bytes, resources: bytes, further: tuple[bytes, ...]) -> bytes:
    text = placed((50, 500, "Smilla Wernicke came to us on a day in March. All values were normal then."))
    return page(text + b" q " + content + b" Q", resources=resources, further=(_PHOTO, *further))


_UNKNOWN = {
    "page": 1,
    "count": 1,
    "why": "patterns, Type 3 glyphs or soft masks left out, since what they show is unknown",
}


@pytest.mark.parametrize("how", _UNKNOWN_INK)
def test_ink_that_nobody_knows_is_left_out(tmp_path: Path, how: str) -> None:
    assert red(letter(*_UNKNOWN_INK[how])) > 5_000
    content, report = redact(tmp_path, letter(*_UNKNOWN_INK[how]))
    assert red(content) == 0
    assert _UNKNOWN in report["uncertain"]
    assert "came to us on a day" in texts(content)[0]


@pytest.mark.parametrize("how", _SOFT_MASKS)
def test_what_a_soft_mask_shows_is_left_out(tmp_path: Path, how: str) -> None:
    """Here a stripe, of which a picture or a text may be made as well."""
    resources = b"/ExtGState << /M %s >>" % _SOFT_MASKS[how]
    further = (
        stream(b"1 g 50 300 300 20 re f", _GROUP),
        b"<< /S /Luminosity /G 7 0 R >> % (endobj) 8 0 obj << >> stream",
    )
    content, report = redact(tmp_path, letter(_MASKED, resources, further))
    assert red(letter(_MASKED, resources, further)) > 2_000
    assert red(content) == 0
    assert _UNKNOWN in report["uncertain"]


def test_words_of_type_3_glyphs_are_drawn_anew(tmp_path: Path) -> None:
    """As far as they are known: the new page shows what its text says, whatever the glyphs showed."""
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1 1] /FontMatrix [1 0 0 1 0 0] /FirstChar 97"
        b" /LastChar 101 /Widths [1 1 1 1 1] /Encoding << /Differences [97 /a /b /c /d /e] >>"
        b" /CharProcs << /a 8 0 R /b 8 0 R /c 8 0 R /d 8 0 R /e 8 0 R >> >>"
    )
    box = stream(b"1 0 d0 0.8 0 0 rg 0.1 0.1 0.7 0.7 re f")
    pdf = letter(
        b"BT /T 10 Tf 1 0 0 1 50 300 Tm (decade) Tj ET",
        b"/Font << /F1 5 0 R /T 7 0 R >>",
        (font, box),
    )
    content, report = redact(tmp_path, pdf)
    assert red(pdf) > 200 and red(content) == 0
    assert "decade" in texts(content)[0]
    assert _picture(content)[(792 - 312) * 3 // 2 : (792 - 298) * 3 // 2, 75:165].min() < 100
    assert _UNKNOWN in report["uncertain"]


def killed(request: Request) -> None:
    """Be killed in place of rebuilding, as by a machine that lacks memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def hanging(request: Request) -> None:
    """Hang in place of rebuilding, with a temporary file."""
    with tempfile.NamedTemporaryFile():
        time.sleep(3600)


@pytest.mark.parametrize(
    ("function", "why"),
    quick_first(
        1,
        [
            ("killed", "crashed, the parser's process ended with signal SIGKILL"),
            ("hanging", "timeout, it could not be rebuilt in 1 s"),
        ],
    ),
)
def test_a_process_that_is_killed_or_hangs_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, why: str
) -> None:
    spans = spans_of(tmp_path, "letter.pdf", drawn())
    (tmp_path / "letter.pdf").write_bytes(drawn())
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(isolated_redact, "_FUNCTION", f"{__name__}:{function}")
    monkeypatch.setattr(isolated_redact, "_SECONDS_A_PAGE", 1 - Limits().seconds)
    ran = call_anew(tmp_path / "letter.pdf", "--spans", spans, "--out", tmp_path / "out")
    assert ran.exit_code == 1 and f"letter.pdf: not redacted: {why}" in ran.output, ran.output
    assert not list((tmp_path / "out").iterdir()) and not list((tmp_path / "temporary").iterdir())


@pytest.mark.slow
def test_what_was_filled_into_a_form_is_drawn_or_removed(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.acroForm.textfield(name="a", value="Herzogenrath", x=72, y=300, width=200, height=20)
        canvas.acroForm.textfield(name="b", value="Kniegelenk", x=72, y=200, width=200, height=20)

    content, report = redact(tmp_path, drawn(draw))
    (text,) = texts(content)
    assert "Kniegelenk" in text and not leaks(content)
    assert [row["spans"] for row in report["removed"] if row["class"] == "place"] == [2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("entries", "dpi"),
    [
        (b"/MediaBox [0 0 612 792] /CropBox [-50 -50 600 780]", 150),
        (b"/MediaBox [-300 -100 612 792] /Rotate 270", 150),
        (b"/MediaBox [0 0 140000 140000]", 1),
    ],
)
def test_odd_pages(tmp_path: Path, entries: bytes, dpi: int) -> None:
    text = placed(*((50, 700 - 20 * n, line) for n, line in enumerate(LINES)))
    content, report = redact(tmp_path, page(text, entries))
    assert not leaks(content)
    notes = [note["why"] for note in report["uncertain"]]
    assert any("dots per inch" in note for note in notes) == (dpi < 100)


@pytest.mark.slow
def test_the_same_key_gives_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(KEY)
    more = ("--mode", "surrogate", "--key-file", tmp_path / "key")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, two = (redact(tmp_path / name, drawn(), *more)[0] for name in "ab")
    assert one == two and KEY not in one


def test_a_text_keeps_all_but_what_is_removed(tmp_path: Path) -> None:
    content, report = redact(tmp_path, "\n".join(LINES).encode(), "--mode", "label", name="letter.txt")
    assert content.decode() == "\n".join(LINES).replace("Smilla Wernicke", "[PERSON]").replace(
        "Wernicke", "[PERSON]"
    ).replace("03.04.1960", "[DATE_TIME]").replace("24.01.2028", "[DATE_TIME]").replace(
        "Herzogenrath", "[PLACE]"
    )
    assert report["pages"] is None and report["removed"][0]["page"] is None


def test_the_model_finds_what_is_not_given(tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(drawn())
    ran = call(tmp_path / "letter.pdf", "--out", tmp_path / "out")
    assert ran.exit_code == 0 and "Read these files before you pass them on" in ran.output
    report = json.loads((tmp_path / "out/letter.pdf.report.json").read_text())
    assert report["found_by"].startswith("model personal@")
    assert {row["class"] for row in report["removed"]} >= {"person", "date_time"}
    assert not leaks((tmp_path / "out/letter.pdf").read_bytes())


def test_lists_say_what_stays_and_what_goes_and_a_folder_takes_further_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Frau Smilla Wernicke, geboren am 03.04.1960, Projekt Falke.")
    (tmp_path / "b.txt").write_text("Frau Smilla Wernicke, Termin am 24.01.2028.")
    (tmp_path / "keep.txt").write_text("03.04.1960\n")
    (tmp_path / "remove.txt").write_text("Projekt Falke\n")
    (tmp_path / "both.txt").write_text("projekt  falke\n")
    out = tmp_path / "out"
    lists = ("--keep", tmp_path / "keep.txt", "--remove", tmp_path / "remove.txt", "--out", out)
    ran = call(tmp_path / "a.txt", "--mode", "label", *lists)
    assert ran.exit_code == 0, ran.output
    assert (out / "a.txt").read_text() == "Frau [PERSON], geboren am 03.04.1960, [REMOVED]."
    report = json.loads((out / "a.txt.report.json").read_text())
    assert report["kept"] == 1 and {row["class"] for row in report["removed"]} == {"person", "removed"}
    ran = call(tmp_path / "b.txt", "--mode", "label", "--except", "date_time", "--out", out)
    assert ran.exit_code == 0, ran.output
    assert (out / "b.txt").read_text() == "Frau [PERSON], Termin am 24.01.2028." and (out / "a.txt").exists()
    ran = call(tmp_path / "b.txt", "--out", out)
    assert ran.exit_code == 2 and "b.txt already exists" in ran.output
    ran = call(
        tmp_path / "both.txt",
        "--keep",
        tmp_path / "both.txt",
        "--remove",
        tmp_path / "remove.txt",
        "--out",
        out,
    )
    assert ran.exit_code == 2 and "both contain: projekt falke" in ran.output


def test_what_would_be_removed_is_listed_and_what_people_decided_holds(tmp_path: Path) -> None:
    text = "\n".join(LINES)
    (tmp_path / "a.txt").write_text(text)
    read = result(text)
    start = text.index("Herzogenrath")
    entity = Entity(read.doc_id, 0, "place", start, start + 12, "Herzogenrath", 0.9, False, "personal@5")
    run(tmp_path / "tables", "run-1", [replace(read, entities=(entity,))])
    choice = Choice(read.doc_id, "entity", "place", "dismissed")
    decide(str(tmp_path / "tables"), [choice], "anna")
    marks = tmp_path / "marks.jsonl"
    listed = ("--decisions", tmp_path / "tables", "--preview", marks)
    for given, has_name in (((), True), (listed, False)):
        marks.unlink(missing_ok=True)
        ran = call(tmp_path / "a.txt", "--preview", marks, *given[:2])
        assert ran.exit_code == 0, ran.output
        rows = [json.loads(line) for line in marks.read_text().splitlines()]
        assert all(text[row["start"] : row["end"]] == row["text"] for row in rows)
        assert ("Herzogenrath" in {row["text"] for row in rows}) is has_name
    ran = call(tmp_path / "a.txt", "--spans", marks, "--mode", "label", "--out", tmp_path / "out")
    assert ran.exit_code == 0, ran.output
    written = (tmp_path / "out/a.txt").read_text()
    assert "[DATE_TIME], wohnhaft in Herzogenrath" in written
    for existing in (marks, tmp_path / "a.txt"):
        ran = call(tmp_path / "a.txt", "--preview", existing)
        assert ran.exit_code == 2 and "already exists" in ran.output
    (tmp_path / "empty").mkdir()
    for none in (tmp_path / "none", tmp_path / "empty", marks):
        ran = call(tmp_path / "a.txt", "--decisions", none, "--out", tmp_path / "c")
        assert ran.exit_code == 2 and "holds no tables" in ran.output and "Traceback" not in ran.output
    (tmp_path / "b.txt").write_text("Termin am 24.01.2028 in Herzogenrath.")
    ran = call(tmp_path / "b.txt", *listed[:2], "--out", tmp_path / "out")
    assert ran.exit_code == 0 and "1 decisions on personal data belong to other documents" in ran.output
    for wrong in ((), ("--out", tmp_path / "b", "--preview", marks)):
        ran = call(tmp_path / "a.txt", *wrong)
        assert ran.exit_code == 2 and "give --out DIR, or --preview" in ran.output


def _decision(text: str, words: str, outcome: str) -> dict[str, object]:
    start = text.index(words)
    row = {"evidence": words, "outcome": outcome, "code": "place", "start_char": start}
    return (
        row
        | dict.fromkeys(("corrected_label", "corrected_start", "corrected_end"))
        | {"end_char": start + len(words)}
    )


def test_what_was_decided_on_a_part_holds_in_it_alone() -> None:
    parts = [f"Herr {name} wohnt in Herzogenrath und kommt zur Praxis." for name in ("Okafor", "Lindqvist")]
    text = "\n\n".join(parts)
    spans = [PersonalSpan(*match.span(), "place") for match in re.finditer("Herzogenrath", text)]
    rows = [_decision(parts[1], "Herzogenrath", "dismissed"), _decision(parts[1], "Praxis", "confirmed")]
    given = [("not in it", rows), (parts[0], ()), (parts[1], rows)]
    left = decided_in_parts(text, spans, given, lambda word: False)
    assert [(span.start, text[span.start : span.end]) for span in left] == [
        (text.index("Herzogenrath"), "Herzogenrath"),
        (text.rindex("Praxis"), "Praxis"),
    ]


@pytest.mark.slow
def test_decisions_on_parts_and_attachments_reach_redaction(tmp_path: Path) -> None:
    def cli(*arguments: object) -> None:
        ran = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert ran.exit_code == 0, ran.output

    letter = "\n".join([*LINES, "Mit freundlichen Grüßen", "Ada Wernicke"]) + "\n"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ada@mail.example", "okafor@mail.example", "Brief"
    mail.set_content("Anbei der Brief.")
    mail.add_attachment(letter.encode(), maintype="text", subtype="plain", filename="brief.txt")
    folder, tables = tmp_path / "in", tmp_path / "tables"
    folder.mkdir()
    (folder / "mail.eml").write_bytes(mail.as_bytes())
    (folder / "pile.txt").write_text(f"{BILL}\f{ONE}\f{letter}")
    cli("batch", folder, "--out", tables, "--personal-data")
    names = {row["doc_id"]: row["uri"].rpartition("/")[2] for row in written_tables(tables)["documents"]}
    for row in written_tables(tables)["entities"]:
        name, of = (
            names[row["doc_id"]],
            ("--entity", row["label"], "--at", f"{row['start_char']}:{row['end_char']}"),
        )
        if row["text"] in ("Herzogenrath", "Mary Byrne"):
            assert name in ("mail.eml#attachment-1", "pile.txt#part-1", "pile.txt#part-3")
            cli("decide", tables, row["doc_id"], "dismissed", *of)
        if row["text"] == "Smilla Wernicke":
            start = row["start_char"]
            cli("decide", tables, row["doc_id"], "corrected", *of, "--to", f"{start - 11}:{start + 15}")
    ran = call(folder / "mail.eml", "--decisions", tables, "--out", tmp_path / "a")
    assert "2 decisions on personal data belong to attachments, which are left out" in ran.output
    (tmp_path / "brief.txt").write_text(letter)
    for file, place in (("brief.txt", "b"), ("in/pile.txt", "c")):
        ran = call(tmp_path / file, "--decisions", tables, "--out", tmp_path / place)
        assert ran.exit_code == 0, ran.output
        (written,) = (tmp_path / place).glob("*.txt")
        assert "\n█████, geboren am █████, wohnhaft in Herzogenrath\n" in written.read_text()
        assert ("Mary Byrne" in written.read_text()) is (place == "c")


def test_what_a_decision_adds_hides_nothing_that_is_kept(tmp_path: Path) -> None:
    text = "\n".join(LINES)
    (tmp_path / "a.txt").write_text(text)
    doc_id = result(text).doc_id
    rows = [
        {"evidence": words, "outcome": outcome, "code": "place", "start_char": text.index(words)}
        | {"end_char": text.index(words) + len(words)}
        | dict.fromkeys(("corrected_label", "corrected_start", "corrected_end"))
        for words, outcome in (("Herzogenrath", "dismissed"), ("wohnhaft", "confirmed"))
    ]
    kept = []
    for decisions in ({}, {doc_id: rows}):
        with Redactor(Settings("mask", b"k" * 16, decisions=decisions)) as redactor:
            done = redactor.redact(str(tmp_path / "a.txt"))
            assert isinstance(done, Redacted) and redactor.undecided() == (0, 0)
            kept.append(done.report["kept"])
    assert kept[1] == kept[0] + 1


def test_what_is_listed_is_exactly_what_goes(tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(drawn())
    marks = tmp_path / "marks.jsonl"
    assert call(tmp_path / "letter.pdf", "--preview", marks).exit_code == 0
    rows = [json.loads(line) for line in marks.read_text().splitlines()]
    counts = Counter[tuple[int | None, str]]()
    for row in rows:
        counts[1, row["label"]] += row["end"] - row["start"]
    for name, given in (("a", ()), ("b", ("--spans", marks))):
        assert call(tmp_path / "letter.pdf", *given, "--out", tmp_path / name).exit_code == 0
        report = json.loads((tmp_path / name / "letter.pdf.report.json").read_text())
        assert {(row["page"], row["class"]): row["characters"] for row in report["removed"]} == counts
    one, other = ((tmp_path / name / "letter.pdf").read_bytes() for name in "ab")
    assert one == other


def test_a_name_that_tables_surely_have_goes_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "rents.txt"
    path.write_text(
        "".join(f"Line {n}: the rent is due, says Smilla Wernicke, total {n}00.00 EUR\n" for n in range(20))
    )
    assert call(path, "--out", tmp_path / "out").exit_code == 0
    left = (tmp_path / "out" / "rents.txt").read_text()
    assert "Smilla" not in left and "Wernicke" not in left and left.count("█████") == 20


def test_a_name_of_a_file_that_is_no_utf_8_is_listed(tmp_path: Path) -> None:
    path, marks = tmp_path / os.fsdecode(b"br\xfccke.txt"), tmp_path / "marks.jsonl"
    path.write_text("\n".join(LINES))
    ran = call(path, "--preview", marks)
    assert ran.exit_code == 0, ran.output
    assert {json.loads(line)["file"] for line in marks.read_text("utf-8").splitlines()} == {str(path)}
    ran = call(path, "--spans", marks, "--out", tmp_path / "out")
    assert ran.exit_code == 0, ran.output
    assert (tmp_path / "out" / path.name).exists()


def test_a_name_in_the_name_of_the_file_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "smilla_WERNICKE.txt").write_text("\n".join(LINES))
    ran = call(tmp_path / "smilla_WERNICKE.txt", "--out", tmp_path / "out")
    assert ran.exit_code == 0, ran.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "document-1.txt",
        "document-1.txt.report.json",
    ]


def test_what_is_still_found_is_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(text, pages, edits):  # type: ignore[no-untyped-def]
        return page_plans(text, pages, edits[:-1])

    monkeypatch.setattr(redacted, "page_plans", forgetful)
    (tmp_path / "letter.pdf").write_bytes(drawn())
    spans = spans_of(tmp_path, "letter.pdf", drawn())
    ran = call(tmp_path / "letter.pdf", "--spans", spans, "--out", tmp_path / "out")
    assert ran.exit_code == 1
    assert "what was removed can still be found, 1 date_time in its text" in ran.output
    assert not list((tmp_path / "out").iterdir())
    assert not re.search("Wernicke|2028", ran.output)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7 nothing", "malformed"),
        (b"", "empty"),
        (b"\0\0\0\0", "only_whitespace"),
        (lying("Beate Kowalczyk 0151 2345678", "goods delivered on open term"), "garbled"),
        (page(b"q 500 0 0 700 50 50 cm /I Do Q", resources=b"/XObject << /I 6 0 R >>", further=(
            stream(b"\0\xff" * 8, b"/Type /XObject /Subtype /Image /Width 4 /Height 4 /ColorSpace /DeviceGray"
                   b" /BitsPerComponent 8"),
        )), "no_text"),
    ],
)  # fmt: skip
def test_what_cannot_be_redacted_is_refused_and_the_others_are_not(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "bad.pdf").write_bytes(content)
    (tmp_path / "good.txt").write_text("Frau Smilla Wernicke kam zu uns in die Sprechstunde.")
    ran = call(tmp_path / "bad.pdf", tmp_path / "good.txt", "--out", tmp_path / "out")
    assert ran.exit_code == 1 and f"not redacted: {reason}" in ran.output
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == [
        "good.txt",
        "good.txt.report.json",
    ]


def test_a_page_that_is_a_picture_is_refused_among_others(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.showPage()
        path = canvas.beginPath()
        for n in range(40):
            path.rect(72 + 9 * n, 400, 6, 30)
        canvas.drawPath(path, fill=1)
        canvas.showPage()
        canvas.drawString(72, 400, LINES[3])

    (tmp_path / "letter.pdf").write_bytes(drawn(draw))
    ran = call(tmp_path / "letter.pdf", "--out", tmp_path / "out")
    assert ran.exit_code == 1 and "page 2 is a picture, and what it shows is not known" in ran.output


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(drawn()))
    writer.encrypt("secret", algorithm="AES-128")
    writer.write(tmp_path / "letter.pdf")
    ran = call(tmp_path / "letter.pdf", "--out", tmp_path / "out")
    assert ran.exit_code == 1 and "not redacted: encrypted" in ran.output


@pytest.mark.parametrize("is_nested", [True, False])
@pytest.mark.parametrize("is_signed", [True, False])
def test_a_signed_file_is_refused_and_one_to_be_signed_is_not(
    tmp_path: Path, is_signed: bool, is_nested: bool
) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(drawn()))
    field = pypdf.generic.DictionaryObject()
    names = {"/Type": "/Annot", "/Subtype": "/Widget", "/FT": "/Sig"}
    field |= {pypdf.generic.NameObject(key): pypdf.generic.NameObject(name) for key, name in names.items()}
    field[pypdf.generic.NameObject("/T")] = pypdf.generic.TextStringObject("Signature")
    field[pypdf.generic.NameObject("/Rect")] = pypdf.generic.ArrayObject([pypdf.generic.NumberObject(0)] * 4)
    if is_signed:
        value = pypdf.generic.DictionaryObject()
        value[pypdf.generic.NameObject("/Type")] = pypdf.generic.NameObject("/Sig")
        value[pypdf.generic.NameObject("/Contents")] = pypdf.generic.ByteStringObject(b"\1" * 64)
        field[pypdf.generic.NameObject("/V")] = writer._add_object(value)
    top = writer._add_object(field)
    writer.pages[0][pypdf.generic.NameObject("/Annots")] = pypdf.generic.ArrayObject([top])
    if is_nested:  # as forms of LiveCycle are
        group = pypdf.generic.DictionaryObject()
        group[pypdf.generic.NameObject("/T")] = pypdf.generic.TextStringObject("form1")
        group[pypdf.generic.NameObject("/Kids")] = pypdf.generic.ArrayObject([top])
        top = field[pypdf.generic.NameObject("/Parent")] = writer._add_object(group)
    fields = pypdf.generic.ArrayObject([top])
    form = pypdf.generic.DictionaryObject({pypdf.generic.NameObject("/Fields"): fields})
    writer._root_object[pypdf.generic.NameObject("/AcroForm")] = form
    writer.write(tmp_path / "letter.pdf")
    ran = call(tmp_path / "letter.pdf", "--out", tmp_path / "out")
    assert ran.exit_code == int(is_signed), ran.output
    assert ("it is signed, and a redacted copy cannot be" in ran.output) is is_signed
    assert bool(list((tmp_path / "out").iterdir())) is not is_signed


def test_names_are_not_taken_for_markup(tmp_path: Path) -> None:
    name = "[red]x[bold]#row-1 <b>.txt"
    (tmp_path / name).write_text("Frau Smilla Wernicke kam zu uns in die Sprechstunde.")
    ran = call(tmp_path / name, "--out", tmp_path / "out")
    assert ran.exit_code == 0 and name in ran.output
    assert (tmp_path / "out" / name).is_file()


def test_wrong_choices_are_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Frau Wernicke")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a.txt").write_text("Herr Wernicke")
    (tmp_path / "short").write_bytes(b"short")
    (tmp_path / "spans.jsonl").write_text('{"file": "other.txt", "start": 0, "end": 3}\n')
    a, out = tmp_path / "a.txt", tmp_path / "out"
    for arguments, message in (
        ((tmp_path / "none.txt", "--out", out), "no such file"),
        ((tmp_path / "b", "--out", out), "is a folder"),
        ((a, tmp_path / "b/a.txt", "--out", out), "2 files are called a.txt"),
        ((a, "--out", a), "is not a folder"),
        ((a, "--out", tmp_path), "has a file that redact did not write"),
        ((a, "--out", out, "--only", "persons"), "persons is not a label of personal data; there are age, "),
        ((a, "--out", out, "--keep", tmp_path / "none"), "none cannot be read"),
        ((a, "--out", out, "--spans", tmp_path / "spans.jsonl", "--least", "0.5"), "which --spans replaces"),
        ((a, "--out", out, "--key-file", tmp_path / "short"), "must have 16"),
        ((a, "--out", out, "--spans", tmp_path / "none"), "cannot be read"),
        ((a, "--out", out, "--spans", tmp_path / "spans.jsonl"), "has no span of"),
    ):
        ran = call(*arguments)
        assert ran.exit_code == 2 and message in ran.output, (arguments, ran.output)
        assert not (out / "a.txt").exists()


@pytest.mark.slow
def test_ocr_reads_scans_and_searches_the_result(tmp_path: Path) -> None:
    with pdfium.PdfDocument(drawn()) as document:
        scan = document[0].render(scale=200 / 72).to_pil()
    scan.save(tmp_path / "scan.pdf", resolution=200)
    refused = call(tmp_path / "scan.pdf", "--out", tmp_path / "out")
    assert refused.exit_code == 1 and "no_text" in refused.output
    ran = call(tmp_path / "scan.pdf", "--ocr", "--out", tmp_path / "out")
    assert ran.exit_code == 0, ran.output
    report = json.loads((tmp_path / "out/scan.pdf.report.json").read_text())
    assert report["searched_again"]["picture_by_ocr"]
    assert not leaks((tmp_path / "out/scan.pdf").read_bytes())
