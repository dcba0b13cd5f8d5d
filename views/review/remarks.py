"""Notes on documents and who looks at each, held in memory beside the decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docassay.storage.decisions.on_documents import NOTE

MINE, UNASSIGNED = "mine", "unassigned"
"""Values of the filter `assigned` beside the names of reviewers."""

NOTED = "note"
"""The value of the filter `verdict` for documents with notes."""

Row = Mapping[str, Any]


class Remarks:
    """Of each document the notes that were not withdrawn, and the latest word on who looks at it.

    Requests read it in threads while another takes rows, so dicts are copied before they are walked through.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._notes: dict[str, dict[str, Row]] = {}
        self._assignments: dict[str, dict[str, Row]] = {}

    def take(self, row: Row) -> None:
        """Take the next row of the chain."""
        of = (self._notes if row["code"] == NOTE else self._assignments).setdefault(row["doc_id"], {})
        if row["outcome"] == "withdrawn":
            of.pop(row["supersedes"], None)
        else:
            of[row["decision_id"]] = row

    def forget(self, row: Row) -> None:
        """Drop a row whose document was forgotten."""
        for of in (self._notes, self._assignments):
            of.get(row["doc_id"], {}).pop(row["decision_id"], None)

    def notes(self, doc_id: str) -> list[Row]:
        """List the notes on a document, the earliest first."""
        return list(self._notes.get(doc_id, {}).values())

    def noted(self) -> list[str]:
        """List the documents that have notes."""
        return [doc_id for doc_id, notes in list(self._notes.items()) if notes]

    def assignment(self, doc_id: str) -> Row | None:
        """Give the row that says who looks at a document."""
        return next(reversed(list(self._assignments.get(doc_id, {}).values())), None)

    def reviewer(self, doc_id: str) -> str:
        """Name who looks at a document; empty where nobody does."""
        row = self.assignment(doc_id)
        return (row["corrected_label"] or "") if row else ""

    def assigned(self, name: str = "") -> list[str]:
        """List the documents at which somebody looks, or this reviewer."""
        return [
            doc_id
            for doc_id in list(self._assignments)
            if (who := self.reviewer(doc_id)) and (not name or who == name)
        ]

    def reviewers(self) -> list[str]:
        """List everybody to whom documents are assigned."""
        return sorted({self.reviewer(doc_id) for doc_id in list(self._assignments)} - {""})
