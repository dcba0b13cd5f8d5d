"""Spark reads the tables of a catalog and maintains them, and the runs go on after it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyiceberg")

from deploy.processes import java
from tests.storage.catalogs.lakes import doc_id, documents, put, run_id
from tests.storage.catalogs.servers import rest_catalog

ROOT = Path(__file__).parents[3]
JARS = (ROOT / "build/spark/jars", Path("~/.cache/docassay/iceberg-spark").expanduser())

pytestmark = [pytest.mark.iceberg, pytest.mark.spark]


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[str]:
    with rest_catalog(tmp_path) as address:
        yield address


def ask(folder: Path, address: str, *statements: str) -> list[list[dict[str, Any]]]:
    """Ask Spark; gives the rows of each statement."""
    (folder / "conf").mkdir(exist_ok=True)
    (folder / "tmp").mkdir(exist_ok=True)
    (folder / "conf" / "log4j2.properties").write_text("rootLogger.level = ERROR\n")
    classes = ":".join(f"{place}/*" for place in JARS)
    command = [*java(folder, "-Xmx1g"), "-cp", classes, str(ROOT / "tests/services/iceberg-spark/Ask.java")]
    done = subprocess.run(
        [*command, address, *statements], capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    *answers, rest = done.stdout.split("--\n")
    assert not rest
    return [[json.loads(line) for line in answer.splitlines()] for answer in answers]


def test_spark_reads_and_maintains_and_the_next_run_finds_its_documents(rest: str, tmp_path: Path) -> None:
    out = f"iceberg://lake/contracts?uri={rest}"
    put(out, 1, ["a"], ["b"], ["d"])
    put(out, 2, ["a"], ["c"])
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    read, joined, _, _, files, snapshots = ask(
        tmp_path,
        rest,
        "select doc_id, run_id from lake.contracts.documents order by run_id, doc_id",
        "select count(*) as n from lake.contracts.flags join lake.contracts.documents using (doc_id, run_id)",
        "call lake.system.rewrite_data_files(table => 'contracts.documents',"
        " options => map('rewrite-all', 'true'))",
        f"call lake.system.expire_snapshots(table => 'contracts.documents', older_than => timestamp '{now}')",
        "select count(*) as n from lake.contracts.documents.files",
        "select count(*) as n from lake.contracts.documents.snapshots",
    )
    by_run = {(row["doc_id"], row["run_id"]) for row in read}
    wanted = {"a": run_id(2), "b": run_id(1), "c": run_id(2), "d": run_id(1)}
    assert len(read) == 4 and by_run == {(doc_id(text), run) for text, run in wanted.items()}
    assert joined == [{"n": 4}]
    assert files == [{"n": 1}] and snapshots[0]["n"] >= 1
    put(out, 3, ["b", "e"])
    assert documents(out) == {**wanted, "b": run_id(3), "e": run_id(3)}
