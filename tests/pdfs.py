"""PDFs written by hand: what stands where on a page, and which files are attached."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from ctypes import c_float

import numpy as np
import pypdfium2.raw as raw
from numpy.typing import NDArray
from pypdfium2 import PdfDocument

HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def written(objects: list[bytes]) -> bytes:
    """Number objects from 1, which is the catalog, and write the file."""
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return out + b"startxref\n%d\n%%%%EOF\n" % start


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)


def deflated(content: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        content = zlib.compress(content, 9)
    return stream(content, b"/Filter [" + b"/FlateDecode " * times + b"]")


def placed(*texts: tuple[float, float, str], size: int = 10) -> bytes:
    """Draw texts, each at its place in points from the lower left."""
    drawn = b" ".join(
        b"1 0 0 1 %.2f %.2f Tm (%s) Tj" % (x, y, _escaped(text).encode("cp1252")) for x, y, text in texts
    )
    return b"BT /F1 %d Tf %s ET" % (size, drawn)


def page(
    content: bytes,
    entries: bytes = b"/MediaBox [0 0 612 792]",
    resources: bytes = b"",
    font: bytes = HELVETICA,
    catalog: bytes = b"",
    further: tuple[bytes, ...] = (),
) -> bytes:
    """Write a PDF of one page; its own objects are 1 to 5, `further` ones begin at 6."""
    return written(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R %s /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> %s >> >>"
            % (entries, resources),
            content if content.startswith(b"<<") else stream(content),
            font,
            *further,
        ]
    )


def lying(shown: str, said: str) -> bytes:
    """Write a PDF whose font says other characters, one for one, than its glyphs show."""
    names = {" ": "space", **dict(zip("0123456789", DIGITS, strict=True))}
    glyphs = "".join(f"/{names.get(char, char)} " for char in shown)
    font = (
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R"
        b" /Encoding << /Type /Encoding /Differences [1 %s] >> >>" % glyphs.encode()
    )
    pairs = enumerate(zip(shown, said, strict=True), start=1)
    chars = b"\n".join(b"<%02X> <%04X>" % (code, ord(char)) for code, (_, char) in pairs)
    cmap = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        b"1 begincodespacerange\n<00> <FF>\nendcodespacerange\n"
        b"%d beginbfchar\n%s\nendbfchar endcmap end end" % (len(said), chars)
    )
    drawn = b"BT /F1 12 Tf 72 700 Td <%s> Tj ET" % bytes(range(1, len(shown) + 1)).hex().encode()
    return page(drawn, font=font, further=(stream(cmap),))


DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def type3(*lines: str, size: int) -> bytes:
    """Write lines in a Type 3 font whose letters are boxes of half of 12 points, whatever its size."""
    letters = sorted(set("".join(lines)))
    code = {letter: number for number, letter in enumerate(letters, start=1)}
    width = 6 * 1000 / size
    drawn = b" ".join(
        b"1 0 0 1 72 %d Tm <%s> Tj" % (700 - 14 * n, bytes(code[letter] for letter in line).hex().encode())
        for n, line in enumerate(lines)
    )
    cmap = b"1 begincodespacerange <00> <FF> endcodespacerange %d beginbfchar %s endbfchar" % (
        len(letters),
        b" ".join(b"<%02X> <%04X>" % (code[letter], ord(letter)) for letter in letters),
    )
    names = b" ".join(b"/g%d" % number for number in code.values())
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 0 0] /FontMatrix [.001 0 0 .001 0 0] /FirstChar 1"
        b" /LastChar %d /Widths [%s] /Encoding << /Type /Encoding /Differences [1 %s] >>"
        b" /CharProcs << %s >> /Resources << >> /ToUnicode 6 0 R >>"
        % (
            len(letters),
            b" ".join([b"%.1f" % width] * len(letters)),
            names,
            b" ".join(b"/g%d 7 0 R" % number for number in code.values()),
        )
    )
    glyph = b"%.1f 0 0 0 %.1f %.1f d1 0 0 %.1f %.1f re f" % (width, width, width, width * 0.8, width)
    return page(b"BT /F1 %d Tf %s ET" % (size, drawn), font=font, further=(stream(cmap), stream(glyph)))


def pictured(
    picture: NDArray[np.uint8],
    *texts: tuple[float, float, str],
    box: tuple[float, float, float, float],
    angle: int = 0,
) -> bytes:
    """Write texts, and a picture in shades of grey over a box: left, bottom, width and height."""
    left, bottom, width, height = box
    image = stream(
        zlib.compress(picture.tobytes()),
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8"
        b" /Filter /FlateDecode" % (picture.shape[1], picture.shape[0]),
    )
    drawn = placed(*texts) + b" q %f 0 0 %f %f %f cm /X Do Q" % (width, height, left, bottom)
    entries = b"/MediaBox [0 0 612 792] /Rotate %d" % angle
    return page(drawn, entries, resources=b"/XObject << /X 6 0 R >>", further=(image,))


def written_in_pixels(text: str, size: int = 40) -> NDArray[np.uint8]:
    """Draw a line of text in Helvetica, as a scanner would, in shades of grey."""
    content = page(
        b"BT /F1 %d Tf 4 %d Td (%s) Tj ET" % (size, size // 3, _escaped(text).encode("cp1252")),
        b"/MediaBox [0 0 %d %d]" % (len(text) * size * 3 // 5, size * 4 // 3),
    )
    with PdfDocument(content) as document:
        bitmap = document[0].render(grayscale=True)
        return bitmap.to_numpy().reshape(bitmap.height, bitmap.width).copy()


def outlines(
    text: str, x: float, y: float, size: float
) -> Iterator[tuple[float, list[tuple[str, tuple[float, ...]]]]]:
    """Give the outline of each letter of a line in Helvetica.

    Yields:
        Where it begins in points from the left, and the operators ``m``, ``l`` and ``c`` with their operands.
    """
    document = PdfDocument.new()
    font = raw.FPDFText_LoadStandardFont(document, b"Helvetica")
    across, up, width = c_float(), c_float(), c_float()
    for letter in text:
        glyph = raw.FPDFFont_GetGlyphPath(font, ord(letter), 1000.0)
        drawn: list[tuple[str, tuple[float, ...]]] = []
        curve: tuple[float, ...] = ()
        for number in range(max(0, raw.FPDFGlyphPath_CountGlyphSegments(glyph)) if glyph else 0):
            segment = raw.FPDFGlyphPath_GetGlyphPathSegment(glyph, number)
            raw.FPDFPathSegment_GetPoint(segment, across, up)
            point = x + size * across.value, y + size * up.value
            kind = raw.FPDFPathSegment_GetType(segment)
            if kind != raw.FPDF_SEGMENT_BEZIERTO:
                drawn.append(("m" if kind == raw.FPDF_SEGMENT_MOVETO else "l", point))
            elif len(curve := (*curve, *point)) == 6:
                drawn.append(("c", curve))
                curve = ()
        yield x, drawn
        raw.FPDFFont_GetGlyphWidth(font, ord(letter), 1000.0, width)
        x += size * width.value / 1000
    raw.FPDFFont_Close(font)
    document.close()


def outlined(text: str, x: float, y: float, size: float) -> bytes:
    """Draw a line of text in Helvetica by its outlines, as programs for drawing write it."""
    return b" ".join(
        b" ".join([*(b"%f " * len(to) % to + name.encode() for name, to in drawn), b"f"])
        for _, drawn in outlines(text, x, y, size)
    )


def with_attachments(content: bytes, files: dict[str, bytes]) -> bytes:
    """Write a PDF of one page with files attached, as a portfolio (ISO 32000-1, 12.3.5).

    What begins with ``<<`` is written as the stream it is.
    """
    names = b""
    further: list[bytes] = []
    for name, file in files.items():
        further.append(
            b"<< /Type /Filespec /F (%s) /EF << /F %d 0 R >> >>" % (name.encode(), 7 + len(further))
        )
        names += b"(%s) %d 0 R " % (name.encode(), 5 + len(further))
        further.append(file if file.startswith(b"<< /Filter") else stream(file, b"/Type /EmbeddedFile"))
    catalog = b"/Collection << /View /T >> /Names << /EmbeddedFiles << /Names [%s] >> >>" % names
    return page(content, catalog=catalog, further=tuple(further))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def leaves(*pages: str) -> bytes:
    """Write a PDF of several pages, each of lines in Helvetica; ``PICTURE`` is a page with a box alone."""
    count, objects = len(pages), []
    for number, text in enumerate(pages):
        lines = [(72.0, 740.0 - 14 * n, line) for n, line in enumerate(text.split("\n")) if line.strip()]
        drawn = b"0 0 400 400 re f" if text == "PICTURE" else placed(*lines)
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * number),
            stream(drawn if text else b""),
        ]
    kids = b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(count))
    return written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids),
            HELVETICA,
            *objects,
        ]
    )


def type3_lying(shown: str, said: str) -> bytes:
    """Write a PDF whose Type 3 font draws the letters of Helvetica, and says others, one for one."""
    codes = range(1, len(shown) + 1)
    pairs = b" ".join(b"<%02X> <%04X>" % (code, ord(char)) for code, char in zip(codes, said, strict=True))
    cmap = b"1 begincodespacerange <00> <FF> endcodespacerange %d beginbfchar %s endbfchar" % (
        len(said),
        pairs,
    )
    procedures = [stream(_boxed(outlined(letter, 0, 0, 1000))) for letter in shown]
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 0 0] /FontMatrix [.001 0 0 .001 0 0] /FirstChar 1"
        b" /LastChar %d /Widths [%s] /Encoding << /Type /Encoding /Differences [1 %s] >>"
        b" /CharProcs << %s >> /Resources << >> /ToUnicode 6 0 R >>"
        % (
            len(shown),
            b" ".join([b"600"] * len(shown)),
            b" ".join(b"/g%d" % code for code in codes),
            b" ".join(b"/g%d %d 0 R" % (code, 6 + code) for code in codes),
        )
    )
    drawn = b"BT /F1 12 Tf 40 700 Td <%s> Tj ET" % bytes(codes).hex().encode()
    return page(drawn, font=font, further=(stream(cmap), *procedures))


def _boxed(drawn: bytes) -> bytes:
    """Say the width and the box of a glyph before it is drawn (ISO 32000-1, 9.6.5)."""
    numbers = [float(token) for token in drawn.split() if not token.isalpha()] or [0.0, 0.0]
    xs, ys = numbers[::2], numbers[1::2]
    return b"600 0 %f %f %f %f d1 %s" % (min(xs), min(ys), max(xs), max(ys), drawn)
