"""Place: say of every row with offsets on which page its slice of the text stands, and where on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from docassay.schemas.pages import Pages
from docassay.schemas.rows import Entity, Finding, Flag, Result, Segment

Row = TypeVar("Row", Segment, Entity, Flag, Finding)


def place(result: Result, pages: Pages | None) -> Result:
    """Fill `page` and `boxes` of a document's rows; without pages they stay null.

    A slice that stands on several pages is of the first, and its boxes name each.
    """
    if pages is None:
        return result
    return replace(
        result,
        segments=_placed(result.segments, result.text, pages),
        entities=_placed(result.entities, result.text, pages),
        flags=_placed(result.flags, result.text, pages),
        findings=_placed(result.findings, result.text, pages),
    )


def _placed(rows: Iterable[Row], text: str, pages: Pages) -> tuple[Row, ...]:
    return tuple(
        row
        if row.start_char is None or row.end_char is None
        else replace(
            row,
            page=pages.number(row.start_char),
            boxes=pages.boxes(text, row.start_char, row.end_char) or None,
        )
        for row in rows
    )
