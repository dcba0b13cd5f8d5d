"""The expectations of the tables compiled to Arrow: the same rows break them, in a thousandth of the time.

`schemas.expectations` defines what must hold; Great Expectations evaluates that definition, which takes two
seconds to import. Values of the types that the schema asks for are checked here instead. Values of any other
type are left to the library, so `holds` never passes a row that the library refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from docassay.schemas.arrow import schema
from docassay.schemas.expectations import NOT_NULL, expectations

_PYTHON_TYPES: dict[pa.DataType, set[type]] = {
    pa.string(): {str},
    pa.int64(): {int},
    pa.float64(): {float, int},
    pa.bool_(): {bool},
    pa.timestamp("us", tz="UTC"): {datetime},
}


def holds(table: str, columns: Mapping[str, Sequence[Any]]) -> bool:
    """Tell whether the rows of a table are sure to break no expectation.

    Args:
        table: The table.
        columns: Its columns by name, with the three that `schemas.expectations` adds.

    Returns:
        False where a row breaks one, and where a value is not of its column's type.
    """
    arrays: dict[str, pa.Array] = {}
    for name, arguments in expectations(table):
        for column in (arguments[role] for role in ("column", "column_A", "column_B") if role in arguments):
            if column not in arrays:
                array = typed(columns[column], _type(table, column))
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
    """Tell for each row whether it meets an expectation.

    Args:
        name: The expectation, a key of `COMPILED`.
        arguments: Its arguments, as `schemas.expectations` has them.
        columns: The columns that it names.
    """
    of_columns = [
        columns[arguments[role]] for role in ("column", "column_A", "column_B") if role in arguments
    ]
    fulfilled = COMPILED[name](of_columns, arguments)
    if name == NOT_NULL:
        return fulfilled
    for column in of_columns:  # of nulls, and of NaN, nothing else is expected
        fulfilled = pc.or_(fulfilled.fill_null(True), _is_null(column))
    return fulfilled


def _is_null(column: pa.Array) -> pa.BooleanArray:
    return pc.is_null(column, nan_is_null=True)


def _not_null(columns: Sequence[pa.Array], _: Mapping[str, Any]) -> pa.BooleanArray:
    return pc.invert(_is_null(columns[0]))


def _unique(columns: Sequence[pa.Array], _: Mapping[str, Any]) -> pa.BooleanArray:
    counts = pc.value_counts(columns[0])
    repeated = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    return pc.invert(pc.is_in(columns[0], value_set=repeated))


def _between(columns: Sequence[pa.Array], arguments: Mapping[str, Any]) -> pa.BooleanArray:
    (values,) = columns
    within = pa.repeat(True, len(values))
    for bound, compare in (("min_value", pc.greater_equal), ("max_value", pc.less_equal)):
        limit = arguments[bound]
        if isinstance(limit, str):
            limit = datetime.fromisoformat(limit)
        if limit is not None:
            within = pc.and_(within, compare(values, pa.scalar(limit, values.type)))
    return within


def _in_set(columns: Sequence[pa.Array], arguments: Mapping[str, Any]) -> pa.BooleanArray:
    return pc.is_in(columns[0], value_set=pa.array(arguments["value_set"], columns[0].type))


def _matches(columns: Sequence[pa.Array], arguments: Mapping[str, Any]) -> pa.BooleanArray:
    distinct = columns[0].dictionary_encode()
    pattern = re.compile(arguments["regex"])  # Arrow's own engine has another notion of \S and $
    found = pa.array(
        [pattern.search(value) is not None for value in distinct.dictionary.to_pylist()], pa.bool_()
    )
    return found.take(distinct.indices)


def _greater(columns: Sequence[pa.Array], _: Mapping[str, Any]) -> pa.BooleanArray:
    return pc.greater(*columns)


COMPILED: dict[str, Callable[[Sequence[pa.Array], Mapping[str, Any]], pa.BooleanArray]] = {
    NOT_NULL: _not_null,
    "ExpectColumnValuesToBeUnique": _unique,
    "ExpectColumnValuesToBeBetween": _between,
    "ExpectColumnValuesToBeInSet": _in_set,
    "ExpectColumnValuesToMatchRegex": _matches,
    "ExpectColumnPairValuesAToBeGreaterThanB": _greater,
}
"""The compiled form of each kind of expectation that the tables use."""


def _type(table: str, column: str) -> pa.DataType:
    """Give a column's type; the columns that are added while a table is validated are boolean."""
    of_table = schema(table)
    return of_table.field(column).type if column in of_table.names else pa.bool_()
