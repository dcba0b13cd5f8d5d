"""Print a text as a PDF in one of many forms: paper, typeface, margins, headings, numbering of pages."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from research.benchmarks.packets.halves import is_held_back

NUMBERINGS = {
    "none": "",
    "page_of": "{Page} {n} {of} {all}",
    "page": "{Page} {n}",
    "dashes": "- {n} -",
    "number": "{n}",
    "slash": "{n}/{all}",
}
_WORDS = {
    "de": ("Seite", "von"),
    "fr": ("Page", "sur"),
    "es": ("Página", "de"),
    "it": ("Pagina", "di"),
    "nl": ("Pagina", "van"),
    "pt": ("Página", "de"),
}
_FOLDERS = (Path("/usr/share/fonts/truetype/dejavu"), Path("/usr/share/fonts/TTF"))


@dataclass(frozen=True, slots=True)
class Form:
    """How a text is printed.

    Attributes:
        running: What stands at the top of each page: nothing, or the document's first line.
        top: The page's number stands at its top.
        first: The first page has a number.
    """

    paper: tuple[float, float]
    typeface: str
    size: float
    margin: float
    numbering: str
    running: bool
    top: bool
    first: bool

    @property
    def name(self) -> str:
        """Name what is held back of it: all but size and margin."""
        return f"form {self.typeface} {self.numbering} {self.running} {self.top} {self.first}"


def forms(held_back: bool) -> list[Form]:
    """List the forms of a half."""
    papers = ((595.0, 842.0), (612.0, 792.0))
    typefaces = ("Helvetica", "Times-Roman", "Courier", "DejaVuSans", "DejaVuSerif")
    flags = (False, True)
    every = (
        Form(*fields)
        for fields in product(
            papers, typefaces, (8.5, 10.0, 12.0), (45.0, 72.0), NUMBERINGS, flags, flags, flags
        )
    )
    return [form for form in every if is_held_back(form.name) == held_back]


def printed(pages: tuple[str, ...], form: Form, language: str) -> bytes:
    """Set a text; one that has pages of its own keeps them, as far as they fit."""
    from reportlab.lib.utils import simpleSplit
    from reportlab.pdfgen.canvas import Canvas

    typeface = _registered(form.typeface)
    width, height = form.paper
    leading, wide = form.size * 1.25, width - 2 * form.margin
    fit = int((height - 2 * form.margin - 2 * leading) / leading)
    sheets: list[list[str]] = []
    for page in pages:
        lines = [
            part
            for line in page.replace("\t", "    ").split("\n")
            for part in simpleSplit(_drawable(line, typeface), typeface, form.size, wide) or [""]
        ]
        sheets += [lines[start : start + fit] for start in range(0, max(1, len(lines)), fit)]
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=form.paper, invariant=1)
    heading = next((line.strip()[:60] for line in sheets[0] if line.strip()), "")
    for number, lines in enumerate(sheets, start=1):
        canvas.setFont(typeface, form.size)
        if form.running and number > 1:
            canvas.drawString(form.margin, height - form.margin, heading)
        if form.numbering != "none" and (form.first or number > 1):
            label = _label(form.numbering, number, len(sheets), language)
            canvas.drawCentredString(
                width / 2, height - form.margin / 2 if form.top else form.margin / 2, label
            )
        block = canvas.beginText(form.margin, height - form.margin - 2 * leading)
        block.setFont(typeface, form.size, leading)
        block.textLines(lines)
        canvas.drawText(block)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def choose(chance: random.Random, held_back: bool) -> Form:
    """Draw a form of a half."""
    return chance.choice(forms(held_back))


def _label(numbering: str, number: int, count: int, language: str) -> str:
    page, of = _WORDS.get(language, ("Page", "of"))
    return NUMBERINGS[numbering].format(Page=page, of=of, n=number, all=count)


def _registered(typeface: str) -> str:
    """Register a TrueType face where the machine has it; else the nearest that every PDF has."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    if not typeface.startswith("DejaVu") or typeface in pdfmetrics.getRegisteredFontNames():
        return typeface
    for folder in _FOLDERS:
        if (path := folder / f"{typeface}.ttf").is_file():
            pdfmetrics.registerFont(TTFont(typeface, str(path)))
            return typeface
    return "Helvetica" if typeface == "DejaVuSans" else "Times-Roman"


def _drawable(line: str, typeface: str) -> str:
    return line if typeface.startswith("DejaVu") else line.encode("cp1252", "replace").decode("cp1252")
