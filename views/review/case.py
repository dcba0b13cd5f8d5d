"""The case file: the documents of a filter with evidence, facts, decisions and notes, as one HTML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from docassay.storage.decisions.chain import head_of
from docassay.storage.decisions.on_documents import NOTE, is_on_document
from docassay.storage.decisions.words import word_of
from docassay.storage.tables import manifest
from docassay.views import labels
from docassay.views.html import article, closed, environment
from docassay.views.review.app import Review
from docassay.views.review.documents import Reviewed
from docassay.views.review.family import family, with_inside
from docassay.views.review.show import name_of
from docassay.views.review.snapshot import Filters

MOST_DOCUMENTS = 500
"""Documents of a case file, the most pressing; the file says how many more there are."""

MOST_CHARS = 50_000_000
"""Once so many characters are written, no further document is begun; the file says so."""


def write_case(review: Review, filters: Filters, query: str, file: TextIO) -> tuple[int, int]:
    """Write the case file of a filter, document by document, so that memory is bounded.

    Documents that lie in those of the filter, such as the attachments of a mail, follow them.

    Args:
        review: The tables and the decisions.
        filters: The filter.
        query: The query string that states it.
        file: Where it is written.

    Returns:
        How many documents are in it, and how many are left out.
    """
    positions = review.progress.shown(filters)
    snapshot, ledger = review.progress.snapshot, review.ledger
    matching = snapshot.taken(positions[:MOST_DOCUMENTS])
    rows = with_inside(snapshot, matching)
    left_out = len(positions) - len(matching) + len(rows) - len(rows[:MOST_DOCUMENTS])
    del rows[MOST_DOCUMENTS:]
    named = review.progress.headlines([row["doc_id"] for row in rows])
    for row in rows:
        row["name"] = named.get(row["doc_id"]) or name_of(row)
        row["assigned"] = ledger.remarks.reviewer(row["doc_id"])
    histories = ledger.histories({row["doc_id"] for row in rows})
    written = inside = 0

    def documents() -> Iterator[dict[str, Any]]:
        nonlocal inside
        for n, row in enumerate(rows, 1):
            if n > 1 and written > MOST_CHARS:
                return
            inside = n
            reviewed = Reviewed(snapshot, row["doc_id"])
            reviewed.take(ledger)
            relatives, same = family(snapshot, reviewed.result)
            yield {
                "row": row,
                "explained": article(reviewed.page, f"d{n}-"),
                "states": {
                    entry.item: ledger.state(reviewed.items[entry.item]) for entry in reviewed.page.entries
                },
                "history": list(map(_told, histories.get(row["doc_id"], ()))),
                "relatives": relatives,
                "same": same,
            }

    pieces = (
        environment()
        .get_template("case.html")
        .generate(
            out=snapshot.out,
            query=query,
            rows=rows,
            more=left_out,
            lying_in=sum("lies_in" in row for row in rows),
            places={row["doc_id"]: n for n, row in enumerate(rows, 1)},
            now=datetime.now(UTC),
            reviewer=ledger.reviewer,
            head=head_of(snapshot.out, manifest.current(snapshot.out)),
            counted=labels.counted,
            documents=documents(),
            missing=lambda: len(rows) - inside,
            hint="",
            **closed(),
        )
    )
    for piece in pieces:
        file.write(piece)
        written += len(piece)
    return inside, left_out + len(rows) - inside


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """Put a row of the chain into words."""
    if is_on_document(row) and row["code"] == NOTE:
        what, said = "Note", "noted"
    elif is_on_document(row):
        what, said = "Assigned to", row["corrected_label"] or "nobody"
    else:
        word = word_of(row["object"], row["outcome"], row["label"], row["corrected_label"], row["decided_by"])
        is_rule = row["object"] in ("flag", "finding")
        what = labels.rule_title(row["code"]) if is_rule else labels.title(row["code"])
        said = labels.WORDS.get(word, word)
        if row["corrected_label"] and word in ("wrong", "corrected"):
            said += f": {row['corrected_label']}"
    return {**row, "what": what, "said": said, "words": (row["reason"] or "").splitlines()}
