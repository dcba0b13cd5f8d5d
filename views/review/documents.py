"""Load a document from the tables, with the items that can be decided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import fields
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from docassay.schemas.pages import Box
from docassay.schemas.rows import TABLES, Result
from docassay.schemas.uris import Uri, local_path, whole_of
from docassay.transforms.formats import Limits
from docassay.transforms.formats.media_types import PDF
from docassay.transforms.read import open_regular
from docassay.views.entries import Entry, Span, spans
from docassay.views.page import Page
from docassay.views.review.ledger import Target, Thing
from docassay.views.review.snapshot import Snapshot
from docassay.views.sheets import pictures
from docassay.views.text_from_rows import text_of

if TYPE_CHECKING:
    from docassay.transforms.isolation.draw import Picture

MOST_BYTES = 200_000_000
"""Maximum size of a source whose pages are drawn."""


class Reviewed:
    """A document of a snapshot."""

    def __init__(self, snapshot: Snapshot, doc_id: str) -> None:
        """Read its rows.

        Raises:
            KeyError: The snapshot has no such document.
        """
        rows = {
            table: snapshot.rows(table, doc_id)
            for table in TABLES
            if table not in ("rejects", "runs", "decisions")
        }
        if not rows["documents"]:
            raise KeyError(doc_id)
        self.snapshot, self.doc_id = snapshot, doc_id
        self.result = result_of(rows)
        self.page = Page(self.result)
        self.spans = spans(self.result, self.page.pieces)
        self.items = dict(self._items(rows))

    def _items(self, rows: dict[str, list[dict[str, Any]]]) -> Iterable[tuple[str, Target]]:
        result, document = self.result, self.result.document

        def target(
            table: str,
            n: int,
            thing: Thing,
            segment: int | None,
            evidence: str | None,
            label: str | None,
            decided_by: str | None,
        ) -> Target:
            run_id = str(rows[table][n]["run_id"])
            return Target(self.doc_id, thing, run_id, segment, evidence, label, decided_by)

        kind = f"{document.domain}.{document.kind}"
        yield "d0", target("documents", 0, Thing("document", "kind", None, None), None, None, kind, None)
        for n, flag in enumerate(result.flags):
            thing = Thing("flag", flag.code, flag.start_char, flag.end_char)
            yield f"f{n}", target("flags", n, thing, None, flag.evidence, None, flag.decided_by)
        for n, row in enumerate(result.findings):
            thing = Thing("finding", row.check_id, row.start_char, row.end_char)
            yield f"c{n}", target("findings", n, thing, None, row.evidence, row.verdict, row.decided_by)
        segments = {segment.segment: segment for segment in result.segments}
        for n, label in enumerate(result.classifications):
            of = segments[label.segment]
            thing = Thing("label", label.task, of.start_char, of.end_char)
            yield (
                f"l{n}",
                target("classifications", n, thing, label.segment, of.text, label.label, label.model),
            )
        for n, entity in enumerate(result.entities):
            thing = Thing("entity", entity.label, entity.start_char, entity.end_char)
            yield (
                f"e{n}",
                target("entities", n, thing, entity.segment, entity.text, entity.label, entity.model),
            )

    @property
    def to_decide(self) -> list[str]:
        """List the items to decide: signs of fraud and open checks, else the kind."""
        listed = [entry.item for entry in self.page.entries if entry.section != "passed"]
        return listed or (["d0"] if self.result.document.status == "review" else [])

    def group(self, item: str) -> list[str]:
        """List the items of the group that an item opens."""
        listed: list[Span | Entry] = [*(self.spans if item.startswith("e") else self.page.entries)]
        at = next((n for n, one in enumerate(listed) if one.item == item), len(listed))
        others = takewhile(lambda one: not one.opens, listed[at + 1 :])
        return [one.item for one in (*listed[at : at + 1], *others)]

    def pictures(self) -> tuple[list[Picture], str]:
        """Draw pages of the source if it is unchanged; else return the reason."""
        document = self.result.document
        if document.media_type != PDF:
            return [], ""
        uri = Uri.parse(whole_of(document.uri) or document.uri)
        path = local_path(uri.file)
        if uri.marks or path is None:
            return [], "Pages are not shown: the document lies within another file or on another machine."
        folder = path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")
        try:
            with open_regular(path if "/" in path else f"./{path}", folder) as file:
                content = file.read(MOST_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return (
                [],
                f"{path} cannot be opened from this folder ({reason}); showing the extracted text only.",
            )
        if len(content) > MOST_BYTES:
            return [], "The file is too large for its pages to be drawn."
        is_part = whole_of(document.uri) is not None
        if hashlib.sha256(content).hexdigest() != (document.parent_id if is_part else self.doc_id):
            return [], "The file has changed since it was read; showing the extracted text only."
        drawn = list(pictures(self.result, content, Limits()))
        return drawn, "" if drawn else "The pages could not be drawn."


def result_of(rows: dict[str, list[dict[str, Any]]]) -> Result:
    """Build a document from its rows; the text is rebuilt from the segments."""
    of = {table: [_row(TABLES[table], row) for row in some] for table, some in rows.items()}
    (document, *_) = of["documents"]
    segments = sorted(of["segments"], key=lambda row: row.segment)
    flags = sorted(of["flags"], key=lambda row: (row.start_char, row.end_char, row.code, row.decided_by))
    order = {id(row): n for n, row in enumerate(of["flags"])}
    rows["flags"][:] = [rows["flags"][order[id(row)]] for row in flags]
    text = text_of(document.chars, [*segments, *flags, *of["findings"], *of["entities"]])
    return Result(
        document,
        text,
        tuple(segments),
        tuple(of["classifications"]),
        tuple(flags),
        tuple(of["findings"]),
        tuple(of["translations"]),
        tuple(of["entities"]),
    )


def _row(made_of: type, row: dict[str, Any]) -> Any:
    values = {field.name: row[field.name] for field in fields(made_of) if field.name in row}
    for name, value in values.items():
        if name == "boxes" and value is not None:
            values[name] = tuple(Box(**box) for box in value)
        elif isinstance(value, list):
            values[name] = tuple(value)
    return made_of(**values)
