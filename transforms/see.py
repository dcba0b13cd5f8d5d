"""See: a document's text as a person sees it, for all stages up to `conclude`, which moves its rows back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from docassay.domains.disguise import Shown, shown
from docassay.schemas.facts import Fact
from docassay.schemas.rows import Entity, Finding, Flag, Result, Segment
from docassay.transforms.detect import document_language
from docassay.transforms.document import Document

Row = TypeVar("Row", Segment, Entity, Fact, Flag, Finding)


def see(document: Document) -> Document:
    """Give a document with its text and title as shown, where that is not what is written.

    From here on offsets, also those of its tables, are into the text as shown; its pages keep theirs.
    """
    if document.title and (title := shown(document.title)):
        document = replace(document, title=title[0])
    seen = shown(document.text, lambda text: document_language(text)[0])
    if seen is None:
        return document
    text, way = seen
    return replace(
        document,
        text=text,
        shown=way,
        disguised=way.disguised,
        tables=tuple(table.moved(way.forth) for table in document.tables),
        boundary_candidates=tuple(map(way.forth, document.boundary_candidates)),
    )


def restored(result: Result, way: Shown | None) -> Result:
    """Move the rows of a document to its text as written, from which their words are then."""
    if way is None:
        return result
    return replace(
        result,
        document=replace(result.document, chars=len(way.original)),
        text=way.original,
        segments=_restored(result.segments, way, "text"),
        flags=_restored(result.flags, way, "evidence"),
        findings=_restored(result.findings, way, "evidence"),
        entities=_restored(result.entities, way, "text"),
        facts=_restored(result.facts, way, "value"),
    )


def _restored(rows: Iterable[Row], way: Shown, words: str) -> tuple[Row, ...]:
    moved = []
    for row in rows:
        if row.start_char is not None and row.end_char is not None:
            start, end = way.span_back(row.start_char, row.end_char)
            row = replace(row, start_char=start, end_char=end, **{words: way.original[start:end]})  # type: ignore[arg-type]
        moved.append(row)
    return tuple(moved)
