"""Streaming on Prism: a watched folder, killed and started again, gives the rows that batch gives.

Every test runs the command line in processes of its own, as an operator does.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import grpc
import psutil
import pytest
from typer.testing import CliRunner, Result

from docassay.cli import app
from docassay.pipelines import stream_run as drive
from docassay.pipelines.runners import services
from docassay.schemas.errors import MissingError
from tests import corpus
from tests.pdfs import leaves
from tests.piles import BILL, INVOICE, NDA
from tests.tables import Rows, tables, without_runs

CHARS = 200
NAMES = 60


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "docassay", "stream", *map(str, arguments)]


def stream(
    *arguments: object, expect: int = 0, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*prefix, *command(*arguments)], capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == expect, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


def invoke(*arguments: object) -> Result:
    """Run the command in this process, where it needs no work to be refused."""
    return CliRunner().invoke(app, ["stream", *map(str, arguments)], env={"COLUMNS": "200"})


def one_line(done: subprocess.CompletedProcess[str] | Result, code: int | None = None) -> str:
    assert code is None or done.exit_code == code, done.output  # type: ignore[union-attr]
    (line,) = [line for line in done.stderr.splitlines() if line.strip()]
    return line


RUNNING: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def _nothing_is_left_running() -> Iterator[None]:
    yield
    while RUNNING:
        process = RUNNING.pop()
        if process.poll() is None:
            process.kill()
            process.communicate()


def with_rows(out: Path) -> list[Path]:
    """List the files of documents but that which stands for none."""
    return [path for path in out.glob("documents/*.parquet") if not path.name.endswith("-blank.parquet")]


class Running:
    """A stream under way, with the processes below it."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.below: dict[int, psutil.Process] = {}
        RUNNING.append(self.process)

    def wait_for(self, out: Path, files: int = 1) -> None:
        """Wait until so many files of documents are visible."""
        deadline = time.monotonic() + 400
        while len(with_rows(out)) < files:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            self.look()
            time.sleep(0.05)

    def look(self) -> None:
        for child in psutil.Process(self.process.pid).children(recursive=True):
            self.below[child.pid] = child

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal, wait for the end, and make sure that nothing is left behind."""
        self.look()
        assert any(
            "prism" in " ".join(child.cmdline()) for child in self.below.values() if child.is_running()
        )
        self.process.send_signal(number)
        said = "".join(self.process.communicate(timeout=120))
        _, alive = psutil.wait_procs(list(self.below.values()), timeout=10)
        assert not alive, "processes are left behind"
        return self.process.returncode, said


def mail() -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "anna@ashgrove.example", "The invoice of March"
    message.set_content("Dear Bruno,\n\nplease find attached the invoice for the spare parts.\n")
    message.add_attachment("Invoice 4470. Amount due: EUR 1,200.00 within 30 days.", filename="invoice.txt")
    return message.as_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a folder of documents, a few unusable, one a mail, one a file of three; no two the same."""
    folder = tmp_path_factory.mktemp("in")
    corpus.write(folder, corpus.items(NAMES, seed=11, chars=CHARS, poison=0.05))
    (folder / "mail.eml").write_bytes(mail())
    (folder / "pile.pdf").write_bytes(leaves(BILL, INVOICE.format(number="A-1001"), *NDA))
    for path in folder.rglob("*"):
        os.utime(path, (1_760_000_000, 1_760_000_000))
    return folder


@pytest.fixture(scope="module")
def batch(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    out = tmp_path_factory.mktemp("batch")
    done = [sys.executable, "-m", "docassay", "batch", str(folder), "--out", str(out), "--workers", "1"]
    subprocess.run(done, check=True, capture_output=True)
    return without_runs(tables(out))


@pytest.mark.prism
def test_a_folder_gives_the_rows_of_batch_and_after_a_restart_no_row_more(
    folder: Path, tmp_path: Path, batch: Rows
) -> None:
    done = stream(folder, "--out", tmp_path, "--until-idle", "2s", "--shards", 3)
    assert without_runs(tables(tmp_path)) == batch
    (row,) = tables(tmp_path)["runs"]
    assert row["inputs"] == row["documents"] + row["rejects"]
    assert (row["documents"], row["skipped"]) == (len(batch["documents"]), 0)
    assert f"{row['inputs']} inputs = {row['documents']} documents" in done.stdout
    again = stream(folder, "--out", tmp_path, "--until-idle", "2s")
    assert f" = 0 documents + 0 rejects + {row['inputs']} skipped" in again.stdout
    assert without_runs(tables(tmp_path)) == batch
    runs = sorted(tables(tmp_path)["runs"], key=lambda row: row["finished"])
    first, second = (json.loads(row["counts"])["commit.number"] for row in runs)
    assert 0 < first < second


@pytest.mark.prism
@pytest.mark.slow
def test_killed_at_any_moment_and_started_again_it_loses_and_doubles_nothing(
    folder: Path, tmp_path: Path, batch: Rows
) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    chance = random.Random(3)
    for part in range(3):
        files_before = len(with_rows(out))
        under_way = Running(source, "--out", out) if part else None
        for path in files[part::3]:
            (source / path.parent.relative_to(folder)).mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, source / path.relative_to(folder))
        if under_way:
            under_way.wait_for(out, files_before + 1)
            time.sleep(chance.random() * 1.5)
            assert under_way.end(signal.SIGKILL)[0] == -signal.SIGKILL
    stream(source, "--out", out, "--until-idle", "2s")
    found = without_runs(tables(out))
    for rows in found.values():
        for row in rows:
            if "uri" in row:
                row["uri"] = row["uri"].replace(str(source), str(folder))
    sort = {table: sorted(rows, key=str) for table, rows in found.items()}
    assert sort == {table: sorted(rows, key=str) for table, rows in batch.items()}
    assert not list(out.glob("_staging/*")), "what the killed streams had left is swept"


@pytest.fixture
def running(folder: Path, tmp_path: Path) -> tuple[Running, Path]:
    """Give a stream that has published, and a folder of its own."""
    source = tmp_path / "in"
    source.mkdir()
    for path in sorted(folder.rglob("*.txt"))[:5]:
        shutil.copy2(path, source)
    under_way = Running(source, "--out", tmp_path / "out")
    under_way.wait_for(tmp_path / "out")
    time.sleep(3)  # rows are visible before the bundle that wrote them ends, and is counted
    return under_way, source


@pytest.mark.prism
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_order_when_it_is_asked_to(
    running: tuple[Running, Path], tmp_path: Path, number: signal.Signals
) -> None:
    code, said = running[0].end(number)
    assert code == 0 and "5 inputs = 5 documents" in said and "Traceback" not in said
    assert len(tables(tmp_path / "out")["runs"]) == 1


@pytest.mark.prism
@pytest.mark.slow
def test_when_prism_dies_the_stream_fails_in_one_line(running: tuple[Running, Path], tmp_path: Path) -> None:
    running[0].look()
    for child in running[0].below.values():
        if "prism" in child.name():
            child.kill()
    _, said = running[0].process.communicate(timeout=120)
    assert running[0].process.returncode == 3, said
    assert len(said.splitlines()) == 1 and said.startswith("docassay: ")
    assert not psutil.wait_procs(list(running[0].below.values()), timeout=10)[1]


@pytest.mark.prism
@pytest.mark.slow
def test_a_file_is_read_when_it_is_complete_and_the_end_of_the_folder_is_the_end(
    running: tuple[Running, Path], tmp_path: Path
) -> None:
    under_way, source = running
    text = "The tenant shall pay the rent on the first day of each month.\n"
    with (source / "slow.txt").open("w") as file:
        for _ in range(20):
            file.write(text)
            file.flush()
            time.sleep(0.1)
    under_way.wait_for(tmp_path / "out", 2)
    (row,) = [row for row in tables(tmp_path / "out")["documents"] if row["uri"].endswith("slow.txt")]
    assert row["chars"] in (20 * len(text), 20 * len(text) - 1)
    under_way.look()
    shutil.rmtree(source)
    _, said = under_way.process.communicate(timeout=120)
    assert under_way.process.returncode == 3
    assert "is gone" in said and len(said.splitlines()) == 1
    assert not psutil.wait_procs(list(under_way.below.values()), timeout=10)[1]


@pytest.mark.prism
@pytest.mark.slow
@pytest.mark.parametrize("limit", [4, 8], ids=["at the start", "when rows are written"])
def test_a_full_disk_is_one_line_and_the_next_stream_is_fine(
    folder: Path, tmp_path: Path, batch: Rows, limit: int
) -> None:
    limited = ("bash", "-c", f'ulimit -f {limit}; exec "$@"', "bash")
    failed = stream(folder, "--out", tmp_path, expect=3, prefix=limited)
    assert "File too large" in one_line(failed)
    assert not with_rows(tmp_path)
    stream(folder, "--out", tmp_path, "--until-idle", "2s")
    assert without_runs(tables(tmp_path)) == batch


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["HERE/none", "--out", "HERE/out"], "no such folder"),
        (["ftp://host/topic", "--out", "HERE/out"], "SOURCE is a folder, kafka://BROKER/TOPIC"),
        (["kafka://127.0.0.1:9", "--out", "HERE/out"], "write kafka://BROKER:PORT/TOPIC"),
        pytest.param(
            ["kafka://127.0.0.1:9/mail", "--out", "HERE/out"],
            "the broker cannot be reached",
            marks=pytest.mark.kafka,
        ),
        (["pubsub://acme", "--out", "HERE/out"], "write pubsub://PROJECT/SUBSCRIPTION"),
        (["HERE", "--out", "HERE/out", "--window", "soon"], "'soon' is not a duration"),
        (["HERE", "--out", "HERE/out", "--window", "0s"], "one or more whole seconds"),
        (["HERE", "--out", "HERE/out", "--shards", "0"], "--shards"),
        (["HERE", "--out", "HERE/out", "--runner", "nessie"], "there is no runner 'nessie'"),
        (["HERE", "--out", "HERE/out", "--prism", "HERE/none"], "none is not a program"),
        (["HERE", "--out", "HERE/out", "--", "--prism_log_levl", "info"], "did you mean --prism_log_level?"),
        (["HERE", "--out", "HERE/out", "--lateness", "-1h"], "'-1h' is not a duration"),
    ],
)
def test_what_is_wrong_is_one_line_before_any_work(tmp_path: Path, arguments: list[str], says: str) -> None:
    binary = tmp_path / "prism"
    binary.write_text("#!/bin/sh\nexit 9\n")
    binary.chmod(0o755)
    arguments = [argument.replace("HERE", str(tmp_path)) for argument in arguments]
    if "--prism" not in arguments:
        arguments[1:1] = ["--prism", str(binary)]
    assert says in one_line(invoke(*arguments), 2)
    assert not (tmp_path / "out" / "documents").exists()


def test_a_prism_that_does_not_start_is_one_line_with_what_it_said(tmp_path: Path) -> None:
    binary = tmp_path / "prism"
    binary.write_text("#!/bin/sh\necho out of luck >&2; exit 9\n")
    binary.chmod(0o755)
    (tmp_path / "in").mkdir()
    failed = invoke(tmp_path / "in", "--out", tmp_path / "out", "--prism", binary)
    assert "prism does not start: out of luck" in one_line(failed, 3)


@pytest.mark.parametrize("go", [True, False])
def test_without_prism_the_error_says_how_to_get_it_and_where_it_goes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, go: bool
) -> None:
    monkeypatch.setattr(services, "PRISM", tmp_path / "prism")
    monkeypatch.delenv("DOCASSAY_PRISM", raising=False)
    monkeypatch.setattr(services.shutil, "which", lambda name: "/bin/go" if go and name == "go" else None)
    with pytest.raises(MissingError) as caught:
        services.find_prism()
    said = str(caught.value)
    assert ("install Go" in said) != go
    assert "go install github.com/apache/beam/sdks/v2/go/cmd/prism@v" in said
    assert str(tmp_path / "prism") in said and "DOCASSAY_PRISM" in said


def test_a_connection_lost_at_the_end_is_not_printed_and_other_failures_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(drive.sdk_worker, "print", print, raising=False)
    drive._silence_worker()

    def fail(error: Exception) -> None:
        raise error

    for error in (grpc.RpcError("Prism has ended"), ValueError("a fault of ours")):
        thread = threading.Thread(target=fail, args=(error,))
        thread.start()
        thread.join()
    said = capsys.readouterr().err
    assert "a fault of ours" in said and "Prism has ended" not in said
