"""Measure the order of the queue of `docassay review`: whether what wants a look comes first.

    python -m research.benchmarks.queue_order [--data ../shared/data/real] [--tables FOLDER]

AUROC: how often, of a document that wants a look and one that does not, the first stands before the second.
What wants a look is fraud, as the manifest says, among all documents; and among those of whose signs of fraud
and open checks people have judged some (`judged/`), the documents of which they found one right. A fraud of
which the rows that were judged are wrong wants a look all the same, so a third figure leaves it out; a fourth
counts rows alone that the rules give today.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path

from docassay.views.review.snapshot import Snapshot
from research.benchmarks import report
from research.benchmarks.real import (
    DATA,
    JUDGED,
    Outcome,
    expectations,
    outcomes,
    read_tsv,
    rows_of,
    tables_of,
)

TARGET = "≥ .75"


def auroc(wanted: list[int], others: list[int]) -> float:
    """Give the share of pairs in which what is wanted has the smaller position.

    >>> auroc([0, 1, 5], [2, 3, 4])
    0.6666666666666666
    """
    order = sorted([(position, True) for position in wanted] + [(position, False) for position in others])
    before = pairs = 0
    for _, is_wanted in order:
        if is_wanted:
            before += 1
        else:
            pairs += before
    return pairs / (len(wanted) * len(others))


def by_manifest(data: Path, tables: Path, place: Mapping[str, int]) -> tuple[list[int], list[int]]:
    """Give the positions of fraud and of the other documents; a document's attachments count for it."""
    expected = expectations(data)
    found = outcomes(tables, [one.file for one in expected])
    fraud: list[int] = []
    others: list[int] = []
    for one in expected:
        outcome = found.get(one.file, Outcome())
        if outcome.document is None:
            continue
        ids = {outcome.document["doc_id"], *(row["doc_id"] for row in outcome.flags)}
        position = min(place[doc_id] for doc_id in ids if doc_id in place)
        (fraud if one.fraud else others).append(position)
    return fraud, others


def fraud_ids(data: Path, tables: Path) -> set[str]:
    """List the documents that are fraud, as the manifest says, and their attachments."""
    frauds = [one.file for one in expectations(data) if one.fraud]
    found = [one for one in outcomes(tables, frauds).values() if one.document is not None]
    return {row["doc_id"] for one in found if one.document for row in (one.document, *one.flags)}


def still_found(tables: Path) -> set[tuple[str, str, str]]:
    """List what the tables say, as the judgements name it: document, name, first character."""
    return {
        (row["doc_id"], row[name], "" if row["start_char"] is None else str(row["start_char"]))
        for table, name in (("flags", "code"), ("findings", "check_id"))
        for row in rows_of(tables, table)
    }


def by_judgements(
    place: Mapping[str, int],
    wanted_anyhow: Collection[str] = (),
    found: Collection[tuple[str, str, str]] | None = None,
) -> tuple[list[int], list[int]]:
    """Give the positions of documents with something judged right, and of those with nothing such.

    Args:
        place: The position of each document.
        wanted_anyhow: Documents that are none of the latter.
        found: What counts of what was judged; None: all.
    """
    right: dict[str, bool] = defaultdict(bool)
    for path in sorted(JUDGED.glob("round-*.tsv")):
        for row in read_tsv(path):
            is_open = row["table_name"] == "flags" or row["verdict"] in ("fail", "review")
            named = (row["doc_id"], row["name"], row["start_char"])
            if is_open and row["doc_id"] in place and (found is None or named in found):
                right[row["doc_id"]] |= row["judged"] == "right"
    return (
        [place[doc_id] for doc_id, is_right in right.items() if is_right],
        [place[doc_id] for doc_id, is_right in right.items() if not is_right and doc_id not in wanted_anyhow],
    )


def main() -> None:
    """Read every document, order the queue, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.queue_order",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--tables", type=Path, help="the tables of a run that has been; else all is read now")
    options = parser.parse_args()
    with tables_of(options.data, options.tables) as tables:
        place = Snapshot(str(tables)).place
        fraud = fraud_ids(options.data, tables)
        figures, details = [], {}
        for what, (wanted, others) in (
            ("fraud before other documents", by_manifest(options.data, tables, place)),
            ("judged right before judged wrong or useless", by_judgements(place)),
            ("the same, without fraud among the latter", by_judgements(place, fraud)),
            ("the same, counting only what is still found", by_judgements(place, fraud, still_found(tables))),
        ):
            figures.append(report.figure(f"{what}: AUROC", f"{auroc(wanted, others):.3f}", TARGET))
            details[what] = {"wanted": len(wanted), "others": len(others)}
    report.save("queue_order", figures, details)


if __name__ == "__main__":
    main()
