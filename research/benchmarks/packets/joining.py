"""Join documents to a packet: `packet(SEED, HELD_BACK, DOCUMENTS)`."""

from __future__ import annotations

import ctypes
import io
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import pypdfium2 as pdfium

from research.benchmarks.packets.halves import is_held_back
from research.benchmarks.packets.printing import Form, choose, printed
from research.benchmarks.packets.sources import MOST_PAGES, PacketDocument

COMPOSITIONS = ("same_kind", "mixed_domains", "mixed_languages", "shuffled")
LOOKS = ("plain", "blank_pages", "scanned_look", "stamped", "bookmarked", "one_printer", "scanned_blank")
FEWEST, MOST = 2, 8
_NOISE = 0.004
"""Share of characters that a scan's recognition gets wrong."""
_CONFUSED = dict(zip("lIO0S5eco1B8rn", "1l0O5Soeel8Bnr", strict=True))


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet.

    Attributes:
        content: The PDF.
        first_pages: The page, from 1, on which each part begins.
        parts: Each part as a PDF of its own.
        pages: Pages of the packet.
    """

    seed: int
    recipe: str
    content: bytes
    first_pages: tuple[int, ...]
    parts: tuple[bytes, ...]
    names: tuple[str, ...]
    pages: int


def recipes(held_back: bool) -> list[tuple[str, str]]:
    """List the recipes of a half: how the parts are chosen, and what is done to them."""
    every = product(COMPOSITIONS, LOOKS)
    return [pair for pair in every if is_held_back(f"recipe {' '.join(pair)}") == held_back]


def packet(seed: int, held_back: bool, documents: Sequence[PacketDocument]) -> Packet:
    """Join the packet of a seed from the documents, recipes and forms of one half."""
    chance = random.Random(f"packet {held_back} {seed}")
    composition, look = chance.choice(recipes(held_back))
    usable = [document for document in documents if document.held_back == held_back]
    count = chance.randint(FEWEST, MOST)
    chosen = chosen_of(chance, composition, count, usable)
    common = choose(chance, held_back)
    parts, names = [], []
    for document in chosen:
        form = common if look == "one_printer" else choose(chance, held_back)
        content = as_pdf(document, form)
        if content is not None:
            parts.append(content)
            names.append(document.name)
    if look.startswith("scanned"):
        parts = [scanned(content, chance) for content in parts]
    blank = look in ("blank_pages", "scanned_blank")
    content, first_pages, pages = _joined(parts, chance, blank, look == "stamped")
    if look == "bookmarked":
        content = _bookmarked(content, first_pages, names)
    return Packet(seed, f"{composition} {look}", content, first_pages, tuple(parts), tuple(names), pages)


def chosen_of(
    chance: random.Random, composition: str, count: int, usable: Sequence[PacketDocument]
) -> list[PacketDocument]:
    """Draw documents; kinds and domains count alike, whatever the number of their documents."""
    by: dict[str, list[PacketDocument]] = defaultdict(list)
    for document in usable:
        key = {"mixed_domains": document.domain, "mixed_languages": document.language}
        by[key.get(composition, document.kind)].append(document)
    keys = sorted(by)
    if composition == "same_kind":
        keys = [chance.choice([key for key in keys if len(by[key]) >= MOST])]
    elif composition == "shuffled":
        keys = chance.sample(keys, min(3, len(keys)))
    drawn = [chance.choice(by[chance.choice(keys)]) for _ in range(count)]
    if composition == "mixed_domains" and len({one.domain for one in drawn}) == 1:
        drawn[-1] = chance.choice(by[chance.choice([key for key in keys if key != drawn[0].domain])])
    return drawn


def as_pdf(document: PacketDocument, form: Form) -> bytes | None:
    """Give a document as a PDF; None for one that is too long, empty, or cannot be opened."""
    if document.pdf is None:
        if form.typeface != "Courier" and len(document.pages) > 1:
            form = replace(form, typeface="Courier", size=min(form.size, 7.0), margin=36.0, numbering="none")
        return printed(document.pages, form, document.language)
    try:
        opened = pdfium.PdfDocument(document.pdf)
    except pdfium.PdfiumError:
        return None
    try:
        if len(opened) > MOST_PAGES or not _has_text(opened):
            return None
        return document.pdf
    finally:
        opened.close()


def _has_text(opened: pdfium.PdfDocument) -> bool:
    """Tell whether its first and its last page have text: where a part begins must be there to be seen."""
    try:
        return all(
            len(opened[n].get_textpage().get_text_bounded().strip()) > 40 for n in (0, len(opened) - 1)
        )
    except pdfium.PdfiumError:
        return False


def _joined(
    parts: Sequence[bytes], chance: random.Random, blank: bool, stamped: bool
) -> tuple[bytes, tuple[int, ...], int]:
    whole, first_pages = pdfium.PdfDocument.new(), []
    for content in parts:
        first_pages.append(len(whole) + 1)
        opened = pdfium.PdfDocument(content)
        whole.import_pages(opened)
        size = opened[0].get_size()
        opened.close()
        if blank and chance.random() < 0.5:
            whole.new_page(*size)
    if stamped:
        _stamp(whole, chance.randrange(1, 9_000))
    buffer = io.BytesIO()
    whole.save(buffer)
    pages = len(whole)
    whole.close()
    return buffer.getvalue(), tuple(first_pages), pages


def _stamp(whole: pdfium.PdfDocument, first: int) -> None:
    """Stamp every page with a number that goes on through the packet, as those who disclose files do."""
    import pypdfium2.raw as raw

    for number in range(len(whole)):
        page = whole[number]
        text = raw.FPDFPageObj_NewTextObj(whole, b"Helvetica", 9.0)
        label = f"PKT{first + number:06d}".encode("utf-16-le") + b"\0\0"
        buffer = ctypes.create_string_buffer(label)
        raw.FPDFText_SetText(text, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)))
        raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, page.get_width() - 90, 14)
        raw.FPDFPage_InsertObject(page, text)
        raw.FPDFPage_GenerateContent(page)
        page.close()


def _bookmarked(content: bytes, first_pages: Sequence[int], names: Sequence[str]) -> bytes:
    """Add a bookmark at each part, named after its file, as programs that join files do."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    for first, name in zip(first_pages, names, strict=True):
        writer.add_outline_item(title=name.rpartition("/")[2], page_number=first - 1)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def scanned(content: bytes, chance: random.Random) -> bytes:
    """Draw each page as a grey picture, and lay what a recogniser might have read under it, unseen."""
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    opened, buffer = pdfium.PdfDocument(content), io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    for page in opened:
        width, height = page.get_size()
        picture = io.BytesIO()
        page.render(scale=0.6, grayscale=True).to_pil().save(picture, "JPEG", quality=35)
        canvas.setPageSize((width, height))
        canvas.drawImage(ImageReader(picture), 0, 0, width, height)
        textpage = page.get_textpage()
        for number in range(textpage.count_rects()):
            left, bottom, _, top = textpage.get_rect(number)
            line = textpage.get_text_bounded(left, bottom, textpage.get_rect(number)[2], top)
            block = canvas.beginText(left, bottom)
            block.setFont("Helvetica", max(4.0, 0.8 * (top - bottom)))
            block.setTextRenderMode(3)
            block.textLine(_misread(" ".join(line.split()), chance))
            canvas.drawText(block)
        canvas.showPage()
    canvas.save()
    opened.close()
    return buffer.getvalue()


def _misread(line: str, chance: random.Random) -> str:
    letters = (_CONFUSED.get(c, c) if chance.random() < _NOISE else c for c in line)
    return "".join(letters).encode("cp1252", "replace").decode("cp1252")
