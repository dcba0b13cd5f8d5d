"""What people decided on the personal data of files, their parts and attachments, as `redact` follows it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from docassay.schemas.rows import Reject, Source
from docassay.schemas.uris import whole_of
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.redaction.choice import decided, decided_in_parts
from docassay.transforms.redaction.spans import PersonalSpan

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""By `doc_id`, the decisions on its personal data that count."""


class DecidedData:
    """Follows decisions, and counts those that it could not follow. Use `close` at the end."""

    def __init__(self, rows: Rows, limits: Limits, is_ordinary: Callable[[str], bool]) -> None:
        """Take the decisions; a file is cut into its parts only where there are some.

        Args:
            rows: As `read_decided` gives them.
            limits: Of parsing.
            is_ordinary: As `transforms.redaction.spans.settle` takes it.
        """
        self._rows = rows
        self._is_ordinary = is_ordinary
        self._met: set[str | None] = set()
        self._left_out: set[str] = set()
        self._cutter = Parser(replace(limits, parts=True))

    def close(self) -> None:
        """Stop the processes."""
        self._cutter.close()

    def follow(
        self,
        source: Source,
        whole: Document,
        attached: Iterable[Document | Source | Reject],
        spans: Sequence[PersonalSpan],
    ) -> Sequence[PersonalSpan]:
        """Add and leave out what was decided on a file, and on the parts that it is cut into."""
        if not self._rows:
            return spans
        for one in attached:
            if isinstance(one, Source) and one.content is not None:
                self._left_out.add(hashlib.sha256(one.content).hexdigest())
        left = decided(whole.text, spans, self._rows.get(whole.doc_id, ()), self._is_ordinary)
        return decided_in_parts(whole.text, left, self._parts(source, whole), self._is_ordinary)

    def meet(self, doc_id: str | None) -> None:
        """Note that a document was read."""
        self._met.add(doc_id)

    def undecided(self) -> tuple[int, int]:
        """Count the decisions on attachments that were left out, and on documents that were not read."""
        others = {doc_id: len(rows) for doc_id, rows in self._rows.items() if doc_id not in self._met}
        left_out = sum(number for doc_id, number in others.items() if doc_id in self._left_out)
        return left_out, sum(others.values()) - left_out

    def _parts(self, source: Source, whole: Document) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
        for part in self._cutter.parse(source):
            if isinstance(part, Document) and whole_of(part.uri) == source.uri and part.text in whole.text:
                self.meet(part.doc_id)
                yield part.text, self._rows.get(part.doc_id, ())


def read_decided(tables: str) -> dict[str, list[Mapping[str, Any]]]:
    """Read what people decided on personal data, by `doc_id`: of each thing the decision that counts.

    Raises:
        UsageError: They are a catalog's.
        OutputError: There are no tables.
    """
    # The storage takes a quarter of a second to import, and few redact by decisions.
    from docassay.storage.decisions.record import check_tables, current_decisions, rows_of

    check_tables(tables)
    rows: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in current_decisions(rows_of(tables).to_pylist()).values():
        if row["object"] == "entity":
            rows[row["doc_id"]].append(row)
    return dict(rows)
