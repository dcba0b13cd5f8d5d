"""The tables at one moment, with the queue of documents in the order of review.

The queue is built once, in memory. A filter scans it once and yields positions (a filter by code looks the
documents up in the tables), and a page takes the rows at some of these: no page reads more than it shows. The
rows of a document are read from the files that have them: files of one name in different tables are a group,
so one file a table.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import TABLES
from docassay.storage.tables import manifest
from docassay.storage.tables.partitions import name_in
from docassay.views.facts import HEADLINE_COLUMNS, headline_fields, headlines
from docassay.views.query import BATCH_ROWS, connect, rows_of
from docassay.views.review.matched import QUEUED
from docassay.views.review.search import Searching
from docassay.views.shipped_views import (
    NOBODY_DECIDED,
    URGENT_FIRST,
    quoted_list,
    reads,
    select_of,
    table_select,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = 2_000_000_000
"""Memory limit of DuckDB in bytes."""

FILTERS_KEPT = 32
MOST_ALIKE = 5_000
"""Maximum number of equal findings decided at once."""

_SAID_IN = {"findings": ("check_id", "decided_by", "evidence"), "entities": ("label", "model", "text")}
"""Columns of what a row says, by whom, and on which words, where they are not those of flags."""

OPEN, DECIDED, NOT_CHECKED, ALL = "open", "decided", "not_checked", "all"
SHOWN = (OPEN, DECIDED, NOT_CHECKED, ALL)

FACETS = 300
"""Maximum number of values of a filter."""

_NAMED = (
    "read_parquet(getvariable('documents_files'), union_by_name = true, hive_partitioning = false,"
    " filename = true)"
)

_SAID = """
from (select doc_id, code from flags union all select doc_id, check_id from findings where verdict <> 'pass')
"""
"""Signs and open checks of documents."""

_STATES = """
select doc_id from ({facts})
where coalesce(normalised, value) = $value
   or (not abstained and name || '=' || coalesce(normalised, value) = $value)
"""
"""Documents that state a value, of whatever field or, as in ``seller=Farbenhaus``, of one."""

_LIES_ELSEWHERE = """
select doc_id from documents where contains(lower(array_to_string(other_uris, chr(10))), ?)
"""
"""Documents that lie in a place with such a name, too."""

_FACETS = """
select 'domain' as facet, domain as value, count(*) as documents from queued group by value
union all
select 'kind', kind, count(*) from queued group by kind
union all
select 'language', language, count(*) from queued group by language
union all
select 'code', code, count(distinct doc_id) from said group by code
"""

_ALL_CURRENT = """
select count(*) = count(distinct uri) and count(*) filter (len(other_uris) > 0) = 0
       and not exists (from rejects where stage = 'read' and reason = 'missing' and table_name is null)
from documents
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters of the queue; an empty text matches everything."""

    show: str = OPEN
    domain: str = ""
    kind: str = ""
    code: str = ""
    verdict: str = ""
    language: str = ""
    since: date | None = None
    until: date | None = None
    search: str = ""
    fact: str = ""
    assigned: str = ""
    status: str = ""
    dated: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """The tables of a folder at one moment, and a connection that reads them."""

    state: manifest.Manifest | None
    connection: DuckDBPyConnection


def opened(out: str, memory: int = MEMORY) -> Opened:
    """Open the tables of a folder as they are now.

    Raises:
        TablesError: The folder holds no tables, or damaged ones.
    """
    state = manifest.current(out)
    number = None if state is None else state.number
    return Opened(state, connect(out, number, memory, None, "current_documents flags findings decisions"))


class Snapshot:
    """The tables of a folder at one moment."""

    def __init__(self, out: str, tables: Opened | None = None) -> None:
        """Build the queue.

        Args:
            out: The output folder.
            tables: Its tables, if they are open.

        Raises:
            TablesError: The folder holds no tables, or damaged ones.
        """
        tables = tables or opened(out)
        self.out, self._connection = out, tables.connection
        self.moment = moment(tables.state)
        self._paths = manifest.table_paths(out, tables.state)
        self._lock = threading.Lock()
        self.run(f"create temp view documents_named as {table_select('documents', _NAMED)}")
        (all_current,) = self.run(_ALL_CURRENT).fetchone()  # then it need not be told which are
        if not all_current:
            self.run("create temp table current_ids as select doc_id from current_documents")
        which = "" if all_current else " where doc_id in (from current_ids)"
        self.run(f"create temp view queued as from documents_named{which}")
        self.run(f"create temp view said as {_SAID}{which}")
        for statement in (
            *NOBODY_DECIDED,
            "create temp view queued_states as select *, 'current' as state from queued",
        ):
            self.run(statement)
        select = select_of("documents_decided").replace("document_states", "queued_states")
        self.run(f"create temp view documents_decided as {select}")
        self._order(self.run(f"{QUEUED} order by {URGENT_FIRST}").to_arrow_table())
        self.facets = self._facets()
        self.searching = Searching(out)
        self._found = lru_cache(maxsize=FILTERS_KEPT)(self._matching)

    def _order(self, queue: pa.Table) -> None:
        """Take documents as the queue, in their order."""
        self.queue = queue.append_column("n", _numbers(np.arange(len(queue), dtype=np.int64)))
        self.items: NDArray[np.int64] = np.array(self.queue["to_decide"].to_pylist(), np.int64)
        self.left: NDArray[np.int64] = np.array(self.queue["left_to_decide"].to_pylist(), np.int64)
        self.__dict__.pop("place", None)
        self._changed: dict[int, dict[str, Any]] = {}
        self._filtered = False

    @cached_property
    def place(self) -> dict[str, int]:
        """The position of each document in the queue."""
        return {doc_id: n for n, doc_id in enumerate(self.queue["doc_id"].to_pylist())}

    def change(self, rows: Sequence[dict[str, Any]]) -> None:
        """Take what counts of documents after decisions; their order stays, so that none moves meanwhile."""
        for row in rows:
            n = self.place[row["doc_id"]]
            self.left[n] = row["left_to_decide"]
            self._changed[n] = row | {"n": n}

    def order_anew(self) -> None:
        """Order the queue by what counts after decisions."""
        if self._changed:
            with self._lock:
                self._settle()
                sql = f"select * exclude (n) from queue order by {URGENT_FIRST}"
                self._order(self.run(sql).to_arrow_table())

    def _settle(self) -> None:
        """Put what decisions have changed into the queue that filters look at."""
        numbers = np.fromiter(self._changed, np.int64, len(self._changed))
        kept = np.setdiff1d(np.arange(len(self.queue), dtype=np.int64), numbers)
        new = pa.Table.from_pylist([*self._changed.values()], self.queue.schema)
        self.queue = pa.concat_tables([self.queue.take(_numbers(kept)), new]).sort_by("n")
        self._changed = {}
        self._filtered = False
        self._found.cache_clear()
        self._register()

    def _register(self) -> None:
        if not self._filtered:  # it imports Arrow's datasets, which the first page need not wait for
            self._connection.register("queue", self.queue)
            self._filtered = True

    def matching(self, filters: Filters) -> NDArray[np.int64]:
        """Return the positions of the documents that match a filter, in order."""
        if (filters.verdict or filters.status) and self._changed:
            with self._lock:
                self._settle()
        return self._found(filters, self.searching.prepare() if filters.search else None)

    def run(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Run a query, holding the connection until the result is read."""
        return self._connection.execute(sql, values)

    def rows(self, table: str, doc_id: str) -> list[dict[str, Any]]:
        """Read the rows of a document from the one file of a table that has them."""
        file = self.queue["filename"][self.place[doc_id]].as_py()
        path = self._paths[table].get(name_in(file))
        if path is None:
            return []
        with self._connection.cursor() as own:  # a huge document holds up no other
            asked = own.execute(f"from ({self._view(table, [path])}) where doc_id = ?", [doc_id])
            return list(asked.to_arrow_table(BATCH_ROWS).to_pylist())

    def tables_of(self, doc_ids: Sequence[str], tables: Sequence[str]) -> dict[str, pa.Table]:
        """Read the rows of documents from the files that have them, and those of the runs that wrote them."""
        at = pa.array([self.place[doc_id] for doc_id in doc_ids], pa.int64())
        names = {name_in(file) for file in self.queue["filename"].take(at).to_pylist()}
        with self._connection.cursor() as own:
            found = {}
            for table in tables:
                paths = [self._paths[table][name] for name in names if name in self._paths[table]]
                sql = f"from ({self._view(table, paths)}) where doc_id in (select unnest(?::varchar[]))"
                found[table] = own.execute(sql, [list(doc_ids)]).to_arrow_table(BATCH_ROWS)
            runs = self._view("runs", [*self._paths["runs"].values()])
            found["runs"] = own.execute(f"from ({runs})").to_arrow_table(BATCH_ROWS)
        named = [self.place[doc_id] for doc_id in found["documents"]["doc_id"].to_pylist()]
        files = self.queue["filename"].take(pa.array(named, pa.int64()))
        return found | {"documents": found["documents"].append_column("filename", files)}

    def asked(self, sql: str, tables: Sequence[str], values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Ask whole tables, whose names stand in braces in the query; nobody else waits for it."""
        views = {table: self._view(table, [*self._paths[table].values()]) for table in tables}
        with self._connection.cursor() as own:
            answer = own.execute(sql.format(**views), dict(values))
            return list(answer.to_arrow_table(BATCH_ROWS).to_pylist())

    def _view(self, table: str, paths: Sequence[str]) -> str:
        return table_select(table, reads(quoted_list(paths)) if paths else None)

    def taken(self, positions: NDArray[np.int64]) -> list[dict[str, Any]]:
        """Return the rows of the queue at some positions."""
        rows = self.queue.take(_numbers(positions)).to_pylist()
        return [self._changed.get(row["n"], row) for row in rows]

    def alike(
        self, table: str, code: str, decided_by: str, evidence: str | None, verdict: str
    ) -> list[dict[str, Any]]:
        """List equal findings of a rule or model in the documents of the queue.

        Returns:
            The first `MOST_ALIKE` rows, and one more where there are more.
        """
        name, by, words = _SAID_IN.get(table, ("code", "decided_by", "evidence"))
        more = " and verdict = ?" if table == "findings" else ""
        values = [code, decided_by, evidence, *([verdict] if more else [])]
        with self._lock:
            return rows_of(
                self._connection,
                f"from ({self._view(table, [*self._paths[table].values()])})"
                f" where {name} = ? and {by} = ? and {words} is not distinct from ?{more}"
                " and doc_id in (select doc_id from queued)"
                f" order by doc_id, start_char limit {MOST_ALIKE + 1}",
                values,
            )

    def headlines(self, doc_ids: Sequence[str]) -> dict[str, str]:
        """Name documents by what they state; those that state nothing of that kind are left out."""
        files = {name_in(self.queue["filename"][self.place[doc_id]].as_py()) for doc_id in doc_ids}
        paths = [self._paths["facts"][name] for name in files if name in self._paths["facts"]]
        if not paths:
            return {}
        with self._connection.cursor() as own:
            rows = rows_of(
                own,
                f"select {', '.join(HEADLINE_COLUMNS)} from ({self._view('facts', paths)})"
                " where doc_id in (select unnest(?::varchar[])) and name in (select unnest(?::varchar[]))",
                [list(doc_ids), list(headline_fields())],
            )
        return headlines(rows)

    def _facets(self) -> dict[str, list[tuple[str, int]]]:
        """Count the documents of each value of the filters, the most frequent first."""
        found: dict[str, list[tuple[str, int]]] = {
            name: [] for name in ("domain", "kind", "code", "language")
        }
        for name, value, documents in self.run(_FACETS).fetchall():
            found[name].append((value, documents))
        for values in found.values():
            values[:] = sorted(values, key=lambda one: (-one[1], one[0] or ""))[:FACETS]
        return found

    def _matching(self, filters: Filters, _: object) -> NDArray[np.int64]:
        """Scan the queue once and return the positions that match a filter, with the index as it is."""
        if replace(filters, show=ALL) == Filters(show=ALL):
            return np.arange(len(self.queue), dtype=np.int64)
        asked: list[str] = []
        values: list[Any] = []
        for column in ("domain", "kind", "language"):
            if value := getattr(filters, column):
                asked.append(f"coalesce({column}, '') = ?")
                values.append("" if value == "-" else value)
        if filters.status:
            asked.append("decided_status = ?")
            values.append(filters.status)
        if filters.dated:
            asked.append("states_date")
        if filters.code:
            asked.append("doc_id in (select doc_id from said where code = ?)")
            values.append(filters.code)
        if filters.verdict:
            asked.append(
                {"flag": "signs > 0", "fail": "failed > 0", "review": "to_review > 0"}.get(
                    filters.verdict, "false"
                )
            )
        for sign, day in ((">=", filters.since), ("<=", filters.until)):
            if day is not None:
                asked.append(f"own_date {sign} ?")
                values.append(day)
        if filters.fact:
            asked.append("doc_id in (select unnest(?::varchar[]))")
            rows = self.asked(_STATES, ("facts",), {"value": filters.fact})
            values.append([row["doc_id"] for row in rows])
        if filters.search:
            asked.append(
                "(contains(lower(coalesce(title, '')), ?) or contains(lower(uri), ?) or doc_id = ?"
                f" or doc_id in ({_LIES_ELSEWHERE})"
                " or doc_id in (select unnest(?::varchar[])))"
            )
            values += [*[filters.search.lower()] * 4, self.searching.doc_ids(filters.search)]
        where = f" where {' and '.join(asked)}" if asked else ""
        with self._lock:
            self._register()
            found = self.run(f"select n from queue{where} order by n", values).fetchnumpy()["n"]
        return np.asarray(found, dtype=np.int64)


def _numbers(values: NDArray[np.int64]) -> pa.Array:
    """Make an Arrow array of numbers as they are; `pa.array` imports pandas first, which takes long."""
    return pa.Array.from_buffers(
        pa.int64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values, np.int64))]
    )


def moment(state: manifest.Manifest | None) -> tuple[int, ...]:
    """Return a digest of the state of the tables without decisions."""
    if state is None:
        return ()
    return tuple(
        hash(tuple(sorted(state.files.get(table, {}))))
        for table in TABLES
        if table not in ("decisions", "runs")
    )


def changed(snapshot: Snapshot) -> bool:
    """Return whether the tables have newer data than a snapshot; false if that cannot be read."""
    try:
        return moment(manifest.current(snapshot.out)) != snapshot.moment
    except TablesError:
        return False
