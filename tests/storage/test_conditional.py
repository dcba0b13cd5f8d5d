"""Object stores: the manifest is replaced on a condition, so writers at once lose and double nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from apache_beam.io.filesystems import FileSystems
from moto.server import ThreadedMotoServer

from docassay.schemas.errors import TablesError
from docassay.storage.maintain.partition import partition
from docassay.storage.maintain.tombstones import known_documents
from docassay.storage.tables import file_systems, manifest
from docassay.storage.tables.file_systems import matching, write_bytes
from docassay.storage.tables.manifest import table_paths
from docassay.storage.tables.parquet import named, opened, read_table
from docassay.storage.transaction import transaction
from docassay.storage.transaction.transaction import Transaction, recover
from tests.storage.runs import run
from tests.tables import result

ROOT = Path(__file__).parents[2]
OUT = "s3://tables/out"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    # Beam makes a client for each request, which takes a hundred times as long as the request.
    monkeypatch.setattr(boto3.session, "Session", lambda: SimpleNamespace(client=lambda **_: client))
    client.create_bucket(Bucket="tables")
    yield client
    for entry in client.list_objects_v2(Bucket="tables").get("Contents", []):
        client.delete_object(Bucket="tables", Key=entry["Key"])
    client.delete_bucket(Bucket="tables")


def uris() -> list[str]:
    return sorted(
        uri
        for path in table_paths(OUT)["documents"].values()
        for uri in read_table("documents", path, ["uri"])["uri"].to_pylist()
    )


def listed(table: str) -> set[str]:
    return {path.rsplit("/", 1)[1] for path in matching(f"{OUT}/{table}/*.parquet")}


def test_a_file_is_replaced_only_if_it_is_what_was_read(store: Any) -> None:
    path = f"{OUT}/CURRENT"
    assert file_systems.read_token(path) == (None, None)
    assert file_systems.replace_if(path, b"one", None)
    assert not file_systems.replace_if(path, b"two", None), "somebody was there first"
    content, token = file_systems.read_token(path)
    assert content == b"one"
    assert file_systems.replace_if(path, b"two", token)
    assert not file_systems.replace_if(path, b"three", token), "it has changed since"
    assert file_systems.read_token(path)[0] == b"two"


def test_a_run_replaces_what_an_earlier_one_had_and_leaves_nothing_behind(store: Any) -> None:
    _put("run-1", "a", "b")
    _put("run-2", "b", "c")
    assert uris() == ["a.txt", "b.txt", "c.txt"]
    state = manifest.current(OUT)
    assert state is not None and state.number == 2
    for table, files in state.files.items():
        assert listed(table) == set(files), "who lists the folder sees the same"
    assert not matching(f"{OUT}/_staging/**")


def test_partitions_lie_in_folders_there_too(store: Any) -> None:
    _put("run-1", "a", "b")
    assert partition(OUT, "p1", "domain") == 5
    _put("run-2", "b", "c")
    assert uris() == ["a.txt", "b.txt", "c.txt"]
    state = manifest.current(OUT)
    assert state is not None
    assert [name.partition("/")[0] for name in sorted(state.files["documents"])] == [
        "by_domain=legal",
        "run-2-00000.parquet",
    ]
    for table, files in state.files.items():
        assert set(file_systems.file_sizes(f"{OUT}/{table}")) == set(files), "nothing is left behind"


def _put(run_id: str, *names: str) -> None:
    run(OUT, run_id, [result(f"Text {name}.", f"{name}.txt") for name in names])  # type: ignore[arg-type]


@pytest.mark.slow
def test_who_was_overtaken_looks_again_at_what_it_replaces(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put("run-1", "a")
    commit, overtaken = Transaction.commit, [0]

    def late(own: Transaction) -> None:
        if not overtaken[0]:
            overtaken[0] = 1
            monkeypatch.setattr(Transaction, "commit", commit)
            _put("run-other", "a", "x")
            monkeypatch.setattr(Transaction, "commit", late)
        commit(own)

    monkeypatch.setattr(Transaction, "commit", late)
    _put("run-2", "a", "b")
    assert overtaken[0] and uris() == ["a.txt", "b.txt", "x.txt"]
    assert len(known_documents(OUT).doc_ids) == 3
    state = manifest.current(OUT)
    assert state is not None and [*state.commits] == ["run-1", "run-other", "run-2"]
    assert listed("documents") == set(state.files["documents"]), "nothing of the first attempt is left"


@pytest.mark.slow
def test_a_young_run_of_another_is_left_alone_and_a_dead_one_swept(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put("run-1", "a")
    write_bytes(f"{OUT}/_staging/run-9/documents/g0.parquet", b"half")
    recover(OUT)
    assert matching(f"{OUT}/_staging/**") == [f"{OUT}/_staging/run-9/documents/g0.parquet"]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 2 * transaction.LIVE_SECONDS)
    recover(OUT)
    assert not matching(f"{OUT}/_staging/**")


@pytest.mark.slow
def test_a_file_that_goes_after_it_was_opened_is_gone_and_no_fault(store: Any) -> None:
    """The store tells only when it is read, by an error of its own."""
    _put("run-1", "a")
    (path,) = table_paths(OUT)["documents"].values()
    with pytest.raises(FileNotFoundError), opened(path) as file:
        FileSystems.delete([path])
        with named(path):
            file.read()


@pytest.mark.slow
def test_old_manifests_go(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        _put(f"run-{number}", f"{number}")
    assert len(matching(f"{OUT}/_manifests/*.json")) == 4, "that of the beginning, and three"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 2 * transaction.KEPT_SECONDS)
    transaction.sweep(OUT)
    assert matching(f"{OUT}/_manifests/*.json") == [f"{OUT}/_manifests/00000003-run-2.json"]


def test_a_store_where_others_never_rest_is_an_error(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "ATTEMPTS", 2)
    monkeypatch.setattr(manifest, "write", lambda *_: False)
    with pytest.raises(OSError, match="others have committed 2 times"):
        Transaction(OUT, "run-1").commit()


@pytest.mark.slow
def test_a_damaged_manifest_in_a_store_is_named(store: Any) -> None:
    _put("run-1", "a")
    write_bytes(f"{OUT}/_manifests/00000001-run-1.json", b"{")
    with pytest.raises(TablesError, match=r"s3://tables/out/_manifests/00000001-run-1\.json is damaged"):
        table_paths(OUT)


WRITER = """
import os
import sys
from types import SimpleNamespace

import boto3

client = boto3.client("s3")
boto3.session.Session = lambda: SimpleNamespace(client=lambda **_: client)

from docassay.storage.transaction.locks import writer_lock
from docassay.storage.transaction.transaction import Transaction, recover
from tests.storage.runs import run
from tests.tables import result

out, name, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
for turn in range(first, 3):
    with writer_lock(out):
        recover(out)
        both = result("This is what all have.", "all.txt")
        run(out, f"run-{name}-{turn}-{os.getpid()}", [both, result(f"{name} {turn}", f"{name}-{turn}.txt")])
    print(turn, flush=True)
"""


@pytest.mark.slow
def test_three_writers_at_once_lose_and_double_nothing_though_one_is_killed(store: Any) -> None:
    def start(name: str, first: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "ignore", "-c", WRITER, OUT, name, str(first)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    victim, *others = [start(name, 0) for name in "abc"]
    assert victim.stdout is not None and victim.stdout.readline() == "0\n"
    time.sleep(0.5)  # it is in the middle of its second turn
    victim.send_signal(signal.SIGKILL)
    again = start("a", 1 + len(victim.communicate()[0].split()))
    for writer in (*others, again):
        writer.communicate(timeout=240)
        assert writer.returncode == 0
    found = uris()
    assert found == sorted({*found}), "every document once"
    assert set(found) == {f"{name}-{turn}.txt" for name in "abc" for turn in range(3)} | {"all.txt"}
    assert all(FileSystems.exists(path) for paths in table_paths(OUT).values() for path in paths.values())
