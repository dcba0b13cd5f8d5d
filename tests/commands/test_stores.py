"""Object stores from the command line: inputs and tables in buckets, and one line where one is of no use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from apache_beam.io.filesystems import FileSystems
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner

from docassay.cli import app
from docassay.storage.tables import stores

KEY = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
Run = Callable[..., tuple[int, str]]
CONTRACT = b"This Agreement shall be governed by the laws of the State of Delaware."


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """A process that has looked at no store yet, and in whose environment are no credentials."""
    for name in (*KEY, "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(FileSystems, "_pipeline_options", None)
    stores._answers.cache_clear()
    yield monkeypatch
    stores._answers.cache_clear()


@pytest.fixture
def store(fresh: pytest.MonkeyPatch) -> Iterator[Any]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {**KEY, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}.items():
        fresh.setenv(name, value)
    client = boto3.client("s3")
    # Beam makes a client for each request, which takes a hundred times as long as the request.
    fresh.setattr(boto3.session, "Session", lambda: SimpleNamespace(client=lambda **_: client))
    client.create_bucket(Bucket="inbox")
    client.create_bucket(Bucket="lake")
    yield client
    server.stop()


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; gives its exit code and all that it printed, wherever to."""

    def command(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output + "".join(capfd.readouterr())

    return command


@pytest.mark.slow
def test_a_nightly_batch_from_a_bucket_to_a_bucket(store: Any, run: Run) -> None:
    store.put_object(Bucket="inbox", Key="a/lease.txt", Body=CONTRACT)
    store.put_object(Bucket="inbox", Key="b.pdf", Body=b"%PDF-1.7 and no more")
    words = ("batch", "s3://inbox/**", "--out", "s3://lake/tables", "--new-only", "--mark-missing")
    code, output = run(*words)
    assert code == 0 and "2 inputs = 1 documents + 1 rejects + 0 skipped" in output
    code, output = run(*words)
    assert code == 0 and "2 inputs = 0 documents + 1 rejects + 1 skipped" in output, "a reject is read again"
    store.put_object(Bucket="inbox", Key="a/lease.txt", Body=CONTRACT + b" It ends on 31 May 2031.")
    code, output = run(*words)
    assert code == 0 and "2 inputs = 1 documents + 1 rejects + 0 skipped" in output, "it has changed"
    sums = "select sum(inputs), bool_and(inputs = documents + rejects + skipped) from runs"
    code, output = run("query", "s3://lake/tables", sums, "--format", "csv")
    assert code == 0 and output.splitlines()[1] == "6,True"


@pytest.mark.slow
def test_worker_processes_get_the_options_of_the_store(
    store: Any, run: Run, fresh: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store.create_bucket(Bucket="shared")
    store.put_object(Bucket="shared", Key="lease.txt", Body=CONTRACT)
    fresh.delenv("AWS_ENDPOINT_URL")
    endpoint = f"--s3_endpoint_url={store.meta.endpoint_url}"
    tables = str(tmp_path / "tables")
    code, output = run("batch", "s3://shared/**", "--out", tables, "--workers", "2", "--", endpoint)
    assert code == 0 and "1 inputs = 1 documents" in output


def test_inputs_in_a_bucket_are_listed_before_any_work(store: Any, run: Run, tmp_path: Path) -> None:
    store.create_bucket(Bucket="empty")
    code, output = run("batch", "s3://empty/**", "--out", str(tmp_path / "tables"))
    assert code == 2 and "s3://empty/**: no file matches it" in " ".join(output.split())


@pytest.mark.parametrize(
    "words",
    [
        ("show",),
        ("verify",),
        ("compact",),
        ("retry",),
        ("batch", "--out"),
        pytest.param(("query", "select 1"), marks=pytest.mark.slow),
    ],
    ids=["show", "verify", "compact", "retry", "batch", "query"],
)
def test_without_credentials_there_is_one_line_that_says_where_they_come_from(
    words: tuple[str, ...], run: Run, fresh: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fresh.setenv("COLUMNS", "500")
    (tmp_path / "a.txt").write_bytes(CONTRACT)
    command, *rest = words
    tables = ["s3://lake/tables"]
    given = [str(tmp_path / "a.txt"), *rest, *tables] if command == "batch" else [*tables, *rest]
    code, output = run(command, *given)
    assert code == 2
    assert "s3://lake cannot be used: Unable to locate credentials" in output
    assert "AWS_ACCESS_KEY_ID" in output and len(output.strip().splitlines()) == 1


def test_a_bucket_that_is_not_there_is_named(store: Any, run: Run) -> None:
    code, output = run("show", "s3://nowhere/tables")
    assert code == 2 and "s3://nowhere cannot be used: " in output and "NoSuchBucket" in output
