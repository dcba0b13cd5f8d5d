"""Schemas follow the row classes, and change only on purpose."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from docassay.schemas.arrow import LOCKED, meanings, schema, text
from docassay.schemas.expectations import expectations
from docassay.schemas.rows import TABLES


@pytest.mark.parametrize("table", TABLES)
def test_schema_is_the_locked_one(table: str) -> None:
    locked = (LOCKED / f"{table}.txt").read_text()
    assert text(table) == locked, f"readers rely on this schema; meant? then write it to locked/{table}.txt"


def test_locked_folder_has_no_other_table() -> None:
    assert {path.stem for path in LOCKED.glob("*.txt")} == set(TABLES)


def test_optional_fields_are_nullable_and_times_are_utc_microseconds() -> None:
    flags, documents = schema("flags"), schema("documents")
    assert flags.field("probability").nullable
    assert not flags.field("evidence").nullable
    assert documents.field("event_time").type == pa.timestamp("us", tz="UTC")


@pytest.mark.parametrize("table", TABLES)
def test_expectations_name_columns_of_the_table(table: str) -> None:
    columns = {*schema(table).names, "known", "exact", "placed"}
    for name, arguments in expectations(table):
        named = {arguments[key] for key in ("column", "column_A", "column_B") if key in arguments}
        assert named <= columns, name


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_explained(table: str) -> None:
    said = meanings(table)
    assert list(said) == schema(table).names
    assert not [name for name, meaning in said.items() if not meaning.endswith((".", "`"))]


RESERVED = """
all analyse analyze and any array as asc asymmetric between both by case cast check collate column condition
connect constraint create cross cube current default delete desc describe distinct drop else end escape
except exists explain false fetch filter for foreign from full function grant group grouping having in index
initially inner insert intersect interval into is join key keys lateral leading left like limit localtime
localtimestamp match merge natural no not null of offset on only or order outer over overlaps partition
percent placing primary qualify range rank recursive references returning right rollup row rows select
session_user set similar some start symmetric table tablesample then time to trailing true trigger uescape
union unique unnest update user using values variadic verbose when where window with within
"""
"""What needs quotes in PostgreSQL, Spark (ANSI), BigQuery, MySQL or the SQL standard, beside DuckDB's own.
The standard's `value` is left out: none of these asks for quotes."""


@pytest.mark.parametrize("table", TABLES)
def test_no_column_is_a_reserved_word_of_sql(table: str) -> None:
    words = duckdb.sql("select keyword_name from duckdb_keywords() where keyword_category = 'reserved'")
    reserved = {*RESERVED.split()} | {word for (word,) in words.fetchall()}
    assert not reserved & set(schema(table).names), f"a query of {table} would have to quote it"
