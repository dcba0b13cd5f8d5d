"""Load the shipped SQL views of `views/sql`.

A view is DuckDB's SQL on the tables by their names, so it runs in `docassay query` and, as `script` prints
it, in any DuckDB.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from docassay.schemas.arrow import schema
from docassay.schemas.rows import TABLES

FOLDER = Path(__file__).parent / "sql"

ASK = "query it with an engine that knows the catalog: DuckDB's iceberg_scan, Spark, PyIceberg"
"""What does for the tables of a catalog what queries and views do for a folder."""

VIEWS = (
    "document_states",
    "current_documents",
    "document_uris",
    "contexts",
    "flags_with_context",
    "findings_wide",
    "what_changed",
    "decisions_current",
    "decisions_to_carry",
    "notes",
    "assignments",
    "decisions_matched",
    "facts_decided",
    "facts_corrected",
    "facts_chosen",
    "facts_wide",
    "invoices",
    "contracts",
    "statements",
    "patients",
    "flags_decided",
    "findings_decided",
    "classifications_decided",
    "entities_decided",
    "documents_decided",
    "review_queue",
    "review_items",
)
"""The shipped views; each stands after those that it reads."""

BEFORE = ("documents", "flags", "findings", "rejects")
"""Tables of which there is a view ``TABLE_before``, of the state before the latest run."""

_NUMBER = "(counts->>'commit.number')::bigint"

LATEST_FIRST = f"""coalesce({_NUMBER}, max({_NUMBER}) over (order by finished), 0) desc,
    finished desc, run_id desc"""
"""The order of `runs` by their commits; those without a number come after those that ended before them."""

_DECISION = """coalesce(m.state, 'open') as state, m.reopened_because, m.decision, m.corrected_label,
       m.corrected_start, m.corrected_end, m.reason, m.reviewer, m.decided_at, m.decision_id,
       coalesce(m.agreeing, 0) as agreeing"""
"""What the views of rows with decisions on them take from `decisions_matched`, at ``{decision}``."""

URGENT_FIRST = """severity_rank desc, round(decided_risk, 1) desc, failed_rank desc,
    floor(log10(greatest(coalesce(amount, 0), 1))) desc, review_rank desc, doubt desc, decided_risk desc,
    failed desc, to_review desc, uri"""
"""The order in which documents want a look, by columns of `documents_decided`."""

NOBODY_DECIDED = (
    "create temp view flags_decided as select *, 'open' as state, true as stands from flags",
    "create temp view findings_decided as"
    " select *, 'open' as state, verdict as decided_verdict from findings",
    "create temp view decisions_matched as"
    " select *, null::varchar as state, null::varchar as reopened_because, null::varchar as decision,"
    " null::bigint as agreeing from decisions limit 0",
    "create temp view notes as select doc_id, reason as note, reviewer, sequence from decisions limit 0",
    "create temp view assignments as select doc_id, reviewer as assigned_to from decisions limit 0",
)
"""Stand for the views that `documents_decided` reads, where no decision counts: they read no other table."""

_TYPES = {
    pa.string(): "varchar",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us", tz="UTC"): "timestamptz",
}

_FACT_TYPES = {
    "date": "date",
    "time": "timestamptz",
    "amount": "decimal(24, 6)",  # which prices of a unit have
    "number": "double",
    "percentage": "double",
}
"""The types in which values of some types of facts stand in the columns of `facts_wide`."""


def quoted(text: str) -> str:
    """Write a text as SQL does.

    >>> quoted("a'b")
    "'a''b'"
    """
    return "'" + text.replace("'", "''") + "'"


def quoted_name(name: str) -> str:
    """Write the name of a column as SQL does.

    >>> quoted_name('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def quoted_list(texts: Iterable[str]) -> str:
    """Write texts as a list in DuckDB's SQL.

    >>> quoted_list(["a", "b"])
    "['a', 'b']"
    """
    return f"[{', '.join(map(quoted, texts))}]"


def meaning(name: str) -> str:
    """Return the comment at the start of a view's file, as one line."""
    return " ".join(re.sub(r"(?m)^--", "", _parts(name)[0]).split())


def definition(name: str, eyes: int = 1) -> str:
    """Write the statement that makes a shipped view, with its comment above it; `eyes` as `select_of`."""
    comment, _ = _parts(name)
    return f"{comment}create or replace view {name} as\n{select_of(name, eyes)};\n"


def select_of(name: str, eyes: int = 1) -> str:
    """Write the query of a shipped view.

    Args:
        name: The view.
        eyes: So many reviewers must agree before a decision counts.
    """
    _, select = _parts(name)
    select = select.replace("{decision}", _DECISION).replace("{eyes}", str(eyes))
    if name == "facts_wide":
        select = _filled(select)
    if name == "documents_decided":
        from docassay.views.labels import UNCHECKED  # which no other view needs

        select = select.replace("{unchecked}", quoted_list(UNCHECKED))
    return select.replace("{order}", URGENT_FIRST).rstrip()


def table_view(table: str, rows: str | None, suffix: str = "") -> str:
    """Write the statement that makes a view of a table, with all columns of this release.

    Args:
        table: The table.
        rows: What gives its rows, such as ``read_parquet(...)``; None where it has none.
        suffix: Ends the name of the view.
    """
    return f"create or replace view {table}{suffix} as\n{table_select(table, rows)};\n"


def table_select(table: str, rows: str | None) -> str:
    """Write the query that gives the rows of a table, with all columns of this release; see `table_view`."""
    columns = ", ".join(f"null::{_type(column.type)} as {column.name}" for column in schema(table))
    typed = f"(select {columns} limit 0)"
    return typed if rows is None else f"{typed}\nunion all by name from {rows}"


def before_unknown() -> list[str]:
    """Write the statements that make the views of the state before the latest run without its manifest.

    What the run has replaced is not in them.
    """
    latest = f"select run_id from runs where inputs > 0 order by {LATEST_FIRST} limit 1"
    earlier = f"where run_id <> ({latest})"
    rows = {"documents": earlier, "flags": "", "findings": "", "rejects": earlier}
    views = [f"create or replace view {table}_before as from {table} {rows[table]};\n" for table in BEFORE]
    return [*views, "create or replace view state_before as select false as is_known;\n"]


def reads(files: str) -> str:
    """Write the call that reads files of a table: of all releases, and nothing of the folders' names."""
    return f"read_parquet({files}, union_by_name = true, hive_partitioning = false)"


def by_glob(out: str) -> list[str]:
    """Write the statements that make a view of each table from the files that lie in its folder."""
    return [table_view(table, reads(quoted(f"{out}/{table}/**/*.parquet"))) for table in TABLES]


def by_manifest(out: str) -> list[str]:
    """Write the statements that make a view of each table from the manifest that counts when they are run."""
    folder = quoted(f"{out}/")
    read = [
        "-- All tables at one moment: run it again to see what later runs have published.\n"
        f"set variable docassay_manifest = {folder} || '_manifests/' || (\n"
        f"    select trim(content, chr(10)) from read_text({quoted(f'{out}/_manifests/CURRENT')}));\n"
    ]
    for table in TABLES:
        read.append(
            f"set variable {table}_files = (\n"
            f"    select list({folder} || (manifest->>'$.folder') || '{table}/' || name)\n"
            "    from (select content::json as manifest, unnest(json_keys(content::json, '$.files."
            f"{table}')) as name\n"
            "          from read_text(getvariable('docassay_manifest'))));\n"
        )
        read.append(table_view(table, reads(f"getvariable('{table}_files')")))
    return read


def script(statements: Iterable[str], names: Sequence[str] = VIEWS) -> str:
    """Join the statements that make the tables' views with those of shipped views and of what these read."""
    needed = read_by(names)
    made = [definition(name) for name in VIEWS if name in needed]
    return "\n".join([*statements, *before_unknown(), *made])


def read_by(names: Iterable[str]) -> set[str]:
    """List what some views read, themselves included: tables, other views, those of `BEFORE`."""
    needed = set(names)
    for name in reversed(VIEWS):
        if name in needed:
            needed |= set(re.findall(r"\w+", _parts(name)[1]))
    return needed


def _parts(name: str) -> tuple[str, str]:
    """Split a view's file into the comment at its top and its SELECT."""
    text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    comment = re.match(r"(?:--.*\n)*", text)
    end = comment.end() if comment else 0
    return text[:end], text[end:]


def _type(arrow: pa.DataType) -> str:
    if pa.types.is_list(arrow):
        return f"{_type(arrow.value_type)}[]"
    if pa.types.is_struct(arrow):
        return f"struct({', '.join(f'{field.name} {_type(field.type)}' for field in arrow)})"
    return _TYPES[arrow]


def _filled(select: str) -> str:
    """Fill in the declared fields where the query of the view `facts_wide` has a place for them.

    ``{columns}`` are a field each, ``{declared}`` their names.
    """
    from docassay.domains.folders import load, names  # which no other view needs

    columns = []
    declared = {field.name: field for name in names() for field in load(name).facts}
    for field in declared.values():
        value = "coalesce(normalised, value)"
        if field.type in _FACT_TYPES:
            value = f"try_cast(normalised as {_FACT_TYPES[field.type]})"
        made = f"list({value} order by ordinal)" if field.most > 1 else f"arg_min({value}, ordinal)"
        columns.append(f'{made} filter (where name = {quoted(field.name)}) as "{field.name}"')
    between = ",\n           "
    return select.replace("{columns}", between.join(columns)).replace(
        "{declared}", ", ".join(map(quoted, declared))
    )
