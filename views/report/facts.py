"""Query the facts of a report in SQL (`views.query`), for any number of rows.

Every list is limited; what is left out is counted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from docassay.schemas.expectations import expectations, snake
from docassay.schemas.rows import SEVERITIES
from docassay.storage.tables.validate import DEPENDENT
from docassay.views.accuracy import DECIDED, RuleAccuracy, count_by_rule
from docassay.views.query import rows_of
from docassay.views.report import drift
from docassay.views.report.wording import law_of, titles
from docassay.views.shipped_views import LATEST_FIRST

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Row = dict[str, Any]

MOST_KINDS = 60
MOST_REASONS = 40
MOST_SIGNS = 60
MOST_CHECKS = 400
MOST_LANGUAGES = 20
MOST_NAMES = 10
"""Senders and sellers that are listed."""
MOST_RUNS = 500
"""Runs whose records are read, the latest; those shown in full are `RUNS_SHOWN`."""
RUNS_SHOWN = 10
MOST_VERSIONS = 60

_RANK = f"list_position({list(SEVERITIES)!r}, severity)"

_UNITS = (("hour", 2), ("day", 62), ("week", 370), ("month", 3_700), ("year", 1_000_000))
"""What the time axis is cut into, where documents came in within so many days."""

SETUP = """
create temp table states as
    select doc_id, uri, title, domain, kind, language, decided_status as status, decided_risk as risk,
           not_asked, chars, processed_at, to_decide, left_to_decide, document_state as state, document_date,
           list_filter(reasons, lambda one: not regexp_matches(one, '^(flag|check):')) as doubts
    from documents_decided;
create temp view open_flags as from flags_decided where stands;
create temp view open_findings as select * replace (decided_verdict as verdict) from findings_decided
    where decided_verdict <> 'does_not_apply';
create temp view chosen as from states where state = 'current';
"""


class Facts(NamedTuple):
    """The content of a report.

    Attributes:
        totals: Documents by status, without what people dismissed, and by state; the first and last time that
            one came in, and the first and last day that one states as its own.
        kinds: By domain and kind: documents by status.
        periods: By period of `unit`: documents by status.
        unit: What a period is.
        own_periods: By period of `own_unit`, by the days that they state as their own: its first and last
            day, and documents by status.
        own_unit: What such a period is.
        languages: Documents by language.
        senders: Addresses that sent most mails: documents, those with signs of fraud, first and last date.
        sellers: The same of names that most invoices are of.
        decided: By domain and kind: things to decide on and decided; documents decided and waiting.
        not_asked: By why and questions: documents.
        doubts: Documents by what in them wants a look, but for evidence, and by why they were not checked.
        rejects: By stage and reason: inputs, rows, and one URI.
        signs: By code and severity: flags, documents.
        checks: By check: documents by verdict.
        observed: What people made of each rule and verdict, those with most decisions first.
        runs: The latest runs, newest first.
        comparisons: How the latest runs differ from earlier ones.
        compared: Runs before and now that are compared.
        checked: By table, column and expectation: rows that were checked and refused.
        unrecorded: Runs that did not record it.
        versions: Models and rules with their digests, and since when they are used.
        left_out: How many of each list are not listed.
    """

    totals: Row
    kinds: list[Row]
    periods: list[Row]
    unit: str
    own_periods: list[Row]
    own_unit: str
    languages: list[Row]
    senders: list[Row]
    sellers: list[Row]
    decided: list[Row]
    not_asked: list[Row]
    doubts: list[Row]
    rejects: list[Row]
    signs: list[Row]
    checks: list[Row]
    observed: list[RuleAccuracy]
    runs: list[Row]
    comparisons: list[drift.Comparison]
    compared: tuple[int, int]
    checked: list[Row]
    unrecorded: int
    versions: list[Row]
    left_out: Row


def gather(connection: DuckDBPyConnection) -> Facts:
    """Ask the tables.

    Args:
        connection: Of `views.query.connect`, with every table and view that `SQL` names.
    """
    connection.execute(SETUP)
    left_out: Row = {}

    def listed(name: str, sql: str, most: int) -> list[Row]:
        rows = rows_of(connection, sql)
        left_out[name] = max(0, len(rows) - most)
        return rows[:most]

    (totals,) = rows_of(connection, TOTALS)
    unit = _unit(totals["first"], totals["last"])
    own_unit = _unit(totals["first_own"], totals["last_own"], "day")
    records = rows_of(connection, f"{RUNS} limit {MOST_RUNS}")
    number = rows_of(connection, "select count(*) as number from runs")[0]["number"]
    for record in records:
        for column in ("counts", "reasons", "seconds"):
            record[column] = _object(record[column])
        record["took"] = round((record["finished"] - record["started"]).total_seconds())
    of_drift = [
        drift.Run(r["documents"], r["reasons"], r["counts"]) for r in reversed(records) if r["inputs"]
    ]
    before, latest = drift.split(of_drift)
    checked, unrecorded = _checked(records)
    decided = count_by_rule(rows_of(connection, DECIDED))
    decided.sort(key=lambda one: (-one.right - one.wrong, one.rule, one.says))
    left_out["observed"] = max(0, len(decided) - MOST_SIGNS)
    return Facts(
        totals=totals,
        kinds=listed("kinds", KINDS, MOST_KINDS),
        periods=rows_of(connection, PERIODS.format(unit=unit)),
        unit=unit,
        own_periods=rows_of(connection, OWN_PERIODS.format(unit=own_unit)),
        own_unit=own_unit,
        languages=listed("languages", LANGUAGES, MOST_LANGUAGES),
        senders=listed("senders", NAMES.format(name="sender"), MOST_NAMES),
        sellers=listed("sellers", NAMES.format(name="seller"), MOST_NAMES),
        decided=listed("decided", DECIDED_OF, MOST_KINDS),
        not_asked=listed("not_asked", NOT_ASKED, MOST_REASONS),
        doubts=listed("doubts", DOUBTS, MOST_REASONS),
        rejects=listed("rejects", REJECTS, MOST_REASONS),
        signs=[_titled(row, "code") for row in listed("signs", SIGNS, MOST_SIGNS)],
        checks=[_titled(row, "check_id") for row in listed("checks", CHECKS, MOST_CHECKS)],
        observed=decided[:MOST_SIGNS],
        runs=records[:RUNS_SHOWN],
        comparisons=drift.comparisons(before, latest) if latest else [],
        compared=(len(before), len(latest)),
        checked=checked,
        unrecorded=unrecorded,
        versions=[_versioned(row) for row in listed("versions", VERSIONS, MOST_VERSIONS)],
        left_out=left_out | {"runs": number - min(number, RUNS_SHOWN)},
    )


TOTALS = """
with inputs as (from rejects where table_name is null),
flagged as (
    select distinct doc_id from open_flags semi join chosen using (doc_id) where severity = 'critical'
),
failing as (select distinct doc_id from open_findings semi join chosen using (doc_id) where verdict = 'fail')
select count(*) filter (state = 'current') as documents,
       count(*) filter (state = 'current' and status = 'flagged') as flagged,
       count(*) filter (state = 'current' and status = 'review') as review,
       count(*) filter (state = 'current' and status = 'failed') as decided_failed,
       count(*) filter (state = 'current' and status = 'not_checked') as unchecked,
       count(*) filter (state = 'current' and status = 'clear') as nothing,
       count(*) filter (state = 'superseded') as superseded,
       count(*) filter (state = 'missing') as missing,
       min(processed_at) filter (state = 'current') as first,
       max(processed_at) filter (state = 'current') as last,
       min(document_date) filter (state = 'current') as first_own,
       max(document_date) filter (state = 'current') as last_own,
       count(document_date) filter (state = 'current') as dated,
       (select count(*) from inputs where reason not in ('missing', 'duplicate')) as rejects,
       (select count(*) from flagged) as critical,
       (select count(*) from failing) as failing
from states
"""

_BY_STATUS = """count(*) as documents, count(*) filter (status = 'flagged') as flagged,
       count(*) filter (status = 'review') as review, count(*) filter (status = 'failed') as decided_failed,
       count(*) filter (status = 'not_checked') as unchecked, count(*) filter (status = 'clear') as nothing"""

KINDS = f"select domain, kind, {_BY_STATUS} from chosen group by all order by documents desc, domain, kind"

PERIODS = f"""
select date_trunc('{{unit}}', processed_at) as period, {_BY_STATUS}
from chosen group by all order by period
"""

OWN_PERIODS = f"""
select date_trunc('{{unit}}', document_date) as period, period::date::varchar as since,
       (period + interval 1 {{unit}} - interval 1 day)::date::varchar as until, {_BY_STATUS}
from chosen where document_date is not null group by all order by period
"""

LANGUAGES = """
select language, count(*) as documents,
       count(*) filter (
           len(list_filter(doubts, lambda one: regexp_matches(one, '^language_(without_model|not_read)'))) > 0
       ) as unread
from chosen group by all order by documents desc, language
"""

NAMES = """
with told as (
    select distinct doc_id, coalesce(normalised, value) as value
    from facts_corrected where name = '{name}' and not abstained
)
select value, count(*) as documents, count(*) filter (status = 'flagged') as flagged,
       min(document_date) as first, max(document_date) as last
from chosen join told using (doc_id) where len(value) <= 150
group by value order by documents desc, flagged desc, value
"""

DECIDED_OF = """
select domain, kind, sum(to_decide) as things, sum(to_decide - left_to_decide) as settled,
       count(*) filter (left_to_decide = 0) as decided, count(*) filter (left_to_decide > 0) as waiting
from chosen where to_decide > 0 group by all order by waiting desc, decided desc, domain, kind
"""

NOT_ASKED = """
with asked as (select doc_id, unnest(not_asked) as one from chosen),
counted as (
    select split_part(one, ': ', 1) as why, left(split_part(one, ': ', 2), 4000) as questions,
           count(distinct doc_id) as documents
    from asked group by all
)
select why, questions, documents from counted order by documents desc, why, questions
"""

DOUBTS = """
with doubted as (select doc_id, split_part(unnest(doubts), ':', 1) as doubt from chosen)
select doubt, count(distinct doc_id) as documents from doubted group by all order by documents desc, doubt
"""

REJECTS = """
select stage, reason, count(*) filter (table_name is null) as inputs,
       count(*) filter (table_name is not null) as rows, left(min(uri), 400) as uri
from rejects group by all order by inputs desc, rows desc, stage, reason
"""

SIGNS = f"""
select code, severity, count(*) as flags, count(distinct f.doc_id) as documents,
       mode(left(why, 400)) as why, mode(left(source, 400)) as source, mode(decided_by) as decided_by
from open_flags f semi join chosen using (doc_id)
group by all order by max({_RANK}) desc, documents desc, code
"""

CHECKS = """
select check_id, count(distinct f.doc_id) as documents,
       count(distinct f.doc_id) filter (verdict = 'pass') as passed,
       count(distinct f.doc_id) filter (verdict = 'fail') as failed,
       count(distinct f.doc_id) filter (verdict = 'review') as review,
       mode(severity) as severity, mode(left(why, 400)) as why, mode(left(source, 400)) as source,
       mode(decided_by) as decided_by, left(min(uri) filter (verdict = 'fail'), 300) as failing
from open_findings f join chosen using (doc_id)
group by all order by failed desc, review desc, check_id
"""

RUNS = f"""
select run_id, started, finished, inputs, documents, rejects, skipped, reasons, counts, seconds
from runs order by {LATEST_FIRST}
"""

VERSIONS = """
with used as (
    select 'model' as sort, unnest(models) as named, started from runs where inputs > 0
    union all
    select 'rules', unnest(rules), started from runs where inputs > 0
    union all
    select 'docassay', version, started from runs where inputs > 0
)
select sort, named, min(started) as since, max(started) as until, count(*) as runs,
       max(started) = (select max(started) from runs where inputs > 0) as is_latest
from used group by all order by sort, is_latest desc, named
"""

SQL = f"{SETUP}{TOTALS}{NAMES}{SIGNS}{CHECKS}{RUNS}{VERSIONS}{DECIDED}"
"""Names every table and view that is asked."""


def _checked(records: Sequence[Row]) -> tuple[list[Row], int]:
    """List what each expectation found in the latest run that recorded it, and the runs that did not."""
    latest = next((r for r in records if any(name.startswith("validate.") for name in r["counts"])), None)
    unrecorded = sum(
        1 for r in records if r["documents"] and not any(n.startswith("validate.") for n in r["counts"])
    )
    if latest is None:
        return [], unrecorded
    counts = latest["counts"]
    rows = []
    for table in ("documents", *DEPENDENT):
        number = counts.get(f"validate.checked.{table}", 0)
        for name, arguments in expectations(table) if number else ():
            column = str(arguments.get("column") or arguments["column_A"])
            refused = counts.get(f"validate.refused.{table}.{column}.{snake(name)}", 0)
            rows.append(
                {
                    "run_id": latest["run_id"],
                    "table": table,
                    "column": column,
                    "name": name,
                    "arguments": arguments,
                    "checked": number,
                    "refused": refused,
                }
            )
    return rows, unrecorded


def _versioned(row: Row) -> Row:
    name, _, digest = row["named"].partition(" ")
    return {**row, "name": name, "digest": digest}


def _titled(row: Row, key: str) -> Row:
    """Add the title and the law of its rule to a row."""
    title, source = titles(row["decided_by"]).get(row[key], (row["why"], row["source"]))
    return {**row, "title": title, "source": source, "law": law_of(source)}


def _unit(first: date | None, last: date | None, least: str = "hour") -> str:
    days = 0 if first is None or last is None else (last - first).days
    return next(unit for unit, most in _UNITS if days <= most and (unit != "hour" or least == "hour"))


def _object(text: str) -> Row:
    """Read a JSON object of a run's row; what is none, in tables that others have changed, is empty."""
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
