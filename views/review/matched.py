"""Match decisions with the rows of a few documents, by the shipped views over these rows alone.

So the pages say of a document what queries, `show` and the report say of it: there is one rule for which
decision holds, and one for what a document is after it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from docassay.schemas.arrow import schema
from docassay.schemas.rows import TABLES
from docassay.views.facts import HEADLINE_COLUMNS
from docassay.views.query import rows_of
from docassay.views.shipped_views import definition, select_of, table_view

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

QUEUED = """
select doc_id, uri, title, domain, kind, status, language,
       coalesce(document_date, event_time::date) as own_date, document_date is not null as states_date,
       run_id, filename, decided_status,
       signs, worst_code, telling, failed, to_review, not_sure, passed, first_check,
       to_decide, left_to_decide, severity_rank, decided_risk, failed_rank, amount, review_rank, doubt
from documents_decided
"""
"""What the queue shows of documents, and what it is ordered by."""

_TABLES = ("decisions_current", "decisions_matched", "flags_decided", "findings_decided")
"""Views kept as tables, each made from those before it. Their statements are planned once, which is slow."""

_FILENAME = pa.field("filename", pa.string())


Decisions = Sequence[Mapping[str, Any]]
Rows = Mapping[str, pa.Table]


class Matcher:
    """The shipped views in memory; `eyes` reviewers must agree before a decision counts."""

    def __init__(self, eyes: int = 1) -> None:
        """Take the number of reviewers; the views are made for the first question.

        To register rows imports Arrow's datasets and pandas, which the first page need not wait for.
        """
        self.eyes = eyes
        self._lock = threading.Lock()
        self._rows: Rows | None = None  # of which the tables are
        self._decisions: Decisions | None = None
        self._views: DuckDBPyConnection | None = None
        self._filled: set[str] = set()  # the tables that have rows

    def _open(self) -> DuckDBPyConnection:
        import duckdb

        connection = duckdb.connect(":memory:", config={"threads": "1"})
        connection.execute("set TimeZone = 'UTC'")
        # What is planned once must not rest on what the tables hold then: nothing.
        connection.execute("set disabled_optimizers = 'statistics_propagation'")
        for table in TABLES:
            shape = schema(table).append(_FILENAME) if table == "documents" else schema(table)
            _execute(connection, f"create table {table}_rows as from rows", shape.empty_table())
            connection.execute(table_view(table, f"{table}_rows"))
        connection.execute(
            "create view document_states as select d.*, r.filename, 'current' as state"
            " from documents d join documents_rows r on r.doc_id = d.doc_id"
        )
        for view in _TABLES:
            select = select_of(view, self.eyes)
            connection.execute(f"create table {view} as {select}")
            connection.execute(f"prepare make_{view} as insert into {view} {select}")
        for view in ("documents_decided", "facts_decided", "facts_corrected"):
            connection.execute(definition(view, self.eyes))
        connection.execute(f"prepare queued as {QUEUED}")
        return connection

    def queued(self, rows: Rows, decisions: Decisions) -> list[dict[str, Any]]:
        """Give what the queue shows of documents after decisions.

        Args:
            rows: Of the documents and of `runs`, by table: `documents` with `filename`, `flags`, `findings`.
            decisions: On them, without those that were withdrawn.
        """
        return self._ask("execute queued", rows, decisions)

    def facts(self, rows: Rows, decisions: Decisions) -> list[dict[str, Any]]:
        """Give facts after decisions, in `HEADLINE_COLUMNS`; takes `documents` and `facts`."""
        return self._ask(f"select {', '.join(HEADLINE_COLUMNS)} from facts_corrected", rows, decisions)

    def matched(self, rows: Rows, decisions: Decisions) -> list[dict[str, Any]]:
        """Give the rows that decisions are on, with what they say; takes rows of all tables."""
        return self._ask("from decisions_matched", rows, decisions)

    def _ask(self, sql: str, rows: Rows, decisions: Decisions) -> list[dict[str, Any]]:
        with self._lock:
            connection = self._views = self._views or self._open()
            if rows is not self._rows or decisions != self._decisions:
                self._make(connection, rows, decisions)
            return rows_of(connection, sql)

    def _make(self, connection: DuckDBPyConnection, rows: Rows, decisions: Decisions) -> None:
        self._rows = self._decisions = None
        on_them = pa.Table.from_pylist(list(map(dict, decisions)), schema("decisions"))
        taken = {**rows, "decisions": on_them}
        for table in TABLES:
            if table in self._filled:
                connection.execute(f"delete from {table}_rows")
                self._filled.discard(table)
            if table in taken and len(taken[table]):
                self._filled.add(table)
                known = [*schema(table).names, _FILENAME.name]  # a later release may have further columns
                here = taken[table].select([name for name in taken[table].column_names if name in known])
                _execute(connection, f"insert into {table}_rows by name from rows", here)
        for view in _TABLES:
            connection.execute(f"delete from {view}")
            connection.execute(f"execute make_{view}")
        self._rows, self._decisions = rows, decisions


def _execute(connection: DuckDBPyConnection, statement: str, rows: pa.Table) -> None:
    """Execute a statement that reads `rows`: DuckDB finds them by this name, and no view has to be made."""
    connection.execute(statement)
