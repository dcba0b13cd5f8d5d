"""Texts printed to PDF: by ReportLab in six forms, by Chromium and LibreOffice where they are."""

from __future__ import annotations

import html
import io
import re
import shutil
import subprocess
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

from reportlab.lib.pagesizes import A4, letter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

_UNPRINTED = re.compile(r"[\x00-\x08\x0b-\x1f\u200b\ufeff]")
_VERA = "Vera"


def plain(text: str) -> bytes:
    """Print lines in Helvetica."""
    return _printed(text, size=10.5, chars=92)


def columns(text: str) -> bytes:
    """Print two columns of small type."""
    return _printed(text, size=7.5, chars=58, columns=2)


def embedded(text: str) -> bytes:
    """Print in an embedded font, with tight lines."""
    if _VERA not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(_VERA, "Vera.ttf"))
    return _printed(text, font=_VERA, size=9, chars=84, leading=1.08)


def turned(text: str) -> bytes:
    """Print a page that is shown turned by 90 degrees, so that it stands upright, with a coloured head."""
    return _printed(text, size=10, chars=88, rotated=True, upright=True)


def lying(text: str) -> bytes:
    """Print a page that is shown turned by 90 degrees, so that its lines lie on their side."""
    return _printed(text, size=10, chars=120, rotated=True)


def form(text: str) -> bytes:
    """Print in Courier in boxes, with annotations and metadata that repeat the first lines."""
    return _printed(text, font="Courier", size=9, chars=84, noted=True)


PRINTERS: dict[str, Callable[[str], bytes]] = {
    "plain": plain,
    "columns": columns,
    "embedded": embedded,
    "turned": turned,
    "lying": lying,
    "form": form,
}


def by_chromium(text: str) -> bytes:
    """Print a page of HTML with a letterhead and a table.

    Raises:
        RuntimeError: Chromium is not there, or fails.
    """
    paragraphs = "".join(
        f"<p>{html.escape(part)}</p>"
        if n % 3
        else f"<table border=1><tr><td>{html.escape(part)}</td></tr></table>"
        for n, part in enumerate(text.split("\n\n"), start=1)
    ).replace("\n", "<br>")
    style = "body{font:11pt serif;text-align:justify}p:first-letter{font-size:115%}td{font-family:sans-serif}"
    page = f"<meta charset=utf-8><title>x</title><style>{style}</style>{paragraphs}"
    return _by_program("page.html", page, lambda folder: [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
        f"--user-data-dir={folder}/profile", f"--print-to-pdf={folder}/page.pdf", f"{folder}/page.html",
    ])  # fmt: skip


def by_libreoffice(text: str) -> bytes:
    """Print a text file.

    Raises:
        RuntimeError: LibreOffice is not there, or fails.
    """
    return _by_program("page.txt", text, lambda folder: [
        "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf",
        "--outdir", folder, f"{folder}/page.txt",
    ])  # fmt: skip


PROGRAMS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "chromium": ("chromium", by_chromium),
    "libreoffice": ("soffice", by_libreoffice),
}


def _by_program(name: str, content: str, command: Callable[[str], list[str]]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(content, "utf-8")
        words = command(folder)
        if shutil.which(words[0]) is None:
            raise RuntimeError(f"{words[0]} is not installed")
        done = subprocess.run(words, capture_output=True, timeout=120, check=False)
        printed = Path(folder) / "page.pdf"
        if not printed.is_file():
            raise RuntimeError(done.stderr.decode("utf-8", "replace")[-300:])
        return printed.read_bytes()


def _printed(
    text: str,
    font: str = "Helvetica",
    size: float = 10,
    chars: int = 90,
    leading: float = 1.25,
    columns: int = 1,
    rotated: bool = False,
    upright: bool = False,
    noted: bool = False,
) -> bytes:
    buffer = io.BytesIO()
    width, height = letter if noted else A4
    canvas = Canvas(buffer, pagesize=(width, height), invariant=1)
    if rotated and not upright:
        width, height = height, width
    lines = list(_lines(text, chars))
    if noted:
        canvas.setTitle(lines[0])
        canvas.setAuthor(" ".join(lines[:3]))
    per_column = int((height - 130) / (size * leading))
    for at in range(0, len(lines), per_column * columns):
        if rotated:
            canvas.setPageRotation(90)
            canvas.setCropBox((20, 15, A4[1] - 10, A4[0] - 25))
        if upright:
            canvas.translate(A4[1], 0)
            canvas.rotate(90)
            canvas.setFillColorRGB(0.8, 0.88, 0.97)
            canvas.rect(40, height - 60, width - 80, 20, fill=1, stroke=0)
            canvas.setFillColorRGB(0, 0, 0)
        canvas.setFont(font, size)
        for n, line in enumerate(lines[at : at + per_column * columns]):
            column, row = divmod(n, per_column)
            x, y = 54 + column * (width - 80) / columns, height - 72 - row * size * leading
            canvas.drawString(x, y, line)
            if noted and row % 4 == 0 and line:
                canvas.rect(x - 3, y - 3, width - 100, size + 4, fill=0)
        if noted:
            canvas.textAnnotation(lines[min(at + 1, len(lines) - 1)], (100, 700, 150, 720))
            canvas.bookmarkPage(f"p{at}")
            canvas.addOutlineEntry(lines[at] or "-", f"p{at}", 0)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _lines(text: str, chars: int) -> Iterator[str]:
    for line in _UNPRINTED.sub("", text).replace("\t", "    ").split("\n"):
        yield from textwrap.wrap(line, chars, break_on_hyphens=False) or [""]
