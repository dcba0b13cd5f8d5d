"""A page of a PDF made of a picture, text that is seen on it, and text that lies under it unseen.

The unseen text is written in a font whose only glyph is empty, with each character's code point as its code,
so that it can be searched, marked and copied in any script.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zlib
from base64 import b85decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from ctypes import CFUNCTYPE, POINTER, c_float, c_long, c_uint8, c_uint32, c_ushort, cast
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

from docassay.schemas.pages import Frame
from docassay.transforms.formats.pdf_hidden import bounds

_SCAN = 0.5
"""Share of a page that its pictures cover where it is a scan."""
_ON_SCAN = 0.5
"""Share of what stands on a scanned page that lies on its pictures."""


class Picture(NamedTuple):
    """A picture as it is shown.

    Attributes:
        thing: pdfium's object.
        box: Its left, top, right and bottom, in points from the top left of the page, cut to it.
    """

    thing: raw.FPDF_PAGEOBJECT
    box: tuple[float, ...]

    @property
    def area(self) -> float:
        """In square points."""
        x0, y0, x1, y1 = self.box
        return (x1 - x0) * (y1 - y0)


def pictures_of(page: pdfium.PdfPage, frame: Frame) -> list[Picture]:
    """List the pictures of a page, those in its forms, too (ISO 32000-1, 8.10); none that lies off it."""
    count, give = raw.FPDFPage_CountObjects(page), lambda number: raw.FPDFPage_GetObject(page, number)
    found = (Picture(thing, frame.shown(*edges)) for thing, edges in _placed(count, give, pdfium.PdfMatrix()))
    return [picture for picture in found if not picture.area <= 0]


def are_scan(pictures: Sequence[Picture], middles: NDArray[np.float64], area: float) -> bool:
    """Tell whether pictures are those of a scanned page whose text is known.

    They are where they cover most of the page, and most of the text lies on them. A page of a letter on which
    a passport was copied has its text beside the picture.

    Args:
        pictures: All of the page.
        middles: Of each of its words, in points from the top left, [words, 2].
        area: Of the page, in square points.
    """
    if not (len(middles) and sum(picture.area for picture in pictures) > _SCAN * area):
        return False
    on = np.zeros(len(middles), np.bool_)
    for picture in pictures:
        on |= ((middles >= picture.box[:2]) & (middles <= picture.box[2:])).all(1)
    return float(on.mean()) >= _ON_SCAN


def leave_out(pictures: Sequence[Picture]) -> None:
    """Let pdfium draw their page without them.

    Raises:
        PdfiumError: It does not.
    """
    for picture in pictures:
        if not raw.FPDFPageObj_SetIsActive(picture.thing, False):
            raise pdfium.PdfiumError("a picture cannot be left out")


_UNKNOWN_INK = re.compile(rb"/P(?=atternType(?! 2[/>]))|/S(?=hadingType(?! [23][/>]))|/C(?=harProcs)")
"""Keys, as pdfium writes them, without which it draws no tiling patterns, no shadings that may be pictures
and no Type 3 glyphs (ISO 32000-1, 8.7, 9.6.5). Gradients stay."""
_MASK_GROUP = re.compile(rb"/G (\d+) 0 R")
_MAY_BE_STREAM = rb"(?<!\d)%d 0 obj\s*(?!\s|<<(?:(?!stream)[^()])*>>\s*endobj)"
_EMPTY_GROUP = (
    b"<</BBox[ 0 0 1 1]/Group<</S/Transparency>>/Length 0/Subtype/Form/Type/XObject>>stream\n\nendstream"
)
_END = re.compile(rb"trailer\s*(<<.*)>>\s*startxref\s+(\d+)\s+%%EOF\s*\Z", re.DOTALL)


def without_unknown_ink(document: pdfium.PdfDocument) -> bytes:
    """Write a document without what may show anything and has no text that can be searched.

    Tiling patterns, shadings that may be pictures and Type 3 glyphs are not drawn any more, and the groups
    of soft masks are empty (ISO 32000-1, 11.6.5.3), wherever they stand.

    Raises:
        PdfiumError: It cannot be written.
    """
    buffer = io.BytesIO()
    document.save(buffer, flags=raw.FPDF_REMOVE_SECURITY)
    content = _UNKNOWN_INK.sub(b"/Z", buffer.getvalue())
    groups = [
        n for n in sorted({*map(int, _MASK_GROUP.findall(content))}) if re.search(_MAY_BE_STREAM % n, content)
    ]
    if not groups:
        return content
    end = _END.search(content, content.rfind(b"trailer"))
    if not end:
        raise pdfium.PdfiumError("its soft masks cannot be left out")
    table = b"xref\n"
    for number in groups:
        table += b"%d 1\n%010d 00000 n \n" % (number, len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, _EMPTY_GROUP)
    trailer = b"trailer\n%s/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (end[1], end[2], len(content))
    return content + table + trailer


def _placed(
    count: int, give: Callable[[int], raw.FPDF_PAGEOBJECT], matrix: pdfium.PdfMatrix
) -> Iterator[tuple[raw.FPDF_PAGEOBJECT, tuple[float, ...]]]:
    """Give pictures with their left, bottom, right and top in the page's own coordinates."""
    for number in range(max(0, count)):
        thing = give(number)
        kind = raw.FPDFPageObj_GetType(thing)
        if kind == raw.FPDF_PAGEOBJ_FORM:
            own = raw.FS_MATRIX()
            raw.FPDFPageObj_GetMatrix(thing, own)
            inner = pdfium.PdfMatrix.from_raw(own).multiply(matrix)
            yield from _placed(
                raw.FPDFFormObj_CountObjects(thing),
                lambda number, form=thing: raw.FPDFFormObj_GetObject(form, number),  # type: ignore[misc]
                inner,
            )
        elif kind == raw.FPDF_PAGEOBJ_IMAGE and (edges := bounds(thing)):
            yield thing, matrix.on_rect(*edges)


_FONT = zlib.decompress(
    b85decode(
        "c-oavu}Z^G6g@YI)k@VxM8P45gM%nIh=ZV@I4V>MZuL>0$&jR>X`yb84i5bgcO4uY6+c1;2S1>?)|1y)p;ZUZ<KEnJxH&m_5"
        "CD_7gbV-Zczt94Wv>Is3f0qEtWuP4Kz>cW8blZ8Fp&Gag<73e=XPH?->^1A3ht7uaeiYhhjFtlU9*41=0)|IvhUyJJXY-#4i"
        "994+)q@jKc5$G$sfpDX+3K)7vXH>e#o=3^wUYPI<x%&*L}y|aC7JW=Sch>J^E?-$`EAWZQ=ZMldg0y1`q$l4q+`!2G_^q$cq"
        "1+%rUuvS#~i`5A#MhiF!R#!|4k+w2E*Z{Dp&YGO-&4<11c~N(obTb})?vI~Q`jl4M#ZWgWC4)j$OaGH9LzW%d9qL{Mn_enX="
        "-iZ3zfJDd"
    )
)
"""A TrueType font of one glyph, empty and half an em wide; written with fontTools."""
_ADVANCE = 0.5
_ASCENT = 0.8
_CODES = 0x10000
_SURROGATES = range(0xD8, 0xE0)
_RANGES_A_BLOCK = 100
_SEEN_FONT = b"Helvetica"
_SEEN_SIZE = 0.72
"""Size of a text that is seen, in heights of its box."""
_MOST_SEEN_SIZE = 11.0
_SEEN_INSET = 1.0
_RIGHT_TO_LEFT = frozenset(("R", "AL"))
_FILE_ID = re.compile(rb"/ID\[<([0-9A-F]{32})><\1>\]")
_INFORMATION = re.compile(rb"<<(/CreationDate\([^()]*\)/Creator\(PDFium\)(?:/Producer\(PDFium\))?)>>")
_EPOCH = CFUNCTYPE(c_long)(lambda: 0)


class Placed(NamedTuple):
    """A text and its rectangle, in points from the top left of the page.

    Attributes:
        added: It does not come from the page.
        seen: It is drawn, not laid under the picture.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    added: bool = False
    seen: bool = False

    def holds_middle(self, other: Placed) -> bool:
        """Tell whether the middle of another lies in it."""
        x, y = (other.x0 + other.x1) / 2, (other.y0 + other.y1) / 2
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1


def layered_page(size: tuple[float, float], picture: NDArray[np.uint8], texts: Sequence[Placed]) -> bytes:
    """Write a PDF of one page.

    Args:
        size: Width and height in points.
        picture: What fills it: [height, width] in shades of grey, or [height, width, 3] in blue, green and
            red.
        texts: What stands on it, in the order of reading. What is seen is drawn in Latin letters, and
            narrowed where it is too wide for its rectangle.
    """
    set_time()
    with closing(pdfium.PdfDocument.new()) as document:
        page = document.new_page(*size)
        _insert_picture(document, page, size, picture)
        _insert_texts(document, page, size[1], texts)
        page.gen_content()
        return saved(document)


def set_time() -> None:
    """Let pdfium take it for 1970, so that a new document does not say when it was made."""
    raw.FSDK_SetTimeFunction(cast(_EPOCH, raw.FSDK_SetTimeFunction.argtypes[0]))


def saved(document: pdfium.PdfDocument) -> bytes:
    """Write a document, the same bytes for the same content: no metadata, its identifier from its content."""
    buffer = io.BytesIO()
    document.save(buffer)
    content = _FILE_ID.sub(b"/ID[<%s><%s>]" % ((b"0" * 32,) * 2), buffer.getvalue())
    content = _INFORMATION.sub(lambda match: b"<<%s>>" % (b" " * len(match[1])), content)
    digest = sha256(content).hexdigest()[:32].upper().encode()
    return content.replace(b"/ID[<%s><%s>]" % ((b"0" * 32,) * 2), b"/ID[<%s><%s>]" % (digest, digest))


def _insert_picture(
    document: pdfium.PdfDocument, page: pdfium.PdfPage, size: tuple[float, float], picture: NDArray[np.uint8]
) -> None:
    kind = raw.FPDFBitmap_Gray if picture.ndim == 2 else raw.FPDFBitmap_BGR
    with closing(pdfium.PdfBitmap.new_native(picture.shape[1], picture.shape[0], kind)) as bitmap:
        bitmap.to_numpy().reshape(picture.shape)[:] = picture
        image = pdfium.PdfImage.new(document)
        image.set_bitmap(bitmap)
        image.set_matrix(pdfium.PdfMatrix().scale(*size))
        page.insert_obj(image)


def _insert_texts(
    document: pdfium.PdfDocument, page: pdfium.PdfPage, height: float, texts: Sequence[Placed]
) -> None:
    font_data, glyphs = (c_uint8 * len(_FONT)).from_buffer_copy(_FONT), (c_uint8 * (2 * _CODES))()
    letters = "".join(placed.text for placed in texts)
    font = raw.FPDFText_LoadCidType2Font(
        document, font_data, len(_FONT), _to_unicode(letters), glyphs, 2 * _CODES
    )
    if not font:
        raise pdfium.PdfiumError("the font of unseen text was not taken")
    try:
        for placed, following in zip(texts, [*texts[1:], None], strict=False):
            if placed.seen:
                _insert_seen(document, page, height, placed)
            else:
                _insert_unseen(document, page, font, height, placed, following)
    finally:
        raw.FPDFFont_Close(font)


def _insert_unseen(
    document: pdfium.PdfDocument,
    page: pdfium.PdfPage,
    font: raw.FPDF_FONT,
    height: float,
    placed: Placed,
    following: Placed | None,
) -> None:
    text, right = _with_space(placed, following)
    codes = [code if (code := ord(char)) < _CODES else 0xFFFD for char in _in_visual_order(text)]
    thing = raw.FPDFPageObj_CreateTextObj(document, font, 1.0)
    raw.FPDFText_SetCharcodes(thing, (c_uint32 * len(codes))(*codes), len(codes))
    raw.FPDFTextObj_SetTextRenderMode(thing, raw.FPDF_TEXTRENDERMODE_INVISIBLE)
    width, tall = right - placed.x0, placed.y1 - placed.y0
    base = height - placed.y1 + (1 - _ASCENT) * tall
    raw.FPDFPageObj_Transform(thing, width / (len(codes) * _ADVANCE), 0, 0, tall, placed.x0, base)
    raw.FPDFPage_InsertObject(page, thing)


def _with_space(placed: Placed, following: Placed | None) -> tuple[str, float]:
    """Give a word with the space behind it, where another follows on its line, and where both end."""
    tall = placed.y1 - placed.y0
    if following is None or abs(following.y0 - placed.y0) > tall / 2:
        return placed.text, placed.x1
    gap = following.x0 - placed.x1
    return (f"{placed.text} ", following.x0) if 0.1 * tall < gap < 2 * tall else (placed.text, placed.x1)


def _in_visual_order(text: str) -> str:
    """Turn a word that is read from right to left around, as a PDF has it."""
    return text[::-1] if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text) else text


def _insert_seen(document: pdfium.PdfDocument, page: pdfium.PdfPage, height: float, placed: Placed) -> None:
    tall = placed.y1 - placed.y0
    size = min(_MOST_SEEN_SIZE, max(1.0, _SEEN_SIZE * tall))
    thing = raw.FPDFPageObj_NewTextObj(document, _SEEN_FONT, size)
    text = placed.text.encode("cp1252", "replace").decode("cp1252")
    units = (c_ushort * (len(text) + 1))(*map(ord, text), 0)
    raw.FPDFText_SetText(thing, cast(units, POINTER(c_ushort)))
    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    raw.FPDFPageObj_GetBounds(thing, left, bottom, right, top)
    room = max(1.0, placed.x1 - placed.x0 - 2 * _SEEN_INSET)
    narrowed = min(1.0, room / max(1.0, right.value))
    base = height - placed.y1 + (tall - size) / 2 + (1 - _ASCENT) * size
    raw.FPDFPageObj_Transform(thing, narrowed, 0, 0, 1, placed.x0 + _SEEN_INSET, base)
    raw.FPDFPage_InsertObject(page, thing)


def _to_unicode(letters: str) -> bytes:
    """Map each code near those of some letters to the code point of that number (ISO 32000-1, 9.10.3)."""
    high = {0x00, 0xFF, *(ord(letter) >> 8 for letter in letters)} - {*_SURROGATES}
    ranges = [b"<%02x00> <%02xff> <%02x00>" % (n, n, n) for n in sorted(high) if n < 0x100]
    blocks = [ranges[at : at + _RANGES_A_BLOCK] for at in range(0, len(ranges), _RANGES_A_BLOCK)]
    listed = b"".join(
        b"%d beginbfrange\n%s\nendbfrange\n" % (len(block), b"\n".join(block)) for block in blocks
    )
    return (
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        b"/CMapName /Unseen def\n/CMapType 2 def\n"
        b"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n" + listed + b"endcmap\nend\nend\n"
    )
