"""Expectations of every row of a table, as data, and the same compiled to Arrow.

`tables.validate` checks them with Great Expectations, which takes two seconds to import, only where the
compiled form, which takes a thousandth of the time, does not hold.

Each table has a list of (expectation, arguments). Three columns are added to a table only while it is
validated: ``known`` (the row's document, or segment, is in the same group), ``exact`` (its offsets give its
text) and ``placed`` (its boxes begin on its page, each from its upper left to its lower right).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, get_args, get_type_hints

import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas.arrow import schema
from docassay.schemas.decisions import OBJECTS, OUTCOMES
from docassay.schemas.facts import FACT_SOURCES, FACT_TYPES
from docassay.schemas.rows import EARLIEST_DAY, LATEST_DAY, SEVERITIES, STATUSES, TABLES, VERDICTS

Expectation = tuple[str, dict[str, Any]]

ROLES = ("column", "column_A", "column_B")
"""The arguments of an expectation that name columns."""

NOT_NULL = "ExpectColumnValuesToNotBeNull"
SHA256 = r"^[0-9a-f]{64}$"
SNAKE = r"^[a-z][a-z0-9_]*$"
LABEL = r"^[^\x00-\x1f\x7f]{1,100}$"
"""Labels keep the spelling of the model's card, which a user may have written."""
VALUE = r"^[^\x00-\x1f\x7f]{1,400}$"
"""A correction may be the value of a fact."""
RUN_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""The names of a run's files begin with its name."""
EARLIEST = "1900-01-01T00:00:00+00:00"
LATEST = "2200-01-01T00:00:00+00:00"


_PYTHON_TYPES: dict[pa.DataType, set[type]] = {
    pa.string(): {str},
    pa.int64(): {int},
    pa.float64(): {float, int},
    pa.bool_(): {bool},
    pa.date32(): {date},
    pa.timestamp("us", tz="UTC"): {datetime},
}


def _between(column: str, low: date | float | None = 0, high: date | float | None = 1) -> Expectation:
    return "ExpectColumnValuesToBeBetween", {"column": column, "min_value": low, "max_value": high}


def _one_of(column: str, values: tuple[str, ...]) -> Expectation:
    return "ExpectColumnValuesToBeInSet", {"column": column, "value_set": list(values)}


def _matches(column: str, regex: str) -> Expectation:
    return "ExpectColumnValuesToMatchRegex", {"column": column, "regex": regex}


def _holds(column: str) -> Expectation:
    return "ExpectColumnValuesToBeInSet", {"column": column, "value_set": [True]}


def _after(late: str, early: str) -> Expectation:
    return "ExpectColumnPairValuesAToBeGreaterThanB", {
        "column_A": late,
        "column_B": early,
        "ignore_row_if": "either_value_is_missing",
    }


_PLACED = (
    _between("start_char", 0, None),
    _after("end_char", "start_char"),
    _holds("exact"),
    _between("page", 1, None),
    _holds("placed"),
)
"""What holds of a row that says where in its document it stands."""

_STAMP = (
    _matches("run_id", RUN_ID),
    _between("processed_at", EARLIEST, LATEST),  # type: ignore[arg-type]  # times compare as times
)
_OF_DOCUMENT = _matches("doc_id", SHA256)
_KNOWN = _holds("known")

_OF_TABLE: dict[str, list[Expectation]] = {
    "documents": [
        ("ExpectColumnValuesToBeUnique", {"column": "doc_id"}),
        _matches("domain", SNAKE),
        _matches("language", r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$"),
        _matches("media_type", r"^[a-z]+/[A-Za-z0-9.+-]+$"),
        _between("domain_probability"),
        _between("language_probability"),
        _between("risk"),
        _between("chars", 1, None),
        _between("segments", 1, None),
        _between("tokens", 0, None),
        _one_of("status", STATUSES),
        _between("event_time", EARLIEST, LATEST),  # type: ignore[arg-type]  # times compare as times
        _between("document_date", EARLIEST_DAY, LATEST_DAY),
        _matches("document_date_source", SNAKE),
    ],
    "segments": [
        _between("segment", 0, None),
        *_PLACED,
    ],
    "classifications": [
        _between("probability"),
        _matches("task", SNAKE),
        _matches("label", LABEL),
        _matches("escalation", SNAKE),
        _matches("small_label", LABEL),
        _between("small_probability"),
    ],
    "entities": [
        _matches("label", SNAKE),
        _between("probability"),
        _between("segment", 0, None),
        *_PLACED,
    ],
    "facts": [
        _between("ordinal", 0, None),
        _matches("name", SNAKE),
        _between("group_id", 0, None),
        _one_of("type", FACT_TYPES),
        _matches("currency", r"^[A-Z]{3}$"),
        _one_of("source", FACT_SOURCES),
        _between("probability"),
        *_PLACED,
        _matches("decided_by", r"^(rule|model) \S+$"),
    ],
    "flags": [
        _matches("code", SNAKE),
        _one_of("severity", SEVERITIES),
        _between("probability"),
        *_PLACED,
        _matches("decided_by", r"^(rule|model) \S+$"),
    ],
    "findings": [
        _matches("check_id", SNAKE),
        _one_of("verdict", VERDICTS),
        _one_of("severity", SEVERITIES),
        *_PLACED,
        _matches("decided_by", r"^(rule|model) \S+$"),
    ],
    "translations": [_between("segment", 0, None)],
    "rejects": [_matches("stage", SNAKE), _matches("reason", SNAKE)],
    "runs": [],
    "decisions": [
        ("ExpectColumnValuesToBeUnique", {"column": "decision_id"}),
        _matches("decision_id", r"^[0-9a-f]{32}$"),
        _between("sequence", 1, None),
        _one_of("object", OBJECTS),
        _one_of("outcome", OUTCOMES),
        _between("start_char", 0, None),
        _after("end_char", "start_char"),
        _after("corrected_end", "corrected_start"),
        _matches("corrected_label", VALUE),
        _matches("evidence_digest", SHA256),
        _matches("content_digest", SHA256),
        _matches("previous", SHA256),
        _matches("digest", SHA256),
    ],
}


def expectations(table: str) -> list[Expectation]:
    """List what must hold of every row of a table.

    Columns that may not be null come from the schema, the digest and presence of the document from the
    keys, run and time from the stamp; the rest belongs to the table.
    """
    hints = get_type_hints(TABLES[table])
    from_schema: list[Expectation] = [
        (NOT_NULL, {"column": column.name})
        for column in schema(table)
        if not column.nullable and not pa.types.is_list(column.type)
    ]
    if "doc_id" in hints and type(None) not in get_args(hints["doc_id"]):
        from_schema.append(_OF_DOCUMENT)
        if table not in ("documents", "decisions"):  # which stay when a document is forgotten
            from_schema.append(_KNOWN)
    return [*from_schema, *_STAMP, *_OF_TABLE[table]]


def snake(name: str) -> str:
    """Write an expectation's name as rejects have it.

    >>> snake("ExpectColumnValuesToBeUnique")
    'expect_column_values_to_be_unique'
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def holds(table: str, columns: Mapping[str, Sequence[Any]]) -> bool:
    """Tell whether the rows of a table are sure to break no expectation: the expectations compiled to Arrow.

    Values of any type that the schema does not ask for are left to Great Expectations, so rows that the
    library refuses never pass here.

    Args:
        table: The table.
        columns: Its columns by name, with the three that are added.

    Returns:
        False where a row breaks one, and where a value is not of its column's type.
    """
    of_table = schema(table)
    arrays: dict[str, pa.Array] = {}
    for name, arguments in expectations(table):
        for column in (arguments[role] for role in ROLES if role in arguments):
            if column not in arrays:
                # The columns that are added while a table is validated are boolean.
                of_type = of_table.field(column).type if column in of_table.names else pa.bool_()
                array = typed(columns[column], of_type)
                if array is None:
                    return False
                arrays[column] = array
        if not pc.all(met(name, arguments, arrays)).as_py():
            return False
    return True


def typed(values: Sequence[Any], of_type: pa.DataType) -> pa.Array | None:
    """Turn values into an array of a type; None where one of them is neither null nor of that type."""
    if not set(map(type, values)) <= {type(None), *_PYTHON_TYPES[of_type]}:
        return None
    if pa.types.is_timestamp(of_type) and any(value and value.tzinfo is not UTC for value in values):
        return None
    try:
        return pa.array(values, of_type)
    except (pa.ArrowException, OverflowError, UnicodeError):
        return None


def met(name: str, arguments: Mapping[str, Any], columns: Mapping[str, pa.Array]) -> pa.BooleanArray:
    """Tell for each row whether it meets an expectation; of nulls, and of NaN, nothing is expected.

    Args:
        name: The expectation.
        arguments: Its arguments.
        columns: The columns that it names.
    """
    of_columns = [columns[arguments[role]] for role in ROLES if role in arguments]
    if name == NOT_NULL:
        return pc.invert(pc.is_null(of_columns[0], nan_is_null=True))
    fulfilled = _compiled(name, arguments, of_columns)
    for column in of_columns:
        fulfilled = pc.or_(fulfilled.fill_null(True), pc.is_null(column, nan_is_null=True))
    return fulfilled


def _compiled(name: str, arguments: Mapping[str, Any], columns: Sequence[pa.Array]) -> pa.BooleanArray:
    values = columns[0]
    if name == "ExpectColumnPairValuesAToBeGreaterThanB":
        return pc.greater(*columns)
    if name == "ExpectColumnValuesToBeInSet":
        return pc.is_in(values, value_set=pa.array(arguments["value_set"], values.type))
    if name == "ExpectColumnValuesToBeUnique":
        counts = pc.value_counts(values)
        repeated = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        return pc.invert(pc.is_in(values, value_set=repeated))
    if name == "ExpectColumnValuesToMatchRegex":
        distinct = values.dictionary_encode()
        pattern = re.compile(arguments["regex"])  # Arrow's own engine has another notion of \S and $
        found = [pattern.search(value) is not None for value in distinct.dictionary.to_pylist()]
        return pa.array(found, pa.bool_()).take(distinct.indices)
    if name != "ExpectColumnValuesToBeBetween":
        raise NotImplementedError(name)
    within = pa.repeat(True, len(values))
    for bound, compare in (("min_value", pc.greater_equal), ("max_value", pc.less_equal)):
        if (limit := arguments[bound]) is not None:
            limit = datetime.fromisoformat(limit) if isinstance(limit, str) else limit
            within = pc.and_(within, compare(values, pa.scalar(limit, values.type)))
    return within
