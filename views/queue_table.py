"""The documents that a filter shows, as rows: each sign, open check, decision and note is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from docassay.storage.decisions.on_documents import is_on_document
from docassay.storage.decisions.words import word_of
from docassay.views.query import BATCH_ROWS, Answer, connect, retried

_ROWS = """
select i.* exclude (section) from review_items i join shown s on s.doc_id = i.doc_id
order by s.place, i.section, i.start_char nulls last, i.code, i.decided_at
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that are worked out while they are read; `decision` is in people's words."""

    answer: Answer

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        return self.answer.schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, some at a time; raises what `Answer.batches` does."""
        at = self.schema.get_field_index("decision")
        for batch in self.answer.batches():
            if batch["decision"].null_count < len(batch):
                rows = batch.select(
                    ["object", "code", "verdict", "decision", "corrected_label", "decided_by"]
                )
                words = pa.array(map(_word, rows.to_pylist()), pa.string())
                batch = batch.set_column(at, self.schema.field(at), words)
            yield batch


def table_of(out: str, doc_ids: Sequence[str], memory: int, spill: str, eyes: int = 1) -> Rows:
    """Ask for the rows of some documents, in their order.

    Args:
        out: The output folder.
        doc_ids: The documents.
        memory: Bytes that DuckDB may take.
        spill: A folder for what does not fit into memory.
        eyes: So many reviewers must agree before a decision counts.

    Raises:
        TablesError: The folder holds no tables, or damaged ones.
        RunError: It takes too much memory.
    """
    shown = pa.table(
        {"doc_id": pa.array(doc_ids, pa.string()), "place": pa.array(range(len(doc_ids)), pa.int64())}
    )

    def ask() -> Answer:
        connection = connect(out, None, memory, spill, _ROWS, eyes)
        connection.register("shown", shown)
        return Answer(connection, connection.execute(_ROWS).to_arrow_reader(BATCH_ROWS), out)

    return Rows(retried(out, ask))


def _word(row: Mapping[str, Any]) -> str | None:
    if row["decision"] is None or is_on_document(row):
        return row["decision"] and str(row["decision"])
    return word_of(row["object"], row["decision"], row["verdict"], row["corrected_label"], row["decided_by"])
