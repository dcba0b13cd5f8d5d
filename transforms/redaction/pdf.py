"""A PDF rebuilt without what is removed from it: every page a picture, and the text that stays under it.

Nothing of the old file is copied but what a page looks like: no content stream, font, annotation,
attachment, layer, bookmark or metadata. Pictures on it are left out, since nobody knows what they show,
but for those of scanned pages whose text is known. So are tiling patterns, Type 3 glyphs and soft masks;
words of these that are known are drawn anew. What is drawn with lines and areas stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

from docassay.schemas.pages import Frame
from docassay.transforms.formats import Limits, Unusable, ocr, plain
from docassay.transforms.formats.pdf_hidden import is_scan
from docassay.transforms.formats.pdf_page import fields, has_signature, page_frame
from docassay.transforms.isolation.child import Request
from docassay.transforms.isolation.worker import Pool
from docassay.transforms.redaction.layer import (
    Picture,
    Placed,
    are_scan,
    layered_page,
    leave_out,
    pictures_of,
    saved,
    set_time,
    without_unknown_ink,
)
from docassay.transforms.redaction.plans import PagePlan
from docassay.transforms.temporary import lack_of

DPI = 150
MOST_PIXELS = 6_000_000
"""Pixels of a page's picture: A4 at 150 dpi has 2.2 million."""
MOST_SIDE = 20_000

_WHITE = 240
"""Shade from which on a pixel is made white: what is nearly white on white is read by machines alone."""
_GREY = 16
"""Most difference between the colours of a pixel of a page that is kept in shades of grey."""
_CONTRAST = 24
"""Least difference in shade within a word that is seen."""
_CORE = 0.3
"""Share of a word's height, above and below, that is not looked at: a bar over a word may end there."""
_MARGIN = 0.8
"""Points by which a box is painted wider on each side."""
_BLACK, _OUTLINE, _PAPER = 0, 160, 255
_SPARSE_CHARS = 100
_INK = 0.0005
"""Share of dark pixels from which on a page without text shows something."""
_ADVICE = "; with --ocr it is read, where the extra `ocr` is installed"


_SIGNED = "it is signed, and a redacted copy cannot be; print it to a new PDF, and redact that"


def _is_signed(document: pdfium.PdfDocument) -> bool:
    """Tell whether a field of the form's first level is signed; those below are met on their pages."""
    for number in range(raw.FPDF_GetSignatureCount(document)):
        signature = raw.FPDF_GetSignatureObject(document, number)
        if signature and raw.FPDFSignatureObj_GetContents(signature, None, 0):
            return True
    return False


def _rebuild(
    content: bytes, plans: Sequence[PagePlan], recognised: bool, keep_pictures: bool
) -> tuple[bytes, list[dict[str, Any]]]:
    """Rebuild a PDF, page by page; `recognised`: OCR has read its scanned pages, so their text is known."""
    try:
        source = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        raise Unusable("malformed", f"not a readable PDF: {error}") from None
    if _is_signed(source):
        raise Unusable("unsupported_media_type", _SIGNED)
    set_time()
    target = pdfium.PdfDocument.new()
    facts: list[dict[str, Any]] = []
    try:
        if len(source) != len(plans):
            raise Unusable("malformed", f"{len(source):,} pages, of which {len(plans):,} were read")
        with pdfium.PdfDocument(without_unknown_ink(source)) as cleaned:
            for number, plan in enumerate(plans):
                try:
                    if has_signature(source[number]):
                        raise Unusable("unsupported_media_type", _SIGNED)
                    page, found = _rebuilt(
                        source[number], cleaned[number], number, plan, recognised, keep_pictures
                    )
                    with pdfium.PdfDocument(page) as one:
                        target.import_pages(one)
                except pdfium.PdfiumError as error:
                    raise Unusable("malformed", f"page {number + 1} cannot be drawn: {error}") from None
                facts.append(found)
        return saved(target), facts
    except pdfium.PdfiumError as error:
        raise Unusable("malformed", f"it cannot be drawn without what nobody knows: {error}") from None
    finally:
        target.close()
        source.close()


def texts(content: bytes) -> Iterator[str]:
    """Give the text of each page of a PDF, seen or not."""
    with pdfium.PdfDocument(content) as document:
        for page in document:
            textpage = page.get_textpage()
            yield str(textpage.get_text_range(errors="replace"))
            textpage.close()
            page.close()


def pictures(content: bytes) -> Iterator[NDArray[np.uint8]]:
    """Draw each page of a PDF: rows of pixels, of shades of grey or of red, green and blue."""
    with pdfium.PdfDocument(content) as document:
        for page in document:
            yield _drawn(page, _scale(*page.get_size()))
            page.close()


def _rebuilt(
    source: pdfium.PdfPage,
    cleaned: pdfium.PdfPage,
    number: int,
    plan: PagePlan,
    recognised: bool,
    keep_pictures: bool,
) -> tuple[bytes, dict[str, Any]]:
    """Rebuild a page from its source, whose text is known, and the same without ink that nobody knows."""
    with closing(source) as page, closing(cleaned):
        frame = page_frame(page)
        width, height = frame.size
        if not (width > 0 and height > 0):
            raise Unusable("malformed", f"page {number + 1} has no area")
        scale = _scale(width, height)
        whole = _drawn(page, scale)
        _check_known(page, plan, whole, number, recognised)
        picture = _drawn(cleaned, scale)
        ink_left_out = not np.array_equal(whole, picture)
        lost = {
            word
            for word in (plan.words if ink_left_out else ())
            if _is_seen(word, whole, scale) and not _is_seen(word, picture, scale)
        }
        pictures = pictures_of(cleaned, frame)
        left_out: list[Picture] = []
        if pictures and not keep_pictures and not are_scan(pictures, _middles(plan), width * height):
            pictures, left_out = left_out, pictures
            leave_out(left_out)
            picture = _drawn(cleaned, scale)
        filled = list(_fields(page, frame))
        known = {word for word in plan.words if word.added or _is_seen(word, picture, scale)}
        if plan.painted and not plan.blank:
            glyphs = _glyphs(page, frame)
            for box in plan.painted:
                _paint(picture, box, glyphs, scale)
        for thing in left_out:
            _outline(picture, thing, scale)
        if plan.blank:
            picture[:] = _BLACK
        texts, unseen = _texts(plan, known, lost, filled)
        facts = {
            "dpi": round(scale * 72),
            "pictures": round(min(1.0, sum(thing.area for thing in pictures) / (width * height)), 3),
            "pictures_left_out": len(left_out),
            "ink_left_out": ink_left_out,
            "annotations": max(0, raw.FPDFPage_GetAnnotCount(page)),
            "unseen_words": unseen,
            "blank": plan.blank,
            "size": frame.size,
        }
        return layered_page(frame.size, picture, [] if plan.blank else texts), facts


def _texts(
    plan: PagePlan, known: set[Placed], lost: set[Placed], fields: Sequence[Placed]
) -> tuple[list[Placed], int]:
    """Choose the texts of the new page, and count the words of which nothing is seen.

    What was filled into a form, and the words `lost` with ink that was left out, are drawn anew, unless some
    of it is painted over. A word under a bar is left out.
    """
    texts: list[Placed] = []
    unseen = 0
    for word in plan.words:
        if word.added:
            texts.append(word)
        elif any(bar.holds_middle(word) for bar in plan.painted):
            continue
        elif filled := next((one for one in fields if one.holds_middle(word)), None):
            if texts and texts[-1].seen and texts[-1][1:5] == filled[1:5]:
                texts[-1] = texts[-1]._replace(text=f"{texts[-1].text} {word.text}")
            else:
                texts.append(filled._replace(text=word.text, seen=True))
        elif word in known:
            texts.append(word)
        elif word in lost:
            texts.append(word._replace(seen=True))
        else:
            unseen += 1
    return texts, unseen


def _scale(width: float, height: float) -> float:
    most = min(MOST_SIDE / max(width, height), (MOST_PIXELS / max(1.0, width * height)) ** 0.5)
    return min(DPI / 72, float(most))


def _drawn(page: pdfium.PdfPage, scale: float) -> NDArray[np.uint8]:
    """Draw a page without its annotations: [height, width] in grey, or with colours where it has such."""
    with closing(
        page.render(scale=scale, draw_annots=False, may_draw_forms=False, rev_byteorder=False)
    ) as bitmap:
        colours = np.array(bitmap.to_numpy()[:, :, :3])
    least, most = colours.min(axis=2), colours.max(axis=2)
    colours[least >= _WHITE] = _PAPER
    return colours if int((most - least).max(initial=0)) > _GREY else np.ascontiguousarray(colours[:, :, 1])


def _check_known(
    page: pdfium.PdfPage, plan: PagePlan, picture: NDArray[np.uint8], number: int, recognised: bool
) -> None:
    """Refuse a page of which nothing is known but its picture."""
    if recognised or plan.blank:
        return
    text = " ".join(word.text for word in plan.words if not word.added)
    removed = bool(plan.painted)
    if plain.is_garbled(text):
        why = "has fonts that do not say which letters they show"
        raise Unusable("garbled", f"page {number + 1} {why}{_ADVICE}")
    if (len(text) < _SPARSE_CHARS and is_scan(page)) or (
        not (text or removed) and float((picture < _PAPER // 2).mean()) > _INK
    ):
        raise Unusable("no_text", f"page {number + 1} is a picture, and what it shows is not known{_ADVICE}")


def _is_seen(word: Placed, picture: NDArray[np.uint8], scale: float) -> bool:
    """Tell whether there is anything where a word stands: no bar, no blank paper."""
    inset = _CORE * (word.y1 - word.y0) if any(map(str.isalnum, word.text)) else 0.0
    part = _part(picture, word._replace(y0=word.y0 + inset, y1=word.y1 - inset), scale, 0.0)
    return part.size > 0 and int(part.max()) - int(part.min()) >= _CONTRAST


def _part(picture: NDArray[np.uint8], box: Placed, scale: float, margin: float) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    xs = np.clip([(box.x0 - margin) * scale, (box.x1 + margin) * scale + 1], 0, width).astype(int)
    ys = np.clip([(box.y0 - margin) * scale, (box.y1 + margin) * scale + 1], 0, height).astype(int)
    return picture[ys.min() : ys.max(), xs.min() : xs.max()]


def _paint(picture: NDArray[np.uint8], box: Placed, glyphs: NDArray[np.float64], scale: float) -> None:
    """Paint a box over, and over all of each glyph whose middle lies in it: some reach beyond their line."""
    middles_x, middles_y = (glyphs[:, 0] + glyphs[:, 2]) / 2, (glyphs[:, 1] + glyphs[:, 3]) / 2
    inside = (
        (middles_x >= box.x0) & (middles_x <= box.x1) & (middles_y >= box.y0) & (middles_y <= box.y1)
    )  # fmt: skip
    for x0, y0, x1, y1 in glyphs[inside, 4:]:
        _part(picture, Placed("", x0, y0, x1, y1), scale, _MARGIN)[:] = _BLACK if box.seen else _PAPER
    _part(picture, box, scale, _MARGIN)[:] = _BLACK if box.seen else _PAPER


def _outline(picture: NDArray[np.uint8], left_out: Picture, scale: float) -> None:
    x0, y0, x1, y1 = left_out.box
    part = _part(picture, Placed("", x0, y0, x1, y1), scale, 0.0)
    for edge in (part[:1], part[-1:], part[:, :1], part[:, -1:]):
        edge[:] = _OUTLINE


def _middles(plan: PagePlan) -> NDArray[np.float64]:
    """Give the middle of each word of a page, and of each box that is painted over, [words, 2]."""
    boxes = [word[1:5] for word in plan.words if not word.added] + [box[1:5] for box in plan.painted]
    edges = np.array(boxes, np.float64).reshape(-1, 4)
    return (edges[:, :2] + edges[:, 2:]) / 2


def _glyphs(page: pdfium.PdfPage, frame: Frame) -> NDArray[np.float64]:
    """Give for each character its rectangle by its font, and that of what is drawn, [characters, 8]."""
    with closing(page.get_textpage()) as textpage:
        rows = []
        for at in range(max(0, textpage.count_chars())):
            loose, tight = textpage.get_charbox(at, loose=True), textpage.get_charbox(at)
            rows.append((*frame.shown(*loose), *frame.shown(*tight)))
    return np.array(rows, np.float64).reshape(-1, 8)


def _fields(page: pdfium.PdfPage, frame: Frame) -> Iterator[Placed]:
    """Give the rectangles of what was filled into a form, which the picture is without."""
    places = bytearray()
    list(fields(page, places))
    rectangles = (raw.FS_RECTF * (len(places) // 16)).from_buffer_copy(places) if places else ()
    for box in rectangles:
        x0, y0, x1, y1 = frame.shown(box.left, box.bottom, box.right, box.top)
        yield Placed("", x0, y0, x1, y1)


_FUNCTION = "docassay.transforms.redaction.pdf:rebuild_request"
_SECONDS_A_PAGE = 2.0
_SECONDS_OF_OCR = 20.0


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A PDF that was rebuilt.

    Attributes:
        content: Its bytes.
        pages: Of each page `dpi` (of its picture), `pictures` (share of it that pictures cover which stay),
            `pictures_left_out`, `ink_left_out` (patterns, Type 3 glyphs or soft masks were), `annotations`
            (that were left out), `unseen_words` (left out, since nothing is seen where they stand), `blank`
            (it was painted over as a whole) and `size` (in points).
        texts: The text of each page of the new file, as it is read again.
        recognised: What OCR reads on each page of the new file; empty without OCR.
    """

    content: bytes
    pages: tuple[dict[str, Any], ...]
    texts: tuple[str, ...]
    recognised: tuple[str, ...]


def rebuild(content: bytes, plans: Sequence[PagePlan], keep_pictures: bool, limits: Limits) -> Rebuilt:
    """Rebuild a PDF by the plans of its pages, in a worker that has seen no other document.

    With `keep_pictures` pictures stay that no text lies on, though nobody knows what they show. To the
    seconds of `limits`, which are those of a document, some are added for each page.

    Raises:
        Unusable: It cannot be rebuilt: the reason and the detail of its reject.
        RunError: The machine lacks something.
    """
    seconds = limits.seconds + (_SECONDS_A_PAGE + (_SECONDS_OF_OCR if limits.ocr else 0.0)) * len(plans)
    try:
        with Pool(_FUNCTION, replace(limits, seconds=seconds)) as pool:
            return pool.run((content, plans, keep_pictures), _read)
    except Unusable as unusable:
        late = f"it could not be rebuilt in {seconds:g} s"
        detail = late if unusable.reason == "timeout" else unusable.detail
        raise Unusable(unusable.reason, detail) from None


def _read(response: Any) -> Rebuilt:
    content, pages, texts, recognised = response
    if not (isinstance(content, bytes) and isinstance(pages, tuple)):
        raise ValueError("no file, or nothing of its pages")
    return Rebuilt(content, pages, texts, recognised)


def rebuild_request(request: Request) -> Any:
    """Rebuild the PDF of a request, and read the new one; runs in a worker.

    Raises:
        Unusable: It cannot be rebuilt; no word of the document is in the detail.
    """
    content, listed, keep_pictures = request.asked
    is_read = request.limits.ocr
    plans = [
        PagePlan([Placed(*box) for box in painted], [Placed(*word) for word in words], blank)
        for painted, words, blank in listed
    ]
    try:
        rebuilt, facts = _rebuild(content, plans, is_read, keep_pictures)
        recognised = [ocr.recognise(picture).text for picture in (pictures(rebuilt) if is_read else ())]
        return rebuilt, facts, list(texts(rebuilt)), recognised
    except (Unusable, MemoryError):
        raise
    except Exception as error:
        if lack_of(error):
            raise
        raise Unusable("crashed", f"it could not be rebuilt: {type(error).__name__}") from None
