"""Draw the pages of a document with its evidence, as pictures or as highlights in a PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docassay.observe.sanitize import line
from docassay.schemas.errors import RunError
from docassay.schemas.pages import Box
from docassay.schemas.rows import Finding, Flag, Result, Severity
from docassay.transforms.formats import Limits
from docassay.views import labels
from docassay.views.explain import Mark, chance, marks, name, reliability, severest
from docassay.views.facts import chosen as counting

if TYPE_CHECKING:
    from docassay.transforms.isolation.draw import NoteOf, Picture

FEW = 6
"""Documents up to this many pages are drawn in full; of longer ones, the pages with evidence."""

MOST = 40
"""Maximum number of pages drawn of a document."""

_LINE_HEIGHT = 8.0
"""Numbers of evidence closer than this, in points, share a line."""

_COLOURS: dict[Severity, tuple[int, int, int]] = {
    "critical": (249, 180, 176),
    "high": (255, 207, 156),
    "medium": (251, 231, 154),
    "low": (203, 228, 251),
}
"""Red, green and blue of a highlight, by the severity of what it shows, as in the HTML page."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle on a page, in points, with its tooltip."""

    number: int
    shade: str
    tip: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Outline:
    """A rectangle around a fact or personal data on a page, in points.

    Attributes:
        of: Names the row: ``v3`` is the third fact, ``e3`` the fourth entity.
        shade: ``stated`` or ``personal-data``.
    """

    of: str
    shade: str
    tip: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of a document as a picture, with its evidence.

    Attributes:
        source: Of the picture: an address, or the picture itself as a ``data:`` URI.
        notes: Numbers of evidence for the margin, and how far from the top they stand, in points.
    """

    page: int
    width: float
    height: float
    source: str
    shapes: tuple[Shape, ...]
    notes: tuple[tuple[float, tuple[int, ...]], ...]
    outlines: tuple[Outline, ...] = ()


def chosen(all_marks: Sequence[Mark], pages: range, full: bool = False) -> list[int]:
    """Choose the pages to draw: all of a short document, else those with evidence."""
    if full or len(pages) <= FEW:
        return list(pages)[:MOST]
    marked = {box.page for mark in all_marks for box in mark.row.boxes or ()}
    return [number for number in sorted(marked) if number in pages][:MOST]


def pictures(result: Result, content: bytes, limits: Limits, full: bool = False) -> Iterator[Picture]:
    """Draw the chosen pages of a document, given the PDF that it is, or is a part of."""
    from docassay.transforms.isolation.draw import draw  # imports the parsers

    first, last = result.document.first_page or 1, result.document.last_page
    found = marks(result, passed=True)

    def choose(pages: int) -> list[int]:
        return chosen(found, range(first, min(pages, last or pages) + 1), full)

    return draw(content, choose, limits)


def marked(results: Sequence[Result], content: bytes | None, limits: Limits) -> bytes:
    """Write the PDF that a document is, or that documents are parts of, with their evidence highlighted.

    Raises:
        RunError: It is no PDF, or its pages cannot be written.
    """
    from docassay.transforms.isolation.draw import annotate  # imports the parsers

    uri, kind = results[0].uri, results[0].document.media_type
    if content is None:
        raise RunError(f"{uri} is {kind}: only a PDF has pages to mark; use --html for other documents")
    written = annotate(content, [note for result in results for note in notes(marks(result))], limits)
    if written is None:
        raise RunError(f"{uri}: its pages cannot be marked; use --html instead")
    return written


def outlines(result: Result) -> dict[int, list[Outline]]:
    """Lay out the facts that count and the personal data of a document, by the numbers of the pages."""
    rows: list[tuple[str, str, str, Sequence[Box]]] = [
        (f"v{fact.ordinal + 1}", "stated", labels.title(fact.name), fact.boxes or ())
        for fact in counting(result.facts)
    ]
    rows += [
        (f"e{n}", "personal-data", f"personal data: {labels.title(row.label)}", row.boxes or ())
        for n, row in enumerate(result.entities)
    ]
    found: dict[int, list[Outline]] = {}
    for of, shade, tip, boxes in rows:
        for box in boxes:
            size = round(box.x1 - box.x0, 2), round(box.y1 - box.y0, 2)
            outline = Outline(of, shade, tip, round(box.x0, 2), round(box.y0, 2), *size)
            found.setdefault(box.page, []).append(outline)
    return found


def sheet(
    page: int,
    size: tuple[float, float],
    all_marks: Sequence[Mark],
    source: str,
    more: Sequence[Outline] = (),
) -> Sheet:
    """Lay out a page: the evidence on it as rectangles, and numbers for the margin."""
    shapes, firsts = [], []
    for mark in all_marks:
        boxes = [box for box in mark.row.boxes or () if box.page == page]
        for box in boxes:
            shapes.append(
                Shape(
                    mark.number,
                    shade([mark.row]),
                    tip(mark),
                    round(box.x0, 2),
                    round(box.y0, 2),
                    round(box.x1 - box.x0, 2),
                    round(box.y1 - box.y0, 2),
                )
            )
        if boxes:
            firsts.append((boxes[0].y0, mark.number))
    lines: list[tuple[float, list[int]]] = []
    for top, number in sorted(firsts):
        if lines and top - lines[-1][0] < _LINE_HEIGHT:
            lines[-1][1].append(number)
        else:
            lines.append((top, [number]))
    notes = tuple((round(top, 2), tuple(sorted(numbers))) for top, numbers in lines)
    return Sheet(page, *size, source, tuple(shapes), notes, tuple(more))


def shade(rows: Sequence[Flag | Finding]) -> str:
    """Choose the highlight of a passage by the findings in it."""
    not_passed = [row for row in rows if not (isinstance(row, Finding) and row.verdict == "pass")]
    return severest(not_passed) if not_passed else "passed"


def tip(mark: Mark) -> str:
    """Format the tooltip of a piece of evidence: finding, reason, what decided it."""
    row = mark.row
    grade = labels.VERDICTS[row.verdict] if isinstance(row, Finding) else row.severity
    probability = (
        f", {chance(row.probability)}" if isinstance(row, Flag) and row.probability is not None else ""
    )
    return line(
        f"{mark.number} {grade}: {labels.rule_title(name(row))}. {row.why} ({row.decided_by}{probability})"
    )


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
