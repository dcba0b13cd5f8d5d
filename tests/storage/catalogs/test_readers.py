"""Tables in a catalog as others read them: pandas, Polars and DuckDB; on this machine and on S3."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyiceberg")

import duckdb

from docassay.storage.catalogs import destination
from docassay.storage.catalogs.connection import Connection
from tests.families import quick_first
from tests.storage.catalogs.lakes import doc_id, documents, local, put, run_id, table
from tests.storage.catalogs.servers import KEY, s3_server

ROWS = {(doc_id("a"), run_id(2)), (doc_id("b"), run_id(1)), (doc_id("c"), run_id(2))}


def fill(out: str) -> str:
    put(out, 1, ["a", "b"])
    put(out, 2, ["a"], ["c"])
    return out


def by_pandas(out: str) -> set[tuple[str, str]]:
    frame = table(out, "documents").scan(selected_fields=("doc_id", "run_id")).to_pandas()
    return set(frame.itertuples(index=False, name=None))


def by_polars(out: str) -> set[tuple[str, str]]:
    import polars

    return set(polars.scan_iceberg(table(out, "documents")).select("doc_id", "run_id").collect().rows())


def connect() -> duckdb.DuckDBPyConnection:
    """Connect to DuckDB with the extensions of its wheels; it must fetch nothing."""
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    for name in ("avro", "httpfs", "iceberg"):
        spec = importlib.util.find_spec(f"duckdb_extension_{name}")
        assert spec and spec.origin
        (path,) = Path(spec.origin).parent.rglob("*.duckdb_extension")
        connection.execute(f"load '{path}'")
    return connection


def by_duckdb(out: str) -> set[tuple[str, str]]:
    place = table(out, "documents").metadata_location
    return set(connect().execute(f"select doc_id, run_id from iceberg_scan('{place}')").fetchall())


def by_duckdb_from_the_folder(out: str) -> set[tuple[str, str]]:
    place = table(out, "documents").location().removeprefix("file://")
    return set(connect().execute(f"select doc_id, run_id from iceberg_scan('{place}')").fetchall())


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    return fill(local(tmp_path_factory.mktemp("readers")))


@pytest.mark.parametrize("read", quick_first(1, [by_pandas, by_polars, by_duckdb, by_duckdb_from_the_folder]))
def test_a_reader_finds_every_document_once(
    lake: str, read: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLARS_ICEBERG_PLANNER", "pyiceberg")
    assert read(lake) == ROWS


def test_every_table_is_read_with_the_types_of_the_schema(lake: str) -> None:
    connection = connect()
    place = table(lake, "flags").metadata_location
    assert connection.execute(
        f"select count(*), min(severity), max(end_char) from iceberg_scan('{place}')"
    ).fetchone() == (3, "medium", 4)
    place = table(lake, "documents").metadata_location
    kinds = dict(
        connection.execute(
            f"select column_name, column_type from (describe from iceberg_scan('{place}'))"
        ).fetchall()
    )
    assert kinds["reasons"] == "VARCHAR[]"
    assert kinds["processed_at"] == "TIMESTAMP WITH TIME ZONE"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("moto")
    with s3_server(tmp_path_factory.mktemp("s3")) as address:
        yield address


@pytest.mark.slow
def test_a_warehouse_on_s3_is_written_and_read_with_the_keys_of_the_environment(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import urllib.request

    for name, value in KEY.items():
        monkeypatch.setenv(name, value)
    urllib.request.urlopen(urllib.request.Request(f"{s3}/lake", method="PUT")).close()
    out = (
        f"iceberg://lake/contracts?type=sql&uri=sqlite:///{tmp_path}/catalog.db"
        f"&warehouse=s3://lake/w&s3.endpoint={s3}&s3.region=us-east-1"
    )
    fill(out)
    assert documents(out) == {"a": run_id(2), "b": run_id(1), "c": run_id(2)}
    assert table(out, "documents").location().startswith("s3://lake/w/")
    assert by_pandas(out) == ROWS
    connection = connect()
    host = s3.removeprefix("http://")
    connection.execute(
        "create secret (type s3, key_id 'testing', secret 'testing', region 'us-east-1',"
        f" endpoint '{host}', url_style 'path', use_ssl false)"
    )
    place = table(out, "documents").metadata_location
    rows = connection.execute(f"select doc_id, run_id from iceberg_scan('{place}')").fetchall()
    assert set(rows) == ROWS
    path = f"{out}/_staging/{run_id(3)}/flags/g.parquet"
    destination(out).stage(table(out, "flags").scan().to_arrow(), path, {"run_id": run_id(3)})
    destination(out).discard(run_id(3))
    io = Connection(out).table("flags").io
    assert not io.new_input(f"s3://lake/w/contracts/flags/data/{run_id(3)}/g.parquet").exists()
