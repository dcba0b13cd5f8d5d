"""SQL on the tables: what reads them is answered, and whatever else it tries is refused or ended."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from docassay.schemas.arrow import schema
from docassay.schemas.errors import RunError, TablesError, UsageError
from docassay.schemas.rows import TABLES
from docassay.views import query
from docassay.views.query import ask, checked, connect
from docassay.views.shipped_views import VIEWS
from tests.storage.runs import run
from tests.tables import result

SECRET = "the secret of another file"


def rows(out: Path | str, sql: str, **options: Any) -> list[dict[str, Any]]:
    return [row for batch in ask(str(out), sql, **options).batches() for row in batch.to_pylist()]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of two documents, and beside them a file that is none of theirs."""
    place = tmp_path_factory.mktemp("query") / "it's a 'folder'"
    run(place, "run-1", [result("odd it is", "a'b.txt"), result("also odd", "c.txt")])
    pq.write_table(pa.table({"a": [SECRET]}), place.parent / "secret.parquet")
    (place.parent / "secret.txt").write_text(SECRET)
    return place


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("select count(*) from documents", 2),
        ("from (values (3)) t(n)", 3),
        (
            "with one as (select uri from flags join documents using (doc_id)) select max(uri) from one",
            "c.txt",
        ),
        ("describe documents", "doc_id"),
        ("summarize select 5 as five", "five"),
        ("show tables", "assignments"),
        ("explain select 1", "physical_plan"),
        ("EXPLAIN ANALYZE select count(*) from flags", "analyzed_plan"),
        ("select 1 -- ; drop view flags", 1),
        ("/* select */ select 2;", 2),
        ("select sum(range) from range(4)", 6),
        ("select count(*) from entities", 0),
        ("from (pivot (select severity from flags) on severity in ('high', 'medium') using count(*))", 0),
        ("select count(*) from what_changed where change = 'new'", 2),
        ("select current_setting('enable_progress_bar')", False),  # it goes to standard output, as rows do
        ("select u from (select unnest(reasons) as u from documents) limit 1", "flag:odd"),
    ],
)
def test_what_reads_is_answered(out: Path, sql: str, answer: object) -> None:
    assert next(iter(rows(out, sql)[0].values())) == answer


def test_every_view_is_there(out: Path) -> None:
    for name in VIEWS:
        assert ask(str(out), f"from {name}").schema.names


def test_a_table_has_the_columns_of_this_release_in_their_order(out: Path) -> None:
    for table in TABLES:
        answer = ask(str(out), f"from {table}").schema
        assert answer.names == schema(table).names
        plain = [field for field in schema(table) if not pa.types.is_list(field.type)]
        assert [answer.field(field.name).type for field in plain] == [field.type for field in plain]


@pytest.mark.parametrize(
    "sql",
    [
        "",
        ";",
        "select 1; select 2",
        "select 1; drop view flags",
        "drop view flags",
        "create table t as select 1",
        "insert into flags values (1)",
        "delete from flags",
        "copy flags to 'PLACE/stolen.csv'",
        "copy (select 1) to 'PLACE/stolen.parquet'",
        "export database 'PLACE/stolen'",
        "attach 'PLACE/stolen.db'",
        "install httpfs",
        "load httpfs",
        "set threads = 1",
        "set variable flags_files = ['PLACE/secret.parquet']",
        "reset memory_limit",
        "pragma database_list",
        "pragma enable_profiling",
        "call pragma_version()",
        "use memory",
        "prepare p as select 1",
        "execute p",
        "begin",
        "vacuum",
        "checkpoint",
        "explain drop view flags",
        "explain analyze create table t as select 1",
        "explain explain select 1",
        "pivot flags on severity using count(*)",
        "select * from read_text('PLACE/secret.txt')",
        "from \"read_text\"('PLACE/secret.txt')",
        "from READ_BLOB('PLACE/secret.txt')",
        "from read_csv('PLACE/secret.txt')",
        "from read_json('PLACE/secret.txt')",
        "from read_parquet('PLACE/secret.parquet')",
        "from parquet_scan('PLACE/secret.parquet')",
        "from parquet_metadata('PLACE/secret.parquet')",
        "from sniff_csv('PLACE/secret.txt')",
        "from glob('PLACE/*')",
        "from 'PLACE/secret.parquet'",
        'from "PLACE/secret.parquet"',
        "with s as (from read_text('PLACE/secret.txt')) from s",
        "select (select content from read_text('PLACE/secret.txt'))",
        "select * from flags, lateral (from read_text(evidence))",
        "describe from read_parquet('PLACE/secret.parquet')",
        "from query('from read_text(''PLACE/secret.txt'')')",
        "from query_table('flags')",
        "from json_execute_serialized_sql('{}')",
        "from enable_logging(storage_path = 'PLACE/stolen')",
        "from enable_profiling(format = 'json', save_location = 'PLACE/stolen.json')",
        "from duckdb_settings()",
        "from duckdb_secrets()",
        "from which_secret('PLACE/a', 's3')",
        "from pandas_scan(1)",
        "from arrow_scan(1::pointer, 2::pointer, 3::pointer)",
        "from out",
        "from 'https://example.com/a.parquet'",
        "select getenv('HOME')",
        "select write_log('a')",
        "select nothing from flags",
        "select cast(evidence as integer) from flags",
        "selec 1",
        "select 'a\x00b'",
    ],
)
def test_whatever_else_is_refused_in_one_line(out: Path, sql: str) -> None:
    place = str(out.parent)
    before = sorted(os.listdir(place))
    with pytest.raises(UsageError) as raised:
        rows(out, sql.replace("PLACE", place.replace("'", "''")))
    assert SECRET not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert sorted(os.listdir(place)) == before


def test_the_connection_itself_reads_nothing_else(out: Path) -> None:
    """The second wall, for a statement that would pass the first."""
    connection = connect(str(out))
    for sql in (
        f"from '{out.parent}/secret.parquet'".replace("it's", "it''s"),
        "from read_text('/etc/hostname')",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "reset lock_configuration",
        "copy (select 1) to '/tmp/docassay-stolen.csv'",
        "attach '/tmp/docassay-stolen.db'",
        "load httpfs",
        "from out",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(sql).fetchall()


def test_a_statement_is_run_as_it_was_checked(out: Path) -> None:
    connection = connect(str(out))
    assert checked(connection, " explain select 1") == " explain select 1"
    assert checked(connection, "select 'explain'") == "select 'explain'"


def test_columns_added_since_are_null_in_older_files(tmp_path: Path) -> None:
    """A file of an earlier release, alone and beside one of today."""
    out = tmp_path / "out"
    run(out, "run-1", [result("odd it is", not_asked=("no_model: a",))])
    (path,) = (out / "documents").iterdir()
    written = pq.read_table(path)
    old = tmp_path / "old"
    shutil.copytree(out, old)
    shutil.rmtree(old / "_manifests", ignore_errors=True)
    (old / "documents" / path.name).unlink()
    pq.write_table(written.drop_columns(["not_asked"]), old / "documents" / path.name)
    assert rows(old, "select not_asked, risk from documents") == [{"not_asked": None, "risk": 0.3}]
    pq.write_table(written, old / "documents" / "run-2-00000.parquet")
    found = rows(old, "select not_asked from documents order by not_asked nulls first")
    assert found == [{"not_asked": None}, {"not_asked": ["no_model: a"]}]


def test_a_folder_of_a_name_like_a_partition_adds_no_column(tmp_path: Path) -> None:
    out = tmp_path / "year=2024"
    run(out, "run-1", [result("odd it is")])
    assert "year" not in ask(str(out), "from documents").schema.names


def test_tables_in_an_object_store_are_read_without_opening_it_to_sql(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrow reads them; here, of a file system that it names by an address, too."""
    files = {table: sorted(path.as_uri() for path in (out / table).glob("*.parquet")) for table in TABLES}
    monkeypatch.setattr(query.manifest, "current", lambda _: None)
    monkeypatch.setattr(query.manifest, "table_files", lambda *_: files)
    monkeypatch.setattr(query, "_check", lambda _: None)
    monkeypatch.setattr(query, "check_remote", lambda _: None)
    address = "gs://bucket/tables"
    assert rows(address, "select count(*) as n from flags_with_context") == [{"n": 2}]
    for name in ("/etc/hostname", files["flags"][0], f"{out}/flags/run-1-00000.parquet".replace("'", "''")):
        with pytest.raises(UsageError):
            rows(address, f"from '{name}'")


def test_an_address_that_nothing_reads_is_one_line() -> None:
    with pytest.raises(UsageError, match="ftp://a/b: a query reads a local folder, gs:// or s3://"):
        ask("ftp://a/b", "select 1")
    with pytest.raises(UsageError, match="iceberg://a/b: this works on a folder of tables"):
        ask("iceberg://a/b", "select 1")


def test_no_tables_and_a_damaged_file_are_one_line(tmp_path: Path, out: Path) -> None:
    with pytest.raises(TablesError, match="holds no tables; make some with"):
        ask(str(tmp_path), "select 1")
    broken = tmp_path / "broken"
    shutil.copytree(out, broken)
    for path in broken.rglob("flags/*.parquet"):
        path.unlink()
        path.write_bytes(b"PAR1 is how it begins")
    with pytest.raises(TablesError, match="is not a Parquet file"):
        ask(str(broken), "select 1")
    (tmp_path / "a[1]").mkdir()
    shutil.copytree(out, tmp_path / "a[1]" / "tables")
    with pytest.raises(TablesError, match="read as a pattern"):
        ask(str(tmp_path / "a[1]" / "tables"), "select 1")


def test_a_bit_flipped_anywhere_in_a_file_is_told(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [result(f"odd it is, number {n}", f"{n}.txt") for n in range(20)])
    (path,) = (tmp_path / "_data/segments").glob("*.parquet")
    whole = path.read_bytes()
    sql = "select uri, s.text from segments s join documents using (doc_id) order by uri"
    answer = rows(tmp_path, sql)
    for place in range(4, len(whole) - 8, len(whole) // 80):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(TablesError) as caught:
            rows(tmp_path, sql)
        said = str(caught.value)
        assert str(path) in said and "docassay verify" in said and "\n" not in said, place
    path.write_bytes(whole)
    assert rows(tmp_path, sql) == answer


def test_a_digest_is_compared_once_in_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, "run-1", [result("odd it is")])
    rows(tmp_path, "from documents")
    digested, digest = [], hashlib.file_digest

    def counted(file: Any, name: str) -> Any:
        digested.append(file.name)
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    assert len(rows(tmp_path, "from documents")) == 1 and digested == []
    os.utime(next((tmp_path / "_data/documents").iterdir()), (0, 0))
    assert len(rows(tmp_path, "from documents")) == 1 and len(digested) == 1


def test_of_a_damaged_state_before_nothing_is_told(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [result("odd it is"), result("also odd", "b.txt")])
    (path,) = (tmp_path / "_data/documents").iterdir()
    run(tmp_path, "run-2", [result("odd it is", risk=0.9)])
    assert path.exists() and path.name not in os.listdir(tmp_path / "documents")
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)
    assert rows(tmp_path, "select is_known from state_before") == [{"is_known": False}]
    assert len(rows(tmp_path, "from documents")) == 2


def test_memory_that_duckdb_counts_is_bounded(out: Path) -> None:
    with pytest.raises(RunError, match="--memory"):
        rows(out, "select list(range) from range(100000000)", memory=64_000_000)


@pytest.mark.slow
def test_what_does_not_fit_into_memory_goes_to_a_folder(out: Path, tmp_path: Path) -> None:
    sql = "select count(*) as n from (select range, hash(range) as h from range(5000000) order by h)"
    assert rows(out, sql, memory=64_000_000, spill=str(tmp_path)) == [{"n": 5_000_000}]
