"""The compiled expectations refuse the same rows as Great Expectations does, for every one of every table."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import product
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docassay.schemas.arrow import schema
from docassay.schemas.expectations import expectations, holds, met, typed
from docassay.schemas.rows import TABLES
from docassay.schemas.runs import Stamp
from docassay.storage.tables import validate
from docassay.storage.tables.write import arrow
from tests.families import quick_first
from tests.tables import result

ROLES = ("column", "column_A", "column_B")
EXACT = 2**53
"""The library holds integers with nulls among them as floating-point numbers, which are exact up to here."""

TIME = pa.timestamp("us", tz="UTC")
ENDS = [datetime(year, 1, 1, tzinfo=UTC) for year in (1900, 2200)]
VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.string(): st.text(max_size=5),
    pa.int64(): st.integers(-2, 3) | st.integers(-EXACT, EXACT),
    pa.float64(): st.floats() | st.sampled_from([0.0, -0.0, 1.0, 1.0000000000000002, 5e-324, -5e-324]),
    pa.bool_(): st.booleans(),
    pa.date32(): st.dates()
    | st.sampled_from([date(1899, 12, 31), date(1900, 1, 1), date(2199, 12, 31), date(2200, 1, 1)]),
    TIME: st.datetimes(datetime(1700, 1, 1), datetime(2260, 1, 1), timezones=st.just(UTC))
    | st.builds(lambda end, n: end + timedelta(microseconds=n), st.sampled_from(ENDS), st.integers(-1, 1)),
}
STRANGE: list[Any] = [1, 0, -1, 2**70, 0.5, 1.0, float("nan"), True, None, (), b"low"]
STRANGE += ["low", "high", "", "a\n", "\ud800", datetime(2020, 1, 1), datetime(9999, 1, 1, tzinfo=UTC)]
STRANGE += [date(2020, 1, 1), date(1, 1, 1)]
STRANGE += [datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=hours))) for hours in (0, 1)]
"""Values that a column of another type should not have."""


def kinds() -> list[tuple[str, dict[str, Any], list[pa.DataType]]]:
    """List the expectations of all tables that differ in more than their columns, with the columns' types."""
    found = {}
    for table in TABLES:
        for name, arguments in expectations(table):
            columns = [arguments[role] for role in ROLES if role in arguments]
            options = {key: value for key, value in arguments.items() if key not in ROLES}
            of_table = schema(table)
            types = [of_table.field(c).type if c in of_table.names else pa.bool_() for c in columns]
            found[repr((name, options, types))] = (name, options, types)
    return list(found.values())


def values_of(of_type: pa.DataType, options: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Give values of a type and nulls, many of them near what the options of an expectation ask for."""
    values = VALUES[of_type]
    if "value_set" in options:
        values |= st.sampled_from(options["value_set"])
    if "regex" in options:
        near = st.from_regex(options["regex"])
        values |= near | st.builds(str.__add__, near, st.sampled_from(["\n", " ", "é"])) | near.map(str.upper)
    return values | st.none()


def named(number: int, types: Sequence[pa.DataType]) -> dict[str, str]:
    """Name the columns of a kind of expectation, by their role."""
    return {role: f"{role} {number}" for role in (ROLES[:1] if len(types) == 1 else ROLES[1:])}


KINDS = kinds()
FRAMES = st.lists(
    st.tuples(*(st.tuples(*(values_of(t, options) for t in types)) for _, options, types in KINDS)),
    min_size=1,
    max_size=12,
)
"""Rows of a frame that has columns of its own for each kind of expectation."""


@pytest.fixture(scope="module")
def refusals() -> Any:
    """Give a function of a frame's columns: what Great Expectations refuses, by the kind's position."""
    import pandas as pd

    suite = [(name, named(n, types) | options) for n, (name, options, types) in enumerate(KINDS)]
    batch_of, of_library = validate.build_suite("kinds", suite)

    def of(columns: dict[str, list[Any]]) -> dict[int, set[int]]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outcome = batch_of(pd.DataFrame(columns)).validate(of_library, result_format="COMPLETE")
        return {
            int(next(v for k, v in check.expectation_config.kwargs.items() if k in ROLES).split()[-1]): set(
                check.result["unexpected_index_list"]
            )
            for check in outcome.results
        }

    return of


def test_every_expectation_of_the_tables_is_compiled_and_no_other_passes() -> None:
    for name, options, types in KINDS:
        roles = named(0, types)
        empty = {column: pa.array([], t) for column, t in zip(roles.values(), types, strict=True)}
        assert met(name, roles | options, empty).to_pylist() == []
    with pytest.raises(NotImplementedError):
        met("ExpectColumnValuesToBePrime", {"column": "a"}, {"a": pa.array([4])})


@pytest.mark.parametrize("examples", [1, pytest.param(100, marks=pytest.mark.slow)])
def test_compiled_and_library_refuse_the_same_rows(examples: int, refusals: Any) -> None:
    @given(FRAMES)
    @settings(max_examples=examples)
    def check(rows: list[tuple[tuple[Any, ...], ...]]) -> None:
        columns: dict[str, list[Any]] = {}
        by_compiled = {}
        for n, (name, options, types) in enumerate(KINDS):
            roles = named(n, types)
            values = {roles[r]: [row[n][k] for row in rows] for k, r in enumerate(roles)}
            arrays = {c: typed(of, t) for (c, of), t in zip(values.items(), types, strict=True)}
            ok = met(name, roles | options, arrays)
            by_compiled[n] = {k for k, meets in enumerate(ok.to_pylist()) if not meets}
            columns |= values
        assert by_compiled == refusals(columns)

    check()


@pytest.mark.parametrize(
    "table", quick_first(1, ["findings", "documents", "segments", "classifications", "flags"])
)
def test_no_value_of_a_wrong_type_passes_that_the_library_refuses(table: str) -> None:
    stamp = Stamp("run-1", datetime.now(UTC))
    held: list[Any] = []
    texts = {}
    for of_row, value in product(fields(TABLES[table]), STRANGE):
        good = result(f"The whole text {len(held)}.")
        texts[good.doc_id] = good.text
        row = good.document if table == "documents" else getattr(good, table)[0]
        changed = replace(row, **{of_row.name: value})
        try:
            arrow(table, [changed], stamp)
            columns = validate.columns_of(table, [changed], [True], texts, stamp)
        except Exception:
            continue  # no file can hold it
        if holds(table, columns):
            held.append(changed)
    assert len(held) > len(fields(TABLES[table]))
    assert not validate.failures(table, held, [True] * len(held), texts, stamp, full=True)
