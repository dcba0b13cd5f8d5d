"""Summarise the tables of a batch, as they are after people's decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from docassay.observe.sanitize import line
from docassay.schemas.arrow import schema
from docassay.schemas.rows import STATUSES
from docassay.schemas.rows import TABLES as ALL_TABLES
from docassay.storage.catalogs import destination
from docassay.storage.decisions.words import word_of
from docassay.storage.tables.file_systems import is_catalog, need_folder
from docassay.views.facts import HEADLINE_COLUMNS, headline_fields, headlines
from docassay.views.labels import REOPENED, counted
from docassay.views.query import connect, retried, rows_of
from docassay.views.shipped_views import ASK, NOBODY_DECIDED, URGENT_FIRST, definition, table_view
from docassay.views.terminal import STYLES, status

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLES = ("documents", "flags", "findings", "facts", "rejects")

FLAGS_SHOWN = 3
"""Maximum number of different signs listed for a document."""

NOTES_SHOWN = 3
"""Maximum number of notes listed for a document, the latest."""

_READ = {
    "flags": ["doc_id", "code", "severity", "probability", "start_char", "evidence"],
    "findings": ["doc_id", "check_id", "verdict", "severity"],
    "facts": list(HEADLINE_COLUMNS),
    "rejects": ["stage", "reason", "uri"],
}
"""The columns that are asked for, of tables of which not all are."""

_OF_DOCUMENTS = ["doc_id", "uri", "title", "domain", "kind", "risk", "status", "not_asked"]

_ALL_DISMISSED = "to_decide > 0 and left_to_decide = 0 and signs + failed + not_sure = 0"

_LISTED = """
select doc_id, uri, title, domain, kind, decided_risk as risk, decided_status as status, failed, to_review
from documents_decided
where document_state = 'current' {where}
order by {order}
limit {most}
"""

_COUNTED = """
select decided_status as status, count(*) as documents
from documents_decided
where document_state = 'current' {where}
group by decided_status
"""

_DISMISSED = f"select count(*) from documents_decided where document_state = 'current' and {_ALL_DISMISSED}"

_WHYS = """
select split_part(why, ':', 1) as why, count(distinct doc_id) as documents
from (select doc_id, unnest(not_asked) as why from document_states where state = 'current')
group by 1
"""

_STATED = f"""
select {", ".join(HEADLINE_COLUMNS)} from facts_corrected
where doc_id in (select unnest(?::varchar[])) and name in (select unnest(?::varchar[]))
"""

_SIGNS = """
select doc_id, code, severity, evidence, stands
from flags_decided
where doc_id in (select unnest(?::varchar[]))
order by stands desc, list_position(['low', 'medium', 'high', 'critical'], severity) desc, start_char
"""

_SAID = """
select object, doc_id, code, label as verdict, decided_by, state, reopened_because, decision, corrected_label,
       reviewer
from decisions_matched
where object = 'flag' and doc_id in (select unnest(?::varchar[]))
   or object = 'finding' and label <> 'pass' and doc_id in (select unnest(?::varchar[]))
order by code, start_char
"""

_REMARKS = """
select doc_id, note, reviewer from notes where doc_id in (select unnest(?::varchar[])) order by sequence
"""

_ASSIGNED = "select doc_id, assigned_to from assignments where doc_id in (select unnest(?::varchar[]))"

_REJECTS = """
select stage || ' ' || reason as why, count(*) as number, min(uri) as example
from rejects
group by why
order by why
"""


@dataclass(frozen=True, slots=True)
class Risky:
    """A document and what was found in it.

    Attributes:
        stated: Its parties, number and sum; see `facts.headline`.
        flags: (code, severity, evidence) of each different sign of fraud, the severest first.
        failed: Compliance checks that fail.
        review: Checks that a person should look at.
        decided: What people made of its flags, by code, and of its checks, by check_id.
        notes: The words of each note on it, and who wrote it.
        assigned_to: Who looks at it.
    """

    uri: str
    title: str | None
    domain: str
    kind: str
    risk: float
    status: str
    stated: str = ""
    flags: tuple[tuple[str, str, str], ...] = ()
    failed: int = 0
    review: int = 0
    decided: Mapping[tuple[str, str], str] = field(default_factory=dict)
    notes: tuple[tuple[str, str], ...] = ()
    assigned_to: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """A summary of the tables of an output folder.

    Attributes:
        documents: How many there are, by status.
        dismissed: Documents that are left out of these, since people have dismissed all that was found.
        top: The riskiest documents: by risk, then by failed checks, then by uri.
        not_asked: How many documents were not asked some question, by why.
        rejects: How many inputs, or rows of one, were refused, by ``stage reason``.
        examples: One uri for each of those.
    """

    documents: Counter[str]
    top: tuple[Risky, ...]
    dismissed: int = 0
    not_asked: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)


def overview(out: str, top: int, without_dismissed: bool = False) -> Overview:
    """Ask the tables of an output folder for the `top` most urgent documents, and why inputs were rejected.

    Args:
        out: The tables.
        top: So many documents.
        without_dismissed: Leave out what people have dismissed, and documents of which that is everything.

    Raises:
        TablesError: The folder holds no tables, or some of another version, or a damaged file.
        UsageError: The tables are a catalog's, where nothing can be dismissed.
    """
    if without_dismissed:
        need_folder(out, ASK)

    def read() -> Overview:
        with _opened(out) as connection:
            return _overview(connection, top, without_dismissed)

    return retried(out, read)


def _overview(asked: DuckDBPyConnection, top: int, without_dismissed: bool) -> Overview:
    where = f"and not ({_ALL_DISMISSED})" if without_dismissed else ""
    rows = rows_of(asked, _LISTED.format(where=where, order=URGENT_FIRST, most=top))
    doc_ids = [row["doc_id"] for row in rows]
    counts = rows_of(asked, _COUNTED.format(where=where))
    ((dismissed,),) = asked.execute(_DISMISSED).fetchall() if without_dismissed else ((0,),)
    stated = headlines(rows_of(asked, _STATED, [doc_ids, list(headline_fields())]))
    signs: dict[str, dict[str, tuple[str, str, str]]] = {}
    said: dict[str, dict[tuple[str, str], dict[str, None]]] = {}
    for row in rows_of(asked, _SIGNS, [doc_ids]):
        if row["stands"] or not without_dismissed:
            of_document = signs.setdefault(row["doc_id"], {})
            of_document.setdefault(row["code"], (row["code"], row["severity"], row["evidence"]))
    for row in rows_of(asked, _SAID, [doc_ids, doc_ids]):
        said.setdefault(row["doc_id"], {}).setdefault((row["object"], row["code"]), {})[_said(row)] = None
    notes: dict[str, list[tuple[str, str]]] = {}
    for row in rows_of(asked, _REMARKS, [doc_ids]):
        notes.setdefault(row["doc_id"], []).append((row["note"], row["reviewer"]))
    assigned = {row["doc_id"]: row["assigned_to"] for row in rows_of(asked, _ASSIGNED, [doc_ids])}
    rejects = rows_of(asked, _REJECTS)
    return Overview(
        documents=Counter({row["status"]: row["documents"] for row in counts}),
        dismissed=dismissed,
        not_asked=Counter({row["why"]: row["documents"] for row in rows_of(asked, _WHYS)}),
        top=tuple(
            Risky(
                **{key: row[key] for key in ("uri", "title", "domain", "kind", "risk", "status")},
                stated=stated.get(row["doc_id"], ""),
                flags=tuple(signs.get(row["doc_id"], {}).values()),
                failed=row["failed"],
                review=row["to_review"],
                decided={key: ", ".join(words) for key, words in said.get(row["doc_id"], {}).items()},
                notes=tuple(notes.get(row["doc_id"], ())),
                assigned_to=assigned.get(row["doc_id"], ""),
            )
            for row in rows
        ),
        rejects=Counter({row["why"]: row["number"] for row in rejects}),
        examples={row["why"]: row["example"] for row in rejects},
    )


def _said(row: Mapping[str, Any]) -> str:
    """Say what people made of a sign or a check, and who, or why it is open again."""
    if row["state"] == "reopened":
        return f"reopened: {REOPENED[row['reopened_because']]}"
    word = word_of(row["object"], row["decision"], row["verdict"], row["corrected_label"], row["decided_by"])
    return f"{word.replace('_', ' ')} by {row['reviewer']}"


def show(summary: Overview) -> Iterator[RenderableType]:
    """Lay out the summary for a terminal of 80 columns; texts of documents are never markup."""
    number = sum(summary.documents.values())
    counts = " · ".join(f"{summary.documents[word]:,} {word}" for word in STATUSES if summary.documents[word])
    heading = f"{counted(number, 'document')}{': ' if counts else ''}{counts}"
    left_out = f" · {summary.dismissed:,} more cleared on review" if summary.dismissed else ""
    yield Text(heading + left_out, style="bold")
    if summary.top:
        yield _documents(summary.top)
    if summary.not_asked:
        whys = " · ".join(f"{why} {count:,}" for why, count in sorted(summary.not_asked.items()))
        yield Text(f"documents with skipped checks: {whys}", style="bold")
    if summary.rejects:
        yield Text(f"{sum(summary.rejects.values()):,} rejects", style="bold")
        yield _rejects(summary)


def _documents(top: Sequence[Risky]) -> Table:
    table = Table(show_edge=False, header_style="bold", expand=True, show_lines=True)
    table.add_column("risk", no_wrap=True, width=5)
    table.add_column("status", no_wrap=True, width=11)
    table.add_column("document", ratio=2, overflow="fold")
    table.add_column("findings", ratio=3, overflow="fold")
    for row in top:
        document = Text(line(row.stated or row.title or row.uri.rpartition("/")[2], 120), style="bold")
        category = ", ".join(line(word) for word in (row.domain, row.kind) if word)
        document.append(f"\n{category}", "not bold default")
        document.append(f"\n{_short(row.uri)}", "not bold dim default")
        if row.assigned_to:
            document.append(f"\nassigned to {line(row.assigned_to, 80)}", "not bold green")
        table.add_row(f"{row.risk:.3f}", status(row.status), document, _signs(row))
    return table


def _signs(row: Risky) -> Text:
    shown = Text()
    for code, severity, evidence in row.flags[:FLAGS_SHOWN]:
        shown.append(f" {severity} ", STYLES[severity]).append(f" {code}", "bold")
        if said := row.decided.get(("flag", code)):
            shown.append(f" {line(said, 80)}", "green")
        shown.append(f"\n“{line(evidence, 60)}”\n", "italic")
    if len(row.flags) > FLAGS_SHOWN:
        shown.append(f"and {len(row.flags) - FLAGS_SHOWN} more\n", "dim")
    if row.failed or row.review:
        checks = [f"{row.failed} failed"] * bool(row.failed) + [f"{row.review} to review"] * bool(row.review)
        shown.append(f"checks: {', '.join(checks)}")
    for (of, code), said in row.decided.items():
        if of == "finding":
            gap = "" if shown.plain.endswith("\n") or not shown.plain else "\n"
            shown.append(f"{gap}{code}: {line(said, 80)}", "green")
    for words, who in row.notes[-NOTES_SHOWN:]:
        gap = "" if shown.plain.endswith("\n") or not shown.plain else "\n"
        shown.append(f"{gap}note by {line(who, 80)}: {line(words, 200)}", "green")
    if len(row.notes) > NOTES_SHOWN:
        shown.append(f"\nand {counted(len(row.notes) - NOTES_SHOWN, 'earlier note')}", "dim")
    shown.rstrip()
    return shown if shown else Text("nothing", style="dim")


def _rejects(summary: Overview) -> Table:
    table = Table(show_edge=False, header_style="bold", expand=True)
    table.add_column("number", justify="right", no_wrap=True)
    table.add_column("stage, reason", ratio=1, overflow="fold")
    table.add_column("example", ratio=1, overflow="fold")
    for reason, number in summary.rejects.most_common():
        table.add_row(f"{number:,}", Text(line(reason)), Text(_short(summary.examples[reason])))
    return table


def _short(uri: str) -> str:
    shown = line(uri)
    return shown if len(shown) <= 60 else "…" + shown[-59:]


def _opened(out: str) -> DuckDBPyConnection:
    """Connect to tables, with the views that are asked; on those of a catalog nobody decides.

    The files of a folder are read once before, since DuckDB does not look at their checksums.
    """
    if not is_catalog(out):
        for table in TABLES:
            for _ in destination(out).read(table, _READ.get(table, _OF_DOCUMENTS)):
                pass
        return connect(
            out, sql=f"{_LISTED} {_SIGNS} {_SAID} {_STATED} {_REJECTS} {_WHYS} {_REMARKS} {_ASSIGNED}"
        )
    import duckdb

    tables = destination(out)
    connection = duckdb.connect(":memory:")
    connection.execute("set enable_progress_bar = false")
    with tables.write_access(make=False):
        for table in ALL_TABLES:
            if table in TABLES:
                columns = _READ.get(table, schema(table).names)
                shape = pa.schema([schema(table).field(name) for name in columns]).empty_table()
                pieces = [piece.replace_schema_metadata(None) for piece in tables.read(table, columns)]
                connection.register(f"{table}_rows", pa.concat_tables([shape, *pieces]))
            connection.execute(table_view(table, f"{table}_rows" if table in TABLES else None))
    connection.execute("create view document_states as select *, 'current' as state from documents")
    for statement in (*NOBODY_DECIDED, "create temp view facts_corrected as from facts"):
        connection.execute(statement)
    connection.execute(definition("documents_decided").replace("create or replace", "create temp"))
    return connection
