"""Summarise the tables of a batch, read with Arrow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from docassay.observe.sanitize import line
from docassay.schemas.arrow import schema
from docassay.schemas.errors import TablesError
from docassay.schemas.rows import SEVERITIES, STATUSES
from docassay.storage.catalogs import destination
from docassay.storage.decisions.record import rows_of
from docassay.storage.tables import manifest
from docassay.storage.tables.file_systems import is_catalog
from docassay.storage.tables.parquet import read_table
from docassay.views.facts import HEADLINE_COLUMNS, headline_fields, headlines
from docassay.views.labels import counted
from docassay.views.terminal import STYLES, status

TABLES = ("documents", "flags", "findings", "facts", "rejects")

Read = Callable[..., pa.Table]
"""Reads columns of a table: of the rows that an expression chooses, of the files of some names."""

Files = Set[str] | None
"""The names of files that are read; None: all."""

ATTEMPTS = 3
"""Attempts to read while another process changes the tables."""

FLAGS_SHOWN = 3
"""Maximum number of different signs listed for a document."""


_SUMMARY = """
select {object} as object, doc_id, {code} as code,
       bool_and(state = 'decided' and decision = 'dismissed') as is_dismissed,
       string_agg(distinct case state when 'reopened' then 'reopened: another ' || reopened_because
                  when 'decided' then replace(decision, '_', ' ') || ' by ' || reviewer end, ', ') as said
from {view}
group by doc_id, {code}
having count(*) filter (state <> 'open') > 0
"""

_DECISIONS = " union all ".join(
    [
        _SUMMARY.format(object="'flag'", code="code", view="flags_decided"),
        _SUMMARY.format(
            object="'finding'",
            code="check_id",
            view="(select * from findings_decided where verdict <> 'pass')",
        ),
    ]
)


@dataclass(frozen=True, slots=True)
class DecisionSummary:
    """Decisions on the flags of one code, or on a check, in a document.

    Attributes:
        said: In words.
        is_dismissed: All of them are dismissed.
    """

    said: str
    is_dismissed: bool


@dataclass(frozen=True, slots=True)
class Risky:
    """A document and what was found in it.

    Attributes:
        stated: Its parties, number and sum; see `facts.headline`.
        flags: (code, severity, evidence) of each different sign of fraud, the severest first.
        failed: Compliance checks that fail.
        review: Checks that a person should look at.
        decided: What people made of its flags, by code, and of its checks, by check_id.
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
    """Read the tables of an output folder: the `top` riskiest documents, and why inputs were rejected.

    A file that is gone since it was listed has been merged or replaced; then everything is read again.

    Args:
        out: The tables.
        top: So many documents.
        without_dismissed: Leave out what people have dismissed, and documents of which that is everything.

    Raises:
        TablesError: The folder holds no tables, or some of another version, or a damaged file.
    """
    for _ in range(ATTEMPTS):
        try:
            return _overview(out, top, without_dismissed)
        except FileNotFoundError as error:
            gone = error
    raise TablesError(f"{gone.filename or gone} is gone; run it again, or: docassay verify {out}")


def decision_summaries(out: str, needed: bool = False) -> Mapping[tuple[str, str, str], DecisionSummary]:
    """Read the decisions on flags and findings, by `flag` or `finding`, document and code.

    Nothing where nobody has decided.

    Args:
        out: The tables.
        needed: Without it, those of a catalog are left out: decisions are joined by SQL.

    Raises:
        UsageError: The tables are a catalog's, and they are needed.
        TablesError: A file is damaged.
    """
    if is_catalog(out) and not needed:
        return {}
    if not len(rows_of(out, ["sequence"])):
        return {}
    from docassay.views.query import ask

    return {
        (row["object"], row["doc_id"], row["code"]): DecisionSummary(row["said"], row["is_dismissed"])
        for row in ask(out, _DECISIONS).rows()
    }


def _overview(out: str, top: int, without_dismissed: bool) -> Overview:
    read, files_of = _reader(out)
    marked = decision_summaries(out, needed=without_dismissed)
    left_out = {key for key, mark in marked.items() if mark.is_dismissed} if without_dismissed else set()
    columns = ["doc_id", "uri", "title", "domain", "kind", "risk", "status", "not_asked"]
    documents = read("documents", columns)
    findings = read("findings", ["doc_id", "check_id", "verdict"], pc.field("verdict") != "pass")
    open_checks = {
        one
        for one in zip(*(findings[column].to_pylist() for column in findings.column_names), strict=True)
        if ("finding", one[0], one[1]) not in left_out
    }
    failed = Counter(doc_id for doc_id, _, verdict in open_checks if verdict == "fail")
    review = Counter(doc_id for doc_id, _, verdict in open_checks if verdict == "review")
    rows = documents.to_pylist()
    rows.sort(key=lambda row: (-row["risk"], -failed[row["doc_id"]], -review[row["doc_id"]], row["uri"]))
    of_dismissed = {doc_id for _, doc_id, _ in left_out}
    likely = [*of_dismissed, *(row["doc_id"] for row in rows[: top + len(of_dismissed)])]
    files = files_of(likely)
    flags = _flags(read, likely, files)
    for doc_id, signs in flags.items():
        signs[:] = [sign for sign in signs if ("flag", doc_id, sign[0]) not in left_out]
    cleared = {i for i in of_dismissed if not (flags.get(i) or failed[i] or review[i])}
    rows = [row for row in rows if row["doc_id"] not in cleared]
    chosen = rows[:top]
    stated = _stated(read, [row["doc_id"] for row in chosen], files)
    decided: dict[str, dict[tuple[str, str], str]] = {}
    for (of, doc_id, code), mark in marked.items():
        decided.setdefault(doc_id, {})[of, code] = mark.said
    rejects = read("rejects", ["stage", "reason", "uri"]).to_pylist()
    reasons = Counter(f"{row['stage']} {row['reason']}" for row in rejects)
    examples: dict[str, str] = {}
    for row in sorted(rejects, key=lambda row: str(row["uri"])):
        examples.setdefault(f"{row['stage']} {row['reason']}", row["uri"])
    return Overview(
        documents=Counter(row["status"] for row in rows),
        dismissed=len(cleared),
        not_asked=Counter(
            why for row in rows for why in {one.partition(":")[0] for one in row["not_asked"] or ()}
        ),
        top=tuple(
            Risky(
                **{key: row[key] for key in ("uri", "title", "domain", "kind", "risk", "status")},
                stated=stated.get(row["doc_id"], ""),
                flags=tuple(flags.get(row["doc_id"], ())),
                failed=failed[row["doc_id"]],
                review=review[row["doc_id"]],
                decided=decided.get(row["doc_id"], {}),
            )
            for row in chosen
        ),
        rejects=reasons,
        examples=examples,
    )


def show(summary: Overview) -> Iterator[RenderableType]:
    """Lay out the summary for a terminal of 80 columns; texts of documents are never markup."""
    number = sum(summary.documents.values())
    counts = " · ".join(f"{summary.documents[word]:,} {word}" for word in STATUSES if summary.documents[word])
    heading = f"{counted(number, 'document')}{': ' if counts else ''}{counts}"
    left_out = f" · everything dismissed in {summary.dismissed:,} more" if summary.dismissed else ""
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
    shown.rstrip()
    return shown if shown else Text("nothing", style="dim")


def _rejects(summary: Overview) -> Table:
    table = Table(show_edge=False, header_style="bold", expand=True)
    table.add_column("number", justify="right", no_wrap=True)
    table.add_column("stage, reason", ratio=1, overflow="fold")
    table.add_column("such as", ratio=1, overflow="fold")
    for reason, number in summary.rejects.most_common():
        table.add_row(f"{number:,}", Text(line(reason)), Text(_short(summary.examples[reason])))
    return table


def _short(uri: str) -> str:
    shown = line(uri)
    return shown if len(shown) <= 60 else "…" + shown[-59:]


def _stated(read: Read, doc_ids: Sequence[str], files: Files) -> dict[str, str]:
    wanted = pc.field("doc_id").isin(pa.array(doc_ids, pa.string()))
    named = pc.field("name").isin(pa.array(headline_fields(), pa.string()))
    return headlines(read("facts", HEADLINE_COLUMNS, wanted & named, files).to_pylist())


def _flags(read: Read, doc_ids: Sequence[str], files: Files) -> dict[str, list[tuple[str, str, str]]]:
    columns = ["doc_id", "code", "severity", "evidence", "start_char"]
    table = read("flags", columns, pc.field("doc_id").isin(pa.array(doc_ids, pa.string())), files)
    by_document: dict[str, dict[str, tuple[str, str, str]]] = {}
    for row in sorted(
        table.to_pylist(), key=lambda row: (-SEVERITIES.index(row["severity"]), row["start_char"])
    ):
        of_document = by_document.setdefault(row["doc_id"], {})
        of_document.setdefault(row["code"], (row["code"], row["severity"], row["evidence"]))
    return {doc_id: list(signs.values()) for doc_id, signs in by_document.items()}


def _reader(out: str) -> tuple[Read, Callable[[Sequence[str]], Files]]:
    """Check the tables of an output folder as they are now, and give what reads them.

    Returns:
        What reads, and what names the files with the rows of some documents: a document's rows of all tables
        are in files of one name.
    """
    paths: dict[str, list[str]] = {}
    if is_catalog(out):
        tables = destination(out)
        with tables.write_access(make=False):
            from_catalog = tables.read

        def pieces(table: str, columns: Sequence[str], files: Files) -> Iterator[pa.Table]:
            return from_catalog(table, columns)
    else:
        state = manifest.current(out)
        manifest.check_files(out, state, TABLES)
        paths = manifest.table_files(out, state)
        if not any(paths[table] for table in TABLES):
            raise TablesError(f"{out} holds no tables; make some with: docassay batch IN... --out {out}")

        def pieces(table: str, columns: Sequence[str], files: Files) -> Iterator[pa.Table]:
            for path in paths[table]:
                if files is None or path.rpartition("/")[2] in files:
                    yield read_table(table, path, columns)

    def read(
        table: str, columns: Sequence[str], rows: pc.Expression | None = None, files: Files = None
    ) -> pa.Table:
        shape = pa.schema([schema(table).field(name) for name in columns])
        chosen = (piece if rows is None else piece.filter(rows) for piece in pieces(table, columns, files))
        return pa.concat_tables([shape.empty_table(), *(one.replace_schema_metadata(None) for one in chosen)])

    def files_of(doc_ids: Sequence[str]) -> Files:
        if not paths:
            return None
        wanted = set(doc_ids)
        return {
            path.rpartition("/")[2]
            for path in paths["documents"]
            if not wanted.isdisjoint(read_table("documents", path, ["doc_id"])["doc_id"].to_pylist())
        }

    return read, files_of
