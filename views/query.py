"""Query the tables in SQL with DuckDB, read-only.

Three walls keep a statement to reading the tables. DuckDB's own parser admits only a SELECT with table
functions that read nothing. The connection may open only the files of the tables, and its settings are
locked. `commands.bounded` limits time and memory, as DuckDB does not count all memory or always stop.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from docassay.schemas.arrow import schema
from docassay.schemas.errors import DamagedError, RunError, TablesError, UsageError, did_you_mean
from docassay.schemas.rows import TABLES
from docassay.storage.decisions.chain import HEADS
from docassay.storage.tables import manifest, stores
from docassay.storage.tables.file_systems import CATALOGS, need_folder
from docassay.storage.tables.parquet import fits, opened
from docassay.views.shipped_views import (
    ASK,
    BEFORE,
    VIEWS,
    before_unknown,
    definition,
    quoted_list,
    read_by,
    reads,
    table_view,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Made = TypeVar("Made")

BATCH_ROWS = 2_000
"""Rows of an answer in memory at a time."""

ATTEMPTS = 3
"""How often tables without a manifest are opened, whose files another process may replace."""

TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree", "repeat"})
"""Functions that may stand after FROM: they read no file, change no setting, and write no log."""

REFUSED_FUNCTIONS = frozenset({"write_log", "getenv"})
"""Functions of values that reach out of the query."""

_EXPLAIN = re.compile(r"\s*explain\s+(analyze\s+)?", re.IGNORECASE)
_PATTERN = re.compile(r"[*?\[]")
_SELECT = "one SELECT, WITH, FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES or EXPLAIN"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a query, which is worked out while it is read.

    Attributes:
        connection: What answers; closed at the end.
        reader: Its rows.
        out: The folder that was asked, for errors.
    """

    connection: DuckDBPyConnection
    reader: pa.RecordBatchReader
    out: str

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        return self.reader.schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, some at a time.

        Raises:
            UsageError: A value cannot be what the statement makes of it.
            TablesError: A file of the tables is damaged.
            RunError: It took too much memory.
        """
        import duckdb

        while True:
            try:
                piece = self.reader.read_next_batch()
            except StopIteration:
                return
            except (duckdb.Error, pa.ArrowException, OSError) as error:
                raise error_of(error, self.out) from None
            yield piece

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows one by one; raises what `batches` does."""
        for batch in self.batches():
            yield from batch.to_pylist()


def check_remote(out: str) -> None:
    """Check that the files of an address can be read.

    Raises:
        UsageError: Nothing here reads such addresses, or they are a catalog's.
        MissingError: The extra that does is not installed.
    """
    need_folder(out, ASK)
    if out.partition("://")[0] not in stores.EXTRAS:
        known = " or ".join(f"{scheme}://" for scheme in stores.EXTRAS if scheme not in CATALOGS)
        raise UsageError(f"{out}: a query reads a local folder, {known}")
    stores.check_extra(out)


def ask(
    out: str, sql: str, number: int | None = None, memory: int = 1_000_000_000, spill: str | None = None
) -> Answer:
    """Ask the tables of an output folder.

    Args:
        out: The output folder; any path that Beam and Arrow both know.
        sql: One statement that reads.
        number: The commit whose state is asked; None: the latest.
        memory: Bytes that DuckDB may take, as far as it counts them.
        spill: A folder for what does not fit into memory; None: such a query fails.

    Raises:
        TablesError: The folder holds no tables, or not such as this release reads.
        UsageError: The statement is wrong, or is none that reads.
    """

    def answer() -> Answer:
        connection = connect(out, number, memory, spill, sql)
        reader = connection.execute(checked(connection, sql)).to_arrow_reader(BATCH_ROWS)
        return Answer(connection, reader, out)

    return retried(out, answer, is_given=True)


def retried(out: str, work: Callable[[], Made], is_given: bool = False) -> Made:
    """Do something with tables, and again where a file is gone since it was listed: merged or replaced.

    Args:
        out: The output folder.
        work: Asks the tables.
        is_given: What is asked is a user's, and may be wrong.

    Raises:
        TablesError: A file is gone for good, or damaged.
        UsageError: A statement that is given is wrong.
        RunError: It takes too much memory.
    """
    import duckdb

    for attempt in range(1, ATTEMPTS + 1):
        try:
            return work()
        except (duckdb.Error, FileNotFoundError) as error:
            if not isinstance(error, duckdb.IOException | FileNotFoundError) or attempt == ATTEMPTS:
                problem = error_of(error, out)
                if is_given or isinstance(problem, TablesError | RunError):
                    raise problem from None
                raise TablesError(
                    f"{out}: {problem}; to see what is damaged: docassay verify {out}"
                ) from None
    raise AssertionError("the last attempt raises or returns")


def rows_of(connection: DuckDBPyConnection, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
    """Return the rows of a short result."""
    answer = connection.execute(sql, list(values))
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def connect(
    out: str,
    number: int | None = None,
    memory: int = 1_000_000_000,
    spill: str | None = None,
    sql: str | None = None,
    eyes: int = 1,
) -> DuckDBPyConnection:
    """Open a connection with the tables and the shipped views, which reads nothing else and changes nothing.

    Args:
        out: As in `ask`.
        number: As in `ask`.
        memory: As in `ask`.
        spill: As in `ask`.
        sql: What will be asked; only what it names is made, as each table opens its files. None: all.
        eyes: So many reviewers must agree before a decision counts.
    """
    import duckdb

    remote = "://" in out
    if remote:
        check_remote(out)
    else:
        out = os.path.abspath(out)
    state = manifest.current(out) if number is None else manifest.at(out, number)
    files = manifest.table_files(out, state)
    needed, before = _needed(sql), None
    if "state_before" in needed:
        with suppress(DamagedError):
            before = _before(out, state)
    if not any(files.values()):
        raise TablesError(f"{out} holds no tables; make some with: docassay batch IN... --out {out}")
    manifest.check_files(out, state, [table for table in TABLES if table in needed])
    _check(files)
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{memory}B",
            "threads": str(min(4, os.cpu_count() or 1)),
            "temp_directory": spill or "",
            "max_temp_directory_size": "0B" if spill is None else f"{4 * memory}B",
            "python_enable_replacements": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
        },
    )
    connection.execute("set global TimeZone = 'UTC'; set enable_progress_bar = false")  # of its cursors, too
    if not remote:
        of_both = [*files.values(), *(before or {}).values()]
        every = {path: None for paths in of_both for path in paths}
        connection.execute(f"set allowed_paths = {quoted_list(every)}")
    for table in TABLES:
        if table in needed:
            connection.execute(table_view(table, _rows(connection, table, files[table], remote)))
    if "state_before" in needed:
        _make_before(connection, before, remote)
    for view in VIEWS:
        if view in needed:
            connection.execute(definition(view, eyes))
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _rows(connection: DuckDBPyConnection, name: str, files: Sequence[str], remote: bool) -> str | None:
    """Have a connection know the files of a table by a name; give what reads them, or None."""
    if not files:
        return None
    if remote:
        connection.register(f"{name}_rows", _dataset(name.removesuffix("_before"), files))
        return f"{name}_rows"
    connection.execute(f"set variable {name}_files = {quoted_list(files)}")
    return reads(f"getvariable('{name}_files')")


def _make_before(
    connection: DuckDBPyConnection, before: Mapping[str, Sequence[str]] | None, remote: bool
) -> None:
    """Make the views of the state before the latest run, or what stands for it where files of it are gone."""
    import duckdb

    with suppress(duckdb.IOException):
        if before is not None:
            statements = [
                table_view(table, _rows(connection, f"{table}_before", before[table], remote), "_before")
                for table in BEFORE
            ]
            statements.append("create or replace view state_before as select true as is_known")
            for statement in statements:
                connection.execute(statement)
            return
    for statement in before_unknown():
        connection.execute(statement)


def _needed(sql: str | None) -> set[str]:
    """List the tables and views that a statement may read, by the words in it."""
    before = {f"{table}_before" for table in BEFORE} | {"state_before"}
    words = set(re.findall(r"\w+", "show" if sql is None else sql.lower()))
    if words & {"show", "information_schema", "sqlite_master", "pg_catalog"}:
        return {*TABLES, *VIEWS, *before}
    needed = read_by(words)
    return needed | before | {*BEFORE, "runs"} if needed & before else needed


def _before(out: str, state: manifest.Manifest | None) -> dict[str, list[str]] | None:
    """List the files of the state before the latest run; None where its manifest is not kept.

    Raises:
        DamagedError: One of them is not what its digest says.
    """
    if state is None:
        return None
    runs = state.files.get("runs", {})
    kept = manifest.numbers(out)
    latest: manifest.Manifest | None = state
    while latest is not None:
        number = latest.number - 1
        if number not in kept and latest.run_id.startswith(HEADS):  # decisions in between, which were swept
            number = max((one for one in kept if one < latest.number), default=number)
        earlier = manifest.read(out, kept[number]) if number in kept else None
        if any(name.startswith(f"{latest.run_id}-") for name in runs):
            if earlier is not None:
                manifest.check_files(out, earlier, BEFORE)
                return manifest.table_files(out, earlier)
            return {table: [] for table in TABLES} if latest.number == 1 else None
        latest = earlier
    return None


def checked(connection: DuckDBPyConnection, sql: str) -> str:
    """Check that a statement is one that reads the tables, as DuckDB parses it, and give it as it is run.

    Raises:
        UsageError: It is none; the message says why.
    """
    explain = _EXPLAIN.match(sql)
    statement = sql[explain.end() :] if explain else sql
    if "\x00" in sql:
        raise UsageError("the SQL holds a NUL character; leave it out")
    (answer,) = connection.execute("select json_serialize_sql(?::varchar)", [statement]).fetchone() or ("{}",)
    parsed = json.loads(answer)
    if parsed.get("error_type") == "parser":
        raise UsageError(f"the SQL cannot be read: {_line(parsed['error_message'])}")
    if parsed.get("error"):
        pivot = "; for PIVOT, use the standard form in brackets: from (pivot T on C in ('a', 'b') using ...)"
        hint = pivot if re.match(r"\s*pivot\b", statement, re.IGNORECASE) else ""
        raise UsageError(f"the SQL must be {_SELECT}; nothing else is allowed{hint}")
    if len(parsed["statements"]) != 1:
        raise UsageError(f"the SQL has {len(parsed['statements'])} statements; it must be {_SELECT}")
    for kind, name in _functions(parsed):
        if name in REFUSED_FUNCTIONS or (kind == "table" and name not in TABLE_FUNCTIONS):
            raise UsageError(
                f"{name}() is not allowed: a query reads the tables and the views that `docassay views` lists"
            )
    return f"{explain[0]}{statement}" if explain else statement


def error_of(error: Exception, out: str) -> UsageError | RunError:
    """Make the error that a user can mend from one that DuckDB raised while it answered."""
    import duckdb

    if isinstance(error, FileNotFoundError):
        return TablesError(f"{error.filename or error} is gone; run it again, or: docassay verify {out}")
    line = _line(str(error))
    if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in line:
        return RunError("the query needs more memory than it is allowed: raise --memory, or ask for less")
    if isinstance(error, duckdb.PermissionException) or "disabled by configuration" in line:
        return UsageError(f"a query can only read the tables: {line}")
    if isinstance(error, duckdb.IOException) or "Parquet" in line or "parquet" in line:
        return TablesError(f"{line}; to see everything that is damaged or gone: docassay verify {out}")
    if unknown := re.match(r"Table with name (.+?) does not exist", line):
        line = f"{unknown[0]}; {did_you_mean(unknown[1], [*TABLES, *VIEWS], 'docassay views lists them')}"
    return UsageError(f"the SQL cannot be answered: {line}")


def _line(message: str) -> str:
    """Make one line of what DuckDB says, without the piece of the statement that it repeats."""
    text = message.partition("\n\nLINE ")[0].partition("\n\nPossible solutions:")[0]
    return " ".join(re.sub(r"^(?:Parser|Binder|Catalog) Error: ", "", text).split())[:500]


def _functions(parsed: Any) -> Iterator[tuple[str, str]]:
    """Yield the functions that a parsed statement calls: whether after FROM, and their names."""
    waiting = [(parsed, False)]
    while waiting:
        node, is_table = waiting.pop()
        if isinstance(node, list):
            waiting.extend((one, False) for one in node)
        elif isinstance(node, dict):
            if "function_name" in node:
                yield "table" if is_table else "value", str(node["function_name"]).lower()
            is_source = node.get("type") == "TABLE_FUNCTION"
            waiting.extend((value, is_source and key == "function") for key, value in node.items())


def _check(files: Mapping[str, Sequence[str]]) -> None:
    """Check the first and the last file of each table, written first and last, and the names of all.

    Raises:
        FileNotFoundError: One is gone.
        TablesError: They are not such as this release reads, or DuckDB would take a name for a pattern.
    """
    for table, paths in files.items():
        for path in paths:
            if "://" not in path and _PATTERN.search(path):
                raise TablesError(f"{path}: * ? [ in the name are read as a pattern; rename it")
        for path in dict.fromkeys([*paths[:1], *paths[-1:]]):
            with opened(path) as file:
                fits(table, file.schema_arrow, path, rewritten=False)


def _dataset(table: str, paths: Sequence[str]) -> Any:
    """Describe files of an object store, which DuckDB cannot open itself without fetching an extension."""
    import pyarrow.dataset as ds
    import pyarrow.fs as pafs

    systems, names = zip(*map(pafs.FileSystem.from_uri, paths), strict=True)
    return ds.dataset(list(names), schema=schema(table), format="parquet", filesystem=systems[0])
