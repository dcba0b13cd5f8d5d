"""The pages of a document as pictures with its evidence drawn on them, for HTML; and the notes of a PDF."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape

from docassay.observe.sanitize import line
from docassay.schemas.errors import RunError
from docassay.schemas.pages import Box
from docassay.schemas.rows import Finding, Flag, Result, Severity
from docassay.transforms.drawing import NoteOf, Picture, annotate, draw
from docassay.transforms.formats import Limits
from docassay.views.explain import Mark, chance, marks, name, reliability

FEW = 6
"""A document with so many pages or fewer is shown whole; of others, the pages with evidence."""

MOST = 40
"""Pages that are drawn of a document."""

_LINE_HEIGHT = 8.0
"""Points within which numbers of evidence stand beside each other."""

STYLE = """
.sheet { margin: 0 0 1.25rem; } .sheet figcaption { color: var(--soft); font-size: .85rem; }
.sheet div { position: relative; color-scheme: light; border: 1px solid var(--line); line-height: 0; }
.sheet img { width: 100%; height: auto; }
.sheet div > a { position: absolute; mix-blend-mode: multiply; border-radius: 2px; }
.sheet p { position: absolute; left: .2rem; margin: 0; font: 600 .65rem/1 var(--sans); white-space: nowrap; }
.sheet:target, .sheet a:hover { outline: 2px solid var(--link); }
@media (min-width: 90rem) { body:has(.sheet) { max-width: 120rem; }
  .columns:has(.sheet) { grid-template-columns: minmax(0, 7fr) minmax(0, 6fr) minmax(0, 5fr); } }
@media print { .sheet { break-inside: avoid; } }
"""

_COLOURS: dict[Severity, tuple[int, int, int]] = {
    "critical": (249, 180, 176),
    "high": (255, 207, 156),
    "medium": (251, 231, 154),
    "low": (203, 228, 251),
}
"""Red, green and blue of a highlight, by the severity of what it shows, as in the HTML page."""


def chosen(all_marks: Sequence[Mark], pages: range, full: bool = False) -> list[int]:
    """Choose of the pages of a document those that are drawn: all of a few, else those with evidence."""
    if full or len(pages) <= FEW:
        return list(pages)[:MOST]
    marked = {box.page for mark in all_marks for box in mark.row.boxes or ()}
    return [number for number in sorted(marked) if number in pages][:MOST]


def pictures(result: Result, content: bytes, limits: Limits, full: bool = False) -> Iterator[Picture]:
    """Draw the chosen pages of a document, given the PDF that it is, or is a part of."""
    first, last = result.document.first_page or 1, result.document.last_page

    def choose(pages: int) -> list[int]:
        return chosen(marks(result), range(first, min(pages, last or pages) + 1), full)

    return draw(content, choose, limits)


def marked(results: Sequence[Result], content: bytes | None, limits: Limits) -> bytes:
    """Write the PDF that a document is, or that documents are parts of, with their evidence highlighted.

    Raises:
        RunError: It is no PDF, or its pages cannot be written.
    """
    uri, kind = results[0].uri, results[0].document.media_type
    if content is None:
        raise RunError(f"{uri} is {kind}: only a PDF has pages to mark; --html marks any document")
    written = annotate(content, [note for result in results for note in notes(marks(result))], limits)
    if written is None:
        raise RunError(f"{uri}: its pages cannot be marked; --html marks any document")
    return written


def sheets(drawn: Sequence[Picture], all_marks: Sequence[Mark], prefix: str) -> Iterator[str]:
    """Write the pictures with the evidence drawn on them; each piece leads to its place in the list."""
    for picture in drawn:
        data, page = b64encode(picture.png).decode(), f"page {picture.page}"
        yield f'<figure class="sheet" id="{prefix}p{picture.page}"><figcaption>{page}</figcaption>'
        yield f'<div><img alt="{page}" src="data:image/png;base64,{data}">'
        for mark in all_marks:
            yield from _drawn(mark, picture, prefix)
        yield from _numbers(all_marks, picture, prefix)
        yield "</div></figure>"


def tip(mark: Mark) -> str:
    """Say in a line what a piece of evidence shows, why, and what decided it."""
    row = mark.row
    probability = (
        f", {chance(row.probability)}" if isinstance(row, Flag) and row.probability is not None else ""
    )
    return line(f"{mark.number} {row.severity}: {name(row)}. {row.why} ({row.decided_by}{probability})")


def notes(all_marks: Sequence[Mark]) -> list[NoteOf]:
    """Make the highlight of each piece of evidence that has boxes, with its rule and its source."""
    return [
        (mark.row.boxes, _COLOURS[mark.row.severity], "docassay", _note(mark))
        for mark in all_marks
        if mark.row.boxes
    ]


def _note(mark: Mark) -> str:
    row = mark.row
    verdict = f"{row.verdict}, " if isinstance(row, Finding) else ""
    probability = f", {chance(row.probability)}" if isinstance(row, Flag) and row.probability else ""
    judged = reliability(row)
    said = [
        f"{mark.number}. {name(row)} ({verdict}{row.severity})",
        row.why,
        f"Source: {row.source}",
        f"Decided by: {row.decided_by}{probability}" + (f"; {judged}" if judged else ""),
    ]
    return "\n".join(map(line, said))


def _drawn(mark: Mark, picture: Picture, prefix: str) -> Iterator[str]:
    for box in _on(picture, mark):
        left, right = (100 * x / picture.width for x in (box.x0, box.x1))
        top, bottom = (100 * y / picture.height for y in (box.y0, box.y1))
        place = f"left:{left:.2f}%;top:{top:.2f}%;width:{right - left:.2f}%;height:{bottom - top:.2f}%"
        yield f'<a class="{mark.row.severity}" href="#{prefix}n{mark.number}" title="{escape(tip(mark))}"'
        yield f' style="{place}"></a>'


def _numbers(all_marks: Sequence[Mark], picture: Picture, prefix: str) -> Iterator[str]:
    """Write the numbers of the evidence into the margin, those of a line beside each other."""
    lines: list[tuple[float, list[int]]] = []
    firsts = [(_on(picture, mark)[0].y0, mark.number) for mark in all_marks if _on(picture, mark)]
    for top, number in sorted(firsts):
        if lines and top - lines[-1][0] < _LINE_HEIGHT:
            lines[-1][1].append(number)
        else:
            lines.append((top, [number]))
    for top, numbers in lines:
        links = " ".join(f'<a href="#{prefix}n{number}">{number}</a>' for number in sorted(numbers))
        yield f'<p style="top:{100 * top / picture.height:.2f}%">{links}</p>'


def _on(picture: Picture, mark: Mark) -> list[Box]:
    return [box for box in mark.row.boxes or () if box.page == picture.page]
