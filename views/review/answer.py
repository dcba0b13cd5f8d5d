"""Answer SQL to the tables for the page *Tables*, in a process of its own that can be killed.

The answer is kept as a table of DuckDB, cut at `MOST_ROWS`; the rows of a page, the facets and the chart are
taken from there, so that the SQL runs once.
"""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Mapping, Sequence
from datetime import date
from errno import EFBIG
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docassay.observe.sanitize import line
from docassay.schemas.errors import RunError, UsageError
from docassay.transforms.isolation.child import Request, allow_threads
from docassay.views.export import plain, write_csv
from docassay.views.query import BATCH_ROWS, Answer, checked, connect, retried, rows_of
from docassay.views.shipped_views import quoted, quoted_name

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

ROWS = 50
"""Rows on a page."""

MOST_ROWS = 100_000
"""Rows of an answer that are counted, paged through and drawn."""

MOST_COLUMNS = 200
MOST_FILE = 500_000_000
"""Bytes of a file that is written: a download, or what does not fit into memory."""

MEMORY = 1_000_000_000
"""Bytes that the database may take."""

CELL = 240
"""Characters of a value that are shown."""

LISTED = 20
"""Values of a list that are shown."""

FACETS, VALUES = 8, 12
"""Columns by whose values an answer is filtered, and the most values that such a column has."""

VALUE = 100
"""Characters of the longest of these values."""

BARS, POINTS = 30, 400
"""What a chart has room for."""

COUNT = "number of rows"
"""Stands for a column of numbers where there is none."""

TEXTS = ("VARCHAR", "BOOLEAN")
"""Types of columns by whose values an answer is filtered and drawn."""

_DAY = r"\d{4}(-\d{2}){0,2}"
_NUMBERS = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)\b[^\[]*$")
_TIMES = re.compile(r"(DATE|TIMESTAMP)\b[^\[]*$")


def answer(request: Request) -> dict[str, Any]:
    """Answer what the page asks; runs in a worker.

    What is asked is a dict of the folder `out`, the `sql`, the pairs of a column and its value (or None) in
    `narrowed`, and of either the `file` to which all rows are written as CSV, or the row at which the page
    starts (`start`) and the `chart`: its kind and its two columns, each may be empty.
    """
    allow_threads()
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_FILE, MOST_FILE))
    asked: Mapping[str, Any] = request.asked
    try:
        return _answered(asked)
    except RunError as error:
        if type(error) is not RunError:
            raise
        raise RunError(
            "it needs more memory than this page allows: ask for less, or use docassay query"
        ) from None


def _answered(asked: Mapping[str, Any]) -> dict[str, Any]:
    out, sql = asked["out"], asked["sql"]

    def work() -> dict[str, Any]:
        connection = connect(out, None, MEMORY, os.environ["TMPDIR"], sql)
        relation = _narrowed(connection.sql(checked(connection, sql)), asked["narrowed"])
        if asked["file"]:
            reader = relation.to_arrow_reader(BATCH_ROWS)
            return _write(Answer(connection, reader, out), asked["file"])
        relation.limit(MOST_ROWS + 1).create("answer")
        return _page(connection, asked["start"], asked["chart"])

    return retried(out, work, is_given=True)


def _write(answer: Answer, path: str) -> dict[str, Any]:
    """Write all rows as CSV.

    Raises:
        UsageError: They are too many.
    """
    try:
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            return {"rows": write_csv(answer.schema, answer.batches(), file)}
    except OSError as error:
        why = f"it would have more than {MOST_FILE:,} bytes" if error.errno == EFBIG else error.strerror
        raise UsageError(f"the file cannot be written: {why}; ask for less, or use docassay query") from None


def _narrowed(relation: DuckDBPyRelation, narrowed: Sequence[Sequence[Any]]) -> DuckDBPyRelation:
    """Keep the rows that have the chosen values."""
    if len(relation.columns) > MOST_COLUMNS:
        raise UsageError(
            f"the answer has {len(relation.columns):,} columns; at most {MOST_COLUMNS} are shown"
        )
    for column, value in narrowed:
        if column not in relation.columns:
            raise UsageError(f"the answer has no column {line(column, 80)}; remove the filter")
        text = f"{quoted_name(column)}::varchar"
        relation = relation.filter(f"{text} is null" if value is None else f"{text} = {quoted(value)}")
    return relation


def _page(connection: DuckDBPyConnection, start: int, chart: Sequence[str]) -> dict[str, Any]:
    """Give a page of the answer, with its facets and its chart."""
    about = rows_of(connection, "select column_name, column_type from (describe answer)")
    types = {row["column_name"]: row["column_type"] for row in about}
    (total,) = connection.execute("select count(*) from answer").fetchone() or (0,)
    found = connection.execute(f"from answer limit {ROWS} offset {start}")
    rows = [[_cell(value) for value in row] for row in found.fetchall()]
    return {
        "columns": [[name, bool(_NUMBERS.match(kind))] for name, kind in types.items()],
        "rows": rows,
        "total": min(total, MOST_ROWS),
        "is_cut": total > MOST_ROWS,
        "facets": _facets(connection, types, total),
        "chart": _chart(connection, types, chart),
    }


def _cell(value: Any) -> Sequence[str | None]:
    """Write a value as it is shown: a list by its values, so that each can be a link."""
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        more = [f"… {len(value) - LISTED:,} more"] if len(value) > LISTED else []
        return [line(str(plain(one)), CELL) for one in value[:LISTED]] + more
    return [None if value is None else line(str(plain(value)), CELL)]


def _facets(connection: DuckDBPyConnection, types: Mapping[str, str], total: int) -> list[Any]:
    """Count the rows of each value, in columns that have few."""
    found: list[Any] = []
    for name, kind in types.items():
        if len(found) == FACETS or not (kind in TEXTS or "INT" in kind):
            continue
        values = connection.execute(
            f"select {quoted_name(name)}::varchar, count(*) from answer"
            f" group by 1 order by 2 desc, 1 limit {VALUES + 1}"
        ).fetchall()
        has_some = 1 < len(values) <= VALUES and len(values) < total
        if has_some and all(len(value or "") <= VALUE for value, _ in values):
            found.append([name, values])
    return found


def _chart(connection: DuckDBPyConnection, types: Mapping[str, str], chosen: Sequence[str]) -> dict[str, Any]:
    """Sum up what is drawn: the numbers of a column (or of rows) by the values of another.

    Without a choice a column of days or months is drawn as a line, one of texts as bars, where each row has a
    value of its own in it, and numbers.
    """
    kind, x, y = chosen
    numbers = [name for name, of in types.items() if _NUMBERS.match(of)]
    days = [name for name, of in types.items() if _TIMES.match(of) or _holds_days(connection, name, of)]
    texts = [name for name, of in types.items() if of in TEXTS]
    x = x if x in types else next(iter([*days, *texts]), "")
    y = y if y in numbers or y == COUNT else next((name for name in numbers if name != x), COUNT)
    choices = {"xs": list(types), "ys": [*numbers, COUNT], "x": x, "y": y, "labels": [], "said": ""}
    if not kind and x and y != COUNT and _is_key(connection, x):
        kind = "line" if x in days else "bar"
    if kind not in ("bar", "line") or not x:
        return choices | {"kind": "none"}
    most, order = (POINTS, "1") if kind == "line" and x in days else (BARS, "2 desc, 1")
    value = "count(*)" if y == COUNT else f"sum({quoted_name(y)}::double)"
    rows = connection.execute(
        f"select {quoted_name(x)}::varchar, {value} from answer where {quoted_name(x)} is not null"
        f" group by 1 having isfinite({value}::double) order by {order} limit {most + 1}"
    ).fetchall()
    said = f"Only the first {most} are drawn." if len(rows) > most else ""
    rows = rows[:most]
    if kind == "bar" and any(number < 0 for _, number in rows):
        kind, said = "line", "Drawn as a line because some numbers are below 0."
    (left_out,) = connection.execute(
        f"select {value}::double from answer where {quoted_name(x)} is null having count(*) > 0"
    ).fetchone() or (None,)
    if left_out:
        said = f"{said} Not drawn, for lack of {line(x, 60)}: {line(y, 60)} {left_out:,.6g}.".lstrip()
    places = [_ordinal(label) for label, _ in rows] if x in days else []
    return choices | {
        "kind": kind,
        "labels": [line(label, CELL) for label, _ in rows],
        "values": [float(number) for _, number in rows],
        "places": places if all(places) else [],
        "said": said,
    }


def _is_key(connection: DuckDBPyConnection, name: str) -> bool:
    """Whether each of some rows, as many as a chart has room for, has a value of its own in a column."""
    column = quoted_name(name)
    (is_so,) = connection.execute(
        f"select count(*) between 1 and {BARS} and count(distinct {column}) = count({column}) from answer"
    ).fetchone() or (False,)
    return bool(is_so)


def _holds_days(connection: DuckDBPyConnection, name: str, kind: str) -> bool:
    """Whether a column of texts holds years, months or days alone, such as 2026-03."""
    if kind != "VARCHAR":
        return False
    (is_so,) = connection.execute(
        f"select bool_and(regexp_full_match({quoted_name(name)}, '{_DAY}')) from answer"
    ).fetchone() or (False,)
    return bool(is_so)


def _ordinal(label: str) -> int:
    """Give the place of a day, month or year in time.

    >>> _ordinal("2026-03-02") - _ordinal("2026-03"), _ordinal("2026-99")
    (1, 0)
    """
    try:
        return date.fromisoformat(f"{label}-01-01"[:10]).toordinal()
    except ValueError:  # 2026-99, or a year that `date` has not
        return 0
