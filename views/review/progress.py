"""Count the open items of each document."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from docassay.views.review.documents import Reviewed
from docassay.views.review.ledger import Ledger, Target, Thing
from docassay.views.review.snapshot import ALL, DECIDED, Filters, Snapshot


class Progress:
    """The number of open items in each document of a snapshot."""

    def __init__(self, snapshot: Snapshot, ledger: Ledger) -> None:
        """Count; only documents with decisions are read."""
        self.snapshot, self.ledger = snapshot, ledger
        self.left: NDArray[np.int64] = snapshot.items.copy()
        self._lock = threading.Lock()
        self.count(ledger.documents())

    def count(self, doc_ids: Iterable[str], at_hand: Mapping[str, Reviewed] | None = None) -> None:
        """Recount documents with new decisions.

        Args:
            doc_ids: The documents.
            at_hand: Those that need not be read for it.
        """
        targets: dict[str, list[Target]] = {doc_id: [] for doc_id in doc_ids if doc_id in self.snapshot.place}
        unread = []
        for doc_id in targets:
            if at_hand and doc_id in at_hand:
                reviewed = at_hand[doc_id]
                targets[doc_id] = [reviewed.items[item] for item in reviewed.to_decide]
            else:
                unread.append(doc_id)
        for target in self._targets(unread):
            targets[target.doc_id].append(target)
        with self._lock:
            for doc_id, some in targets.items():
                self.left[self.snapshot.place[doc_id]] = [
                    self.ledger.state(one).settled for one in some
                ].count(False)

    def _targets(self, doc_ids: list[str]) -> Iterator[Target]:
        """List the items of documents, in one pass over the tables."""
        if not doc_ids:
            return
        for row in self.snapshot.to_decide(doc_ids):
            thing = Thing(row["object"], row["code"], row["start_char"], row["end_char"])
            yield Target(
                row["doc_id"], thing, row["run_id"], None, row["evidence"], row["label"], row["decided_by"]
            )
        places = np.array([self.snapshot.place[doc_id] for doc_id in doc_ids], dtype=np.int64)
        for row in self.snapshot.taken(places):
            if row["items"] == 1 and not row["signs"] + row["failed"] + row["to_review"]:
                label = f"{row['domain']}.{row['kind']}"
                yield Target(
                    row["doc_id"],
                    Thing("document", "kind", None, None),
                    row["run_id"],
                    None,
                    None,
                    label,
                    None,
                )

    def shown(self, filters: Filters) -> NDArray[np.int64]:
        """Return the positions of the documents that match a filter."""
        positions = self.snapshot.matching(filters)
        if filters.show == ALL:
            return positions
        left = self.left[positions] > 0
        chosen: NDArray[np.int64] = positions[left]
        if filters.show == DECIDED:
            chosen = positions[~left & (self.snapshot.items[positions] > 0)]
        return chosen

    @property
    def totals(self) -> tuple[int, int]:
        """Return the number of decided items and of all."""
        total = int(self.snapshot.items.sum())
        return total - int(self.left.sum()), total
