"""Count PDFs whose text layer is doubted: as they are, and where they show other words than it has.

    python -m research.benchmarks.ink FOLDER... [--most N] [--save]

Of every PDF below the folders the first pages are read. Each that is not doubted is then damaged, if it has
`ToUnicode` tables: they take some letters of its first page for others, drawn anew for each file, or all for
the next of the alphabet. The first page is written in a Type 3 font that lies likewise, too. And
a line in its body is covered by another sum: by outlines or a picture of it.
"""

from __future__ import annotations

import argparse
import io
import random
import re
from collections import Counter
from collections.abc import Iterator
from ctypes import c_float
from pathlib import Path

import pypdf
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    StreamObject,
)

from docassay.transforms.formats.pdf_doubt import Judged
from docassay.transforms.formats.pdf_hidden import is_scan
from docassay.transforms.formats.pdf_ink import shows_further_words
from docassay.transforms.formats.pdf_page import page_text
from research.benchmarks import report
from tests.pdfs import outlines

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
SUM = "Amount due: 4,817.50 EUR"
CHANGED = (1, 2, 4, 8)
"""Letters of a file for which its fonts say others."""
PAGES = 12
_SECTION = re.compile(rb"beginbf(char|range)(.*?)endbf(?:char|range)", re.DOTALL)
_CODES = re.compile(rb"<([0-9A-Fa-f]+)>")


def is_doubted(content: bytes) -> bool:
    """Tell whether a page of a PDF is doubted."""
    judged: Judged = {}
    with pdfium.PdfDocument(content) as document:
        pages = (document[n] for n in range(min(len(document), PAGES)))
        return any(page_text(page, judged).doubted or _shows_more(page) for page in pages)


def _shows_more(page: pdfium.PdfPage) -> bool:
    return not is_scan(page) and shows_further_words(page)


def letters_of(content: bytes) -> tuple[list[str], list[str]]:
    """Give the small letters and the digits of a PDF's first page, each once, in order."""
    with pdfium.PdfDocument(content) as document:
        text = set(page_text(document[0], {}).text)
    return sorted(text & set(LETTERS)), sorted(text & set(DIGITS))


def damaged(content: bytes, instead: dict[str, str]) -> bytes:
    """Let the fonts of a PDF say other letters than they show; empty where none has a table to change."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(content))
    table = str.maketrans(instead | {old.upper(): new.upper() for old, new in instead.items()})
    changed = 0
    for item in writer._objects:
        if not (isinstance(item, DictionaryObject) and item.get("/Type") == "/Font" and "/ToUnicode" in item):
            continue
        cmap = item["/ToUnicode"].get_object()
        if not isinstance(cmap, StreamObject):
            continue
        pairs = list(_pairs(cmap.get_data()))
        said = [(code, char.translate(table)) for code, char in pairs]
        changed += said != pairs
        stream = StreamObject()
        stream.set_data(_cmap(said))
        item[NameObject("/ToUnicode")] = writer._add_object(stream)
    if not changed:
        return b""
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _pairs(cmap: bytes) -> Iterator[tuple[bytes, str]]:
    """Give the codes of a table, as hexadecimal digits, and their characters."""
    for kind, body in _SECTION.findall(cmap):
        codes = _CODES.findall(body)
        if kind == b"char":
            yield from ((code, _text(char)) for code, char in zip(codes[::2], codes[1::2], strict=False))
        elif b"[" not in body:
            for first, last, char in zip(codes[::3], codes[1::3], codes[2::3], strict=False):
                start, begins = int(first, 16), _text(char)
                for n in range(min(int(last, 16) - start + 1, 256)):
                    yield b"%0*X" % (len(first), start + n), begins[:-1] + chr(ord(begins[-1]) + n)


def _text(code: bytes) -> str:
    return bytes.fromhex(code.decode().zfill(4)).decode("utf-16-be", "replace")


def _cmap(pairs: list[tuple[bytes, str]]) -> bytes:
    width = max((len(code) for code, _ in pairs), default=2)
    lines = [b"<%s> <%s>" % (code, char.encode("utf-16-be").hex().encode()) for code, char in pairs]
    parts = [lines[at : at + 100] for at in range(0, len(lines), 100)]
    return b"1 begincodespacerange <%s> <%s> endcodespacerange\n%s\nendcmap" % (
        b"0" * width,
        b"F" * width,
        b"\n".join(b"%d beginbfchar\n%s\nendbfchar" % (len(part), b"\n".join(part)) for part in parts),
    )


def as_type3(content: bytes, instead: dict[str, str]) -> bytes:
    """Write the first page of a PDF in a Type 3 font that draws its letters and says others for some.

    Empty where fewer than ten letters of the page have outlines.
    """
    with pdfium.PdfDocument(content) as document:
        page = document[0]
        textpage = page.get_textpage()
        text = textpage.get_text_range()
        procedures: dict[str, tuple[float, bytes]] = {}
        for at, letter in enumerate(text):
            if letter.isascii() and letter.isalnum() and letter not in procedures:
                shown = raw.FPDFText_GetTextObject(textpage, at)
                if shown and (drawn := _procedure(raw.FPDFTextObj_GetFont(shown), letter)):
                    procedures[letter] = drawn
        textpage.close()
    if len(procedures) < 10:
        return b""
    codes = {letter: code for code, letter in enumerate(sorted(procedures), 1)}
    writer = pypdf.PdfWriter()
    sheet = writer.add_blank_page(612, 792)
    lines = [
        f"<{''.join(f'{codes.get(char, 0):02x}' for char in line[:90])}> Tj T*"
        for line in text.split("\r\n")[:50]
    ]
    said = [(b"%02X" % code, instead.get(letter, letter)) for letter, code in codes.items()]
    names = {letter: NameObject(f"/g{code}") for letter, code in codes.items()}
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type3"),
            NameObject("/FontBBox"): ArrayObject(FloatObject(n) for n in (0, 0, 0, 0)),
            NameObject("/FontMatrix"): ArrayObject(FloatObject(n) for n in (0.001, 0, 0, 0.001, 0, 0)),
            NameObject("/FirstChar"): NumberObject(0),
            NameObject("/LastChar"): NumberObject(len(codes)),
            NameObject("/Widths"): ArrayObject(
                FloatObject(width) for width in (300.0, *(procedures[letter][0] for letter in codes))
            ),
            NameObject("/Encoding"): DictionaryObject(
                {NameObject("/Differences"): ArrayObject([NumberObject(1), *names.values()])}
            ),
            NameObject("/CharProcs"): DictionaryObject(
                {name: _stream(writer, procedures[letter][1]) for letter, name in names.items()}
            ),
            NameObject("/Resources"): DictionaryObject(),
            NameObject("/ToUnicode"): _stream(writer, _cmap([(b"00", " "), *said])),
        }
    )
    sheet[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
    )
    shown_lines = f"BT /F1 10 Tf 13 TL 40 750 Td {' '.join(lines)} ET"
    sheet[NameObject("/Contents")] = _stream(writer, shown_lines.encode())
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _stream(writer: pypdf.PdfWriter, data: bytes) -> IndirectObject:
    stream = StreamObject()
    stream.set_data(data)
    return writer._add_object(stream)


def _procedure(font: raw.FPDF_FONT, letter: str) -> tuple[float, bytes] | None:
    """Write the outline of a letter as a glyph procedure, with its width; None where it has none."""
    across, up, width = c_float(), c_float(), c_float()
    glyph = raw.FPDFFont_GetGlyphPath(font, ord(letter), 1000.0)
    count = raw.FPDFGlyphPath_CountGlyphSegments(glyph) if glyph else 0
    if not 0 < count < 1_000:
        return None
    raw.FPDFFont_GetGlyphWidth(font, ord(letter), 1000.0, width)
    drawn: list[str] = []
    points: list[tuple[float, float]] = []
    curve: list[tuple[float, float]] = []
    for number in range(count):
        segment = raw.FPDFGlyphPath_GetGlyphPathSegment(glyph, number)
        raw.FPDFPathSegment_GetPoint(segment, across, up)
        point = 1000 * across.value, 1000 * up.value
        points.append(point)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_BEZIERTO:
            curve.append(point)
            if len(curve) == 3:
                drawn.append(" ".join(f"{x:.1f} {y:.1f}" for x, y in curve) + " c")
                curve.clear()
        else:
            drawn.append(
                f"{point[0]:.1f} {point[1]:.1f} " + ("m" if kind == raw.FPDF_SEGMENT_MOVETO else "l")
            )
    xs, ys = zip(*points, strict=True)
    box = f"{width.value:.1f} 0 {min(xs):.1f} {min(ys):.1f} {max(xs):.1f} {max(ys):.1f} d1"
    return width.value, " ".join([box, *drawn, "f"]).encode()


def covered(content: bytes, as_picture: bool) -> bytes:
    """Cover a line in the body of a PDF's first page by other words; empty where it has none."""
    with pdfium.PdfDocument(content) as document:
        page = document[0]
        textpage = page.get_textpage()
        low, high = 0.2 * page.get_height(), 0.8 * page.get_height()
        boxes = [textpage.get_rect(n) for n in range(textpage.count_rects())]
        textpage.close()
        fitting = [box for box in boxes if low < box[1] < high and 6 < box[3] - box[1] < 20 < box[2] - box[0]]
        if not fitting or page.get_rotation():
            return b""
        left, bottom, right, top = fitting[len(fitting) // 2]
        size = top - bottom
        width = max(right - left, len(SUM) * size * 0.6)
        cover = raw.FPDFPageObj_CreateNewRect(left, bottom - size / 4, width, size * 1.5)
        raw.FPDFPageObj_SetFillColor(cover, 255, 255, 255, 255)
        raw.FPDFPath_SetDrawMode(cover, raw.FPDF_FILLMODE_WINDING, False)
        raw.FPDFPage_InsertObject(page, cover)
        if as_picture:
            image = pdfium.PdfImage.new(document)
            image.set_bitmap(_drawn(SUM))
            image.set_matrix(
                pdfium.PdfMatrix(len(SUM) * size * 0.6, 0, 0, size * 1.3, left, bottom - size / 5)
            )
            page.insert_obj(image)
        else:
            for path in _outlines(SUM, left, bottom, size):
                raw.FPDFPage_InsertObject(page, path)
        page.gen_content()
        written = io.BytesIO()
        document.save(written)
        return written.getvalue()


def _drawn(text: str) -> pdfium.PdfBitmap:
    """Draw a line of text as a picture, at the resolution of a scanner."""
    document = pdfium.PdfDocument.new()
    page = document.new_page(len(text) * 6.0, 13.0)
    for path in _outlines(text, 1.0, 3.0, 10.0):
        raw.FPDFPage_InsertObject(page, path)
    page.gen_content()
    return page.render(scale=300 / 72)


def _outlines(text: str, x: float, y: float, size: float) -> Iterator[raw.FPDF_PAGEOBJECT]:
    """Give the outlines of a line of text in Helvetica, a path for each letter."""
    draw = {"m": raw.FPDFPath_MoveTo, "l": raw.FPDFPath_LineTo, "c": raw.FPDFPath_BezierTo}
    for left, drawn in outlines(text, x, y, size):
        path = raw.FPDFPageObj_CreateNewPath(left, y)
        for name, to in drawn:
            draw[name](path, *to)
        raw.FPDFPath_SetDrawMode(path, raw.FPDF_FILLMODE_WINDING, False)
        yield path


def main() -> None:
    """Read, damage, count, print and, if asked, save."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.ink",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    found: Counter[str] = Counter()
    files = sorted(path for folder in options.folders for path in folder.rglob("*.pdf"))
    for path in files[: options.most]:
        content, drawn = path.read_bytes(), random.Random(path.name)
        try:
            doubted, (letters, digits) = is_doubted(content), letters_of(content)
        except pdfium.PdfiumError:
            counts["cannot be read"] += 1
            continue
        counts["as they are"] += 1
        found["as they are"] += doubted
        if doubted:
            print(f"doubted: {path}", flush=True)
        if doubted:
            continue
        for name, as_picture in (("a line of outlines", False), ("a line in an image", True)):
            shown = covered(content, as_picture)
            counts[name] += bool(shown)
            found[name] += bool(shown) and is_doubted(shown)
        if len(letters) < max(CHANGED):
            continue
        turned = LETTERS[1:] + LETTERS[0]
        lies = {"false letters: all": dict(zip(LETTERS, turned, strict=True))}
        for number in CHANGED:
            lies[f"false letters: {number}"] = {
                old: drawn.choice([new for new in LETTERS if new != old])
                for old in drawn.sample(letters, number)
            }
        if digits:
            lies["false digits: 1"] = {
                old: drawn.choice([new for new in DIGITS if new != old]) for old in [drawn.choice(digits)]
            }
        for name, instead in {"none": {}, **lies}.items():
            written = as_type3(content, instead)
            counts[f"Type 3, {name}"] += bool(written)
            found[f"Type 3, {name}"] += bool(written) and is_doubted(written)
        for name, instead in lies.items():
            try:
                lied = damaged(content, instead)
            except Exception as error:  # pypdf cannot write every file that pdfium reads
                print(f"{path}: not damaged: {error}", flush=True)
                break
            counts[name] += bool(lied)
            found[name] += bool(lied) and is_doubted(lied)
    for name, number in counts.items():
        print(f"{name}: {f'{found[name]} of ' if name in found else ''}{number}")
    if options.save:
        figures = [
            report.figure(
                f"PDFs whose text layer is doubted, {name}",
                f"{found[name]} of {number}",
                "≤ 0.5%" if name in ("as they are", "Type 3, none") else "",
            )
            for name, number in counts.items()
            if name in found
        ]
        report.save("ink", figures, {"counts": dict(counts), "found": dict(found)}, "ink FOLDER")


if __name__ == "__main__":
    main()
