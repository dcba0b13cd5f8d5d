"""The pages of a document: which are drawn as pictures, and the notes of a PDF with its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docassay.observe.sanitize import line
from docassay.schemas.errors import RunError
from docassay.schemas.rows import Finding, Flag, Result, Severity
from docassay.transforms.drawing import NoteOf, Picture, annotate, draw
from docassay.transforms.formats import Limits
from docassay.views.explain import Mark, chance, marks, name, reliability

FEW = 6
"""A document with so many pages or fewer is shown whole; of others, the pages with evidence."""

MOST = 40
"""Pages that are drawn of a document."""

_COLOURS: dict[Severity, tuple[int, int, int]] = {
    "critical": (249, 180, 176),
    "high": (255, 207, 156),
    "medium": (251, 231, 154),
    "low": (203, 228, 251),
}
"""Red, green and blue of a highlight, by the severity of what it shows, as in the HTML page."""


def chosen(all_marks: Sequence[Mark], pages: int, full: bool = False) -> list[int]:
    """Choose the pages of a document that are drawn: all of a few, else those with evidence."""
    if full or pages <= FEW:
        return list(range(1, pages + 1))[:MOST]
    marked = {box.page for mark in all_marks for box in mark.row.boxes or ()}
    return [number for number in sorted(marked) if number <= pages][:MOST]


def pictures(result: Result, content: bytes, limits: Limits, full: bool = False) -> Iterator[Picture]:
    """Draw the chosen pages of a document, given the PDF that it is of."""
    return draw(content, lambda pages: chosen(marks(result), pages, full), limits)


def marked(result: Result, content: bytes | None, limits: Limits) -> bytes:
    """Write the PDF that a document is of with its evidence highlighted.

    Raises:
        RunError: It is no PDF, or its pages cannot be written.
    """
    if content is None:
        kind = result.document.media_type
        raise RunError(f"{result.uri} is {kind}: only a PDF has pages to mark; --html marks any document")
    written = annotate(content, notes(marks(result)), limits)
    if written is None:
        raise RunError(f"{result.uri}: its pages cannot be marked; --html marks any document")
    return written


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
