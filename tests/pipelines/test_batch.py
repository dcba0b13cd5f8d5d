"""Batch: a small folder through the whole pipeline, read back as an analyst reads it."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from docassay import domains
from docassay.cli import app
from docassay.models.catalog import find, verify
from docassay.models.translators import translators
from docassay.observe import counters
from docassay.pipelines import batch as module
from docassay.pipelines.batch import Batch, WriteFn, run
from docassay.pipelines.graph import BESIDE_ENCODER, provenance
from docassay.pipelines.runners.jobs import cause, error_of
from docassay.pipelines.sources import files, walk
from docassay.schemas.arrow import schema
from docassay.schemas.errors import InputError, OutputError, RunError
from docassay.schemas.rows import TABLES, Source
from docassay.schemas.runs import Run
from docassay.storage.tables.parquet import VERSION
from docassay.storage.transaction.locks import writer_lock
from docassay.transforms.budget import Budget
from docassay.transforms.context import Options
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from tests.families import quick_first
from tests.tables import Rows, tables, without_runs

NDA = """MUTUAL NON-DISCLOSURE AGREEMENT

This Agreement is made between Ashgrove Ltd and Kestrel GmbH.

1. Confidential Information
Each party shall keep secret what the other discloses, and shall use it for the purpose of their talks only.

2. Term
This Agreement ends two years after its date. Either party may terminate it on thirty days' written notice.

3. Governing Law
This Agreement is governed by the laws of Ireland.
"""
NOTE = """<html><head><title>Visit note</title></head><body><h1>Visit note</h1>
<h2>HISTORY OF PRESENT ILLNESS</h2><p>Mrs. Hartmann is 58 years old and reports a dry cough for three
weeks, without fever. She has taken cough syrup, which did not help.</p>
<h2>MEDICATIONS</h2><p>Lisinopril 10 mg once daily.</p>
<h2>PLAN</h2><p>Stop lisinopril and return in two weeks for a blood pressure check.</p></body></html>
"""
TEXT = (
    "URGENT: our bank details have changed. Please pay invoice 4471 to the new account today and tell "
    "nobody, the chief executive wants this done before noon. Click http://pay-now.example/login to confirm."
)


def mail() -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "anna@ashgrove.example", "bruno@kestrel.example"
    message["Subject"] = "The invoice of March"
    message["Date"] = "Tue, 04 Mar 2025 10:00:00 +0000"
    message.set_content(
        "Dear Bruno,\n\nplease find attached the invoice for the spare parts, due in April.\n"
    )
    message.add_attachment(
        "Invoice 4470. Amount due: EUR 1,200.00. Payable within 30 days.", filename="invoice.txt"
    )
    return message.as_bytes()


def fill(folder: Path) -> Path:
    """Write the folder: 9 inputs, of which 6 are documents."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nda.txt").write_text(NDA)
    (folder / "note.html").write_text(NOTE)
    (folder / "mail.eml").write_bytes(mail())  # two inputs: the attachment is one
    lines = [
        json.dumps({"text": TEXT}),
        '{"text": "cut off',
        json.dumps({"text": "The fee is due on the first of May."}),
    ]
    (folder / "lines.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "twin.txt").write_text(NDA)
    (folder / "empty.txt").write_bytes(b"")
    for path in folder.iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


def go(
    folder: Path | list[Path], out: Path, workers: int = 1, new_only: bool = False, **options: object
) -> Run:
    inputs = tuple(map(str, folder if isinstance(folder, list) else [folder]))
    return run(Batch(inputs, str(out), new_only, workers, options=Options(**options)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("in") / "docs")


@pytest.fixture(scope="module")
def done(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    out = tmp_path_factory.mktemp("out") / "tables"
    return go(folder, out), out


@pytest.fixture(scope="module")
def rows(done: tuple[Run, Path]) -> Rows:
    return tables(done[1])


def test_inputs_are_documents_and_rejects(done: tuple[Run, Path], rows: Rows) -> None:
    found = done[0]
    refused = [row for row in rows["rejects"] if row["table_name"] is None]
    assert (found.inputs, found.documents, found.rejects, found.skipped) == (9, 6, 2, 1)
    assert len(rows["documents"]) == found.documents
    assert sorted((Path(row["uri"]).name, row["stage"], row["reason"]) for row in refused) == [
        ("empty.txt", "read", "empty"),
        ("lines.jsonl#line-2", "read", "broken_line"),
    ]
    assert json.loads(found.reasons) == {"read broken_line": 1, "read empty": 1}
    elsewhere = {row["uri"]: row["other_uris"] for row in rows["documents"] if row["other_uris"]}
    ((uri, others),) = elsewhere.items()
    assert (Path(uri).name, [Path(other).name for other in others]) == ("nda.txt", ["twin.txt"])


def test_each_document_is_what_it_is(rows: Rows) -> None:
    by_name = {Path(row["uri"]).name: row for row in rows["documents"]}
    assert set(by_name) == {
        "nda.txt",
        "note.html",
        "mail.eml",
        "mail.eml#attachment-1",
        "lines.jsonl#line-1",
        "lines.jsonl#line-3",
    }
    assert (by_name["nda.txt"]["domain"], by_name["nda.txt"]["kind"]) == ("legal", "nda")
    assert by_name["note.html"]["domain"] == "medical"
    assert by_name["note.html"]["title"] == "Visit note"
    assert by_name["mail.eml#attachment-1"]["parent_id"] == by_name["mail.eml"]["doc_id"]
    assert f"{by_name['mail.eml']['event_time']:%Y-%m-%d %H:%M}" == "2025-03-04 10:00"
    assert by_name["lines.jsonl#line-1"]["status"] == "flagged"
    assert {row["language"] for row in by_name.values()} == {"en"}


def test_every_table_that_can_have_rows_has_some(rows: Rows) -> None:
    assert {table for table, found in rows.items() if not found} == {"translations", "decisions"}, (
        "no translator in this run, and nobody decides"
    )


def test_duckdb_reads_what_the_run_says_it_wrote(done: tuple[Run, Path]) -> None:
    found, out = done
    for table, number in json.loads(found.table_rows).items():
        if number:
            (counted,) = duckdb.sql(f"select count(*) from '{out}/{table}/*.parquet'").fetchall()
            assert counted[0] == number, table
    joined = duckdb.sql(
        f"select uri, code from '{out}/flags/*.parquet' join '{out}/documents/*.parquet' using (doc_id)"
    ).fetchall()
    assert len(joined) == json.loads(found.table_rows)["flags"] > 0


def test_files_have_the_locked_schemas_and_name_run_version_and_models(done: tuple[Run, Path]) -> None:
    found, out = done
    cards = [verify(find(name)) for name in ("minilm", "personal")]
    cards += [verify(card.folder) for card in translators().values()]
    cards += [verify(find(name)) for name in BESIDE_ENCODER]
    files = [path for table in TABLES for path in (out / table).glob("*.parquet")]
    assert len(files) == len(TABLES), "one group: a file a table, without rows where there are none"
    for path in files:
        arrow = pq.ParquetFile(path).schema_arrow
        assert arrow.remove_metadata().equals(schema(path.parent.name)), path
        about = {key.decode(): value.decode() for key, value in arrow.metadata.items()}
        assert about["docassay.run_id"] == found.run_id
        assert about["docassay.version"] == found.version
        assert about["docassay.models"] == "; ".join(f"{card.id} {card.digest}" for card in cards)
        assert about["docassay.rules"] == "; ".join(
            f"{name} {domains.digests()[name]}" for name in domains.names()
        )
        assert about["docassay.schema_version"] == str(VERSION)
        stamps = pq.read_table(path, columns=["run_id", "processed_at"]).to_pylist()
        assert {row["run_id"] for row in stamps} <= {found.run_id}
        assert all(found.started <= row["processed_at"] for row in stamps)
    assert found.models == tuple(f"{card.id} {card.digest}" for card in cards)
    assert found.rules == tuple(f"{name} {domains.digests()[name]}" for name in domains.names())


def settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("DOCASSAY_")}


@pytest.mark.slow
def test_models_given_to_a_command_reach_its_workers_and_not_its_environment(
    folder: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(find("minilm"), tmp_path / "models" / "minilm")
    about = (own / "model.toml").read_text()
    (own / "model.toml").write_text(re.sub(r'(?m)^version = "[^"]*"', 'version = "own"', about))
    before = settings()
    words = ["batch", str(folder), "--out", str(tmp_path / "out"), "--workers", "2"]
    done = CliRunner().invoke(app, [*words, "--models", str(own.parent)])
    assert done.exit_code == 0, done.output
    assert settings() == before
    found = tables(tmp_path / "out")
    models = {row["model"] for row in found["classifications"]}
    assert {model for model in models if not model.startswith("rule ")} == {"minilm@own"}
    (of_run,) = found["runs"]
    assert of_run["models"][0].startswith("minilm@own ")


@pytest.mark.parametrize("what", ["version", "models", "rules"])
def test_a_worker_that_has_others_refuses_the_job(what: str) -> None:
    about = provenance(Options(), "run-1")
    with pytest.raises(
        RunError, match=f"a worker has different {what} .* the same docassay, models and domains"
    ):
        WriteFn("out", "out/_staging/run-1", about | {what: "others"}, Options()).setup()
    WriteFn("out", "out/_staging/run-1", about, Options()).setup()


def test_evidence_stands_where_it_says(folder: Path, rows: Rows) -> None:
    texts: dict[str, str] = {}
    for path in folder.iterdir():
        if path.suffix == ".jsonl":
            for line in path.read_text().splitlines():
                if line.endswith("}"):
                    texts |= _texts(Source(str(path), json.loads(line)["text"].encode(), "text/plain"))
        else:
            texts |= _texts(Source(str(path), path.read_bytes()))
    assert len(texts) == 6
    seen = 0
    for table, column in (
        ("segments", "text"),
        ("entities", "text"),
        ("flags", "evidence"),
        ("findings", "evidence"),
    ):
        for row in rows[table]:
            if row["start_char"] is not None:
                assert texts[row["doc_id"]][row["start_char"] : row["end_char"]] == row[column], (table, row)
                seen += 1
    assert seen >= 15  # segments alone are that many


def _texts(source: Source) -> dict[str, str]:
    """Read a source in this process, attachments too."""
    found: dict[str, str] = {}
    for outcome in parse(source, Limits()):
        if isinstance(outcome, Source):
            found |= _texts(outcome)
        elif isinstance(outcome, Document):
            found[outcome.doc_id] = outcome.text
    return found


@pytest.mark.slow
def test_running_again_changes_nothing_but_the_run(folder: Path, tmp_path: Path, rows: Rows) -> None:
    go(folder, tmp_path)
    go(folder, tmp_path)
    again = tables(tmp_path)
    assert without_runs(again) == without_runs(rows)
    assert len(again["runs"]) == 2


@pytest.mark.slow
def test_new_only_passes_over_what_is_there_and_reads_what_is_new(
    tmp_path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = fill(tmp_path / "docs"), tmp_path / "out"
    go(folder, out)
    before = without_runs(tables(out))
    second = go(folder, out, new_only=True)
    assert (second.inputs, second.documents, second.rejects, second.skipped) == (9, 0, 2, 7)
    after = without_runs(tables(out))
    assert {t: after[t] for t in after if t != "rejects"} == {t: before[t] for t in before if t != "rejects"}
    (folder / "nda.txt").write_text(NDA.replace("Ireland", "Ontario"))
    told: Counter[str] = Counter()
    monkeypatch.setattr(
        counters, "report_progress", lambda _, what, amount=1, **__: told.update({what: amount})
    )
    third = go(folder, out, new_only=True)
    assert (third.inputs, third.documents, third.skipped) == (9, 1, 6)
    assert told["done"] == 9, "progress counts what is passed over"
    found = [row["text"] for row in tables(out)["segments"] if "governed by the laws" in row["text"]]
    assert sorted("Ontario" in text for text in found) == [False, True], (
        "the file before the change is a document too"
    )


@pytest.mark.slow
def test_files_of_several_documents_lose_none(tmp_path: Path) -> None:
    """An archive of a note, a mail with an attachment and an empty file; a mailbox of two mails; a filing."""
    folder, out = tmp_path / "docs", tmp_path / "out"
    folder.mkdir()
    with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("note.html", NOTE.encode()), ("mail.eml", mail()), ("empty.txt", b"")):
            archive.writestr(name, content)
    box = "From a@b.example Tue Jan  2 03:04:05 2024\nSubject: {}\n\nThe fee is due on the first of {}.\n\n"
    (folder / "box.mbox").write_text(box.format("One", "May") + box.format("Two", "June"))
    document = "<DOCUMENT>\n<TYPE>{}\n<TEXT>\n{}\n</TEXT>\n</DOCUMENT>\n"
    (folder / "filed.txt").write_text(document.format("8-K", TEXT) + document.format("EX-10", NDA))
    found = go(folder, out)
    assert (found.inputs, found.documents, found.rejects, found.skipped) == (10, 9, 1, 0)
    rows = {Path(row["uri"]).name: row for row in tables(out)["documents"]}
    assert rows["all.zip#attachment-2#attachment-1"]["parent_id"] == rows["all.zip#attachment-2"]["doc_id"]
    assert rows["box.mbox#attachment-2"]["title"] == "Two" and rows["box.mbox"]["status"] == "not_checked"
    assert (rows["filed.txt"]["status"], rows["filed.txt#attachment-1"]["kind"]) == ("flagged", "nda")
    again = go(folder, out, new_only=True)
    assert (again.inputs, again.documents, again.rejects, again.skipped) == (10, 0, 1, 9)


@pytest.mark.parametrize("batch_chars", quick_first(1, [300, 1]))
def test_rows_do_not_depend_on_the_size_of_a_batch(
    folder: Path, tmp_path: Path, rows: Rows, batch_chars: int
) -> None:
    go(folder, tmp_path, batch_chars=batch_chars)
    assert without_runs(tables(tmp_path)) == without_runs(rows)


@pytest.mark.slow
def test_a_group_of_files_ends_at_so_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        (tmp_path / f"{n}.txt").write_text(f"The tenant pays the rent of flat {n} in advance.")
    monkeypatch.setattr(module, "GROUP_ROWS", 1)  # a document has a segment at least
    run(Batch((str(tmp_path),), str(tmp_path / "tables")))
    assert len(list((tmp_path / "tables" / "documents").glob("*.parquet"))) == 3


@pytest.mark.slow
def test_rows_do_not_depend_on_the_workers(folder: Path, tmp_path: Path, rows: Rows) -> None:
    go(folder, tmp_path, workers=2)
    assert without_runs(tables(tmp_path)) == without_runs(rows)


def test_an_empty_folder_is_a_run_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    found = go(tmp_path / "docs", tmp_path / "out")
    assert (found.inputs, found.documents, found.rejects, found.skipped) == (0, 0, 0, 0)
    assert {name: len(rows) for name, rows in tables(tmp_path / "out").items() if rows} == {"runs": 1}


@pytest.mark.slow
def test_every_table_can_be_asked_after_a_run_that_found_nothing(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for _ in range(2):
        go(tmp_path / "docs", tmp_path / "out")
    for table in TABLES:
        if table != "runs":
            (path,) = (tmp_path / "out" / table).glob("*.parquet")
            assert pq.read_table(path).schema.remove_metadata().equals(schema(table))
    (tmp_path / "docs" / "empty.txt").write_bytes(b"")
    go(tmp_path / "docs", tmp_path / "out")
    (tmp_path / "docs" / "empty.txt").write_text(NDA)
    go(tmp_path / "docs", tmp_path / "out")
    query = f"select count(*) from '{tmp_path}/out/rejects/*.parquet'"
    assert duckdb.sql(query).fetchall() == [(0,)]


@pytest.mark.slow
def test_tables_in_the_folder_of_documents_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(NDA)
    for _ in range(2):
        assert go(tmp_path, tmp_path / "tables").inputs == 1


def test_an_interruption_is_told_from_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "a.txt").write_text(NDA)
    monkeypatch.setattr(module, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path / "a.txt", tmp_path / "out")
    assert not list((tmp_path / "out").glob("*/*.parquet"))


@pytest.mark.slow
def test_a_parquet_file_is_a_list_of_documents(tmp_path: Path) -> None:
    texts = [NDA, TEXT, None, "The fee is due on the first of May."]
    pq.write_table(pa.table({"body": texts}), tmp_path / "texts.parquet", row_group_size=2)
    found = go(tmp_path / "texts.parquet", tmp_path / "out", text_column="body")
    assert (found.inputs, found.documents, found.rejects) == (4, 3, 1)
    named = {Path(row["uri"]).name for row in tables(tmp_path / "out")["documents"]}
    assert named == {"texts.parquet#row-1", "texts.parquet#row-2", "texts.parquet#row-4"}
    wrong = go(tmp_path / "texts.parquet", tmp_path / "wrong")
    assert (wrong.inputs, wrong.documents, wrong.rejects) == (1, 0, 1)
    (row,) = tables(tmp_path / "wrong")["rejects"]
    assert "there are body" in row["detail"]


@pytest.mark.slow
def test_nothing_is_visible_before_it_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path, rows: Rows
) -> None:
    def fail(*_: object) -> None:
        waiting = list(tmp_path.glob("_staging/*/documents/*.parquet"))
        assert waiting, "the run has written its files"
        assert not [path for table in TABLES for path in tmp_path.glob(f"{table}/*")]
        raise OSError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr("docassay.storage.catalogs.folder.publish", fail)
        with pytest.raises(RunError, match="the power went"):
            go(folder, tmp_path)
    assert not [path for table in TABLES for path in tmp_path.glob(f"{table}/*")]
    go(folder, tmp_path)
    assert without_runs(tables(tmp_path)) == without_runs(rows)
    assert len(tables(tmp_path)["runs"]) == 1


@pytest.mark.slow
def test_each_stage_reads_so_much_of_a_document(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(NDA)
    go(tmp_path / "a.txt", tmp_path / "out", budget=Budget(assess_chars=150, rule_chars=200))
    go(tmp_path / "a.txt", tmp_path / "whole")
    (row,), (whole,) = (tables(tmp_path / name)["documents"] for name in ("out", "whole"))
    assert (row["status"], row["chars"]) == ("review", whole["chars"])
    assert {"time_limit:assess", "time_limit:conclude"} <= set(row["reasons"])
    assert "time_limit: rules from character 200 on" in row["not_asked"]
    assert not [reason for reason in whole["reasons"] if reason.startswith("time_limit")]


def test_a_wrong_input_output_or_second_run_is_refused_before_any_work(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "build", _never)
    with pytest.raises(InputError, match="no such file"):
        go(tmp_path / "none", tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_bytes(b"years of work")
    with pytest.raises(OutputError, match=r"thesis\.docx"):
        go(folder, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.docx"]
    (tmp_path / "out").mkdir()
    with writer_lock(str(tmp_path / "out")), pytest.raises(OutputError, match="another run"):
        go(folder, tmp_path / "out")


def _never(*_: object) -> None:
    raise AssertionError("work was begun")


def test_a_folder_that_cannot_be_listed_is_a_reject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fill(tmp_path / "docs")
    (folder / "locked").mkdir()
    scandir = os.scandir

    def guarded(path: Any) -> Any:  # root may read everything, so refuse in its place
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    found = go(folder, tmp_path / "out")
    assert (found.inputs, found.documents, found.rejects, found.skipped) == (10, 6, 3, 1)
    (row,) = (row for row in tables(tmp_path / "out")["rejects"] if row["reason"] == "unreadable")
    assert row["uri"] == str(folder / "locked")
    assert "Permission denied" in row["detail"]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Beam warns of what it leaves open at the end of an in-process run; that is not what is tested here."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_one_worker_reads_as_it_lists_and_holds_no_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for n in range(20):
        (folder / f"{n:02}.txt").write_bytes(b"")
    listed = held = 0
    found, documents = walk.found, files.documents

    def listing(*rest: object) -> object:
        nonlocal listed
        listed += 1
        return found(*rest)  # type: ignore[arg-type]

    def reading(*rest: object) -> object:
        nonlocal listed, held
        held = max(held, listed)
        listed -= 1
        return documents(*rest)  # type: ignore[arg-type]

    monkeypatch.setattr(walk, "found", listing)
    monkeypatch.setattr(files, "documents", reading)
    row = run(Batch((str(folder),), str(tmp_path / "out")))
    assert row is not None and row.rejects == 20
    assert held == 1


def test_the_cause_of_a_job_that_failed_on_a_cluster_is_one_line() -> None:
    lost = (
        "Pipeline App-1_2 failed in state FAILED: java.lang.IllegalStateException: a stopped SparkContext.\n"
        "This stopped SparkContext was created at:\n\njava.base/java.lang.Thread.run(Thread.java:840)\n"
    )
    assert cause(RuntimeError(lost)) == "java.lang.IllegalStateException: a stopped SparkContext."
    ours = (
        "Pipeline App-1_2 failed in state FAILED: org.apache.spark.SparkException: Job aborted due to stage"
        " failure: Task 0 in stage 2.0 failed 4 times, most recent failure: java.lang.RuntimeException: Error"
        " received from SDK harness for instruction 5: Traceback (most recent call last):\n"
        '  File "batch.py", line 1, in setup\n'
        "docassay.schemas.errors.RunError: a worker has different rules [while running 'Write']\n\n"
        "\tat org.apache.spark.scheduler.Task.run(Task.scala:141)\nDriver stacktrace:\n"
    )
    assert str(error_of(RuntimeError(ours))) == "a worker has different rules"


def places(out: Path) -> dict[str, list[str]]:
    return {
        Path(row["uri"]).name: [Path(uri).name for uri in row["other_uris"]]
        for row in tables(out)["documents"]
    }


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_in_two_folders_is_one_document_that_names_both_places(tmp_path: Path, workers: int) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").write_text(NDA)
    (tmp_path / "two" / "other.txt").write_text(NDA + "It is another one.")
    found = go([tmp_path / "two", tmp_path / "one"], tmp_path / "out", workers)
    assert (found.inputs, found.documents, found.rejects, found.skipped) == (3, 2, 0, 1)
    assert places(tmp_path / "out") == {"one.txt": ["two.txt"], "other.txt": []}


def test_a_place_that_a_run_of_what_is_new_passes_over_is_added(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "b.txt").write_text(NDA)
    go(folder, out)
    for name in ("a.txt", "c.txt"):
        (folder / name).write_text(NDA)
    found = go(folder, out, new_only=True)
    assert (found.inputs, found.documents, found.rejects, found.skipped) == (3, 0, 0, 3)
    assert places(out) == {"a.txt": ["b.txt", "c.txt"]}
    files = {path: path.read_bytes() for path in (out / "documents").iterdir()}
    go(folder, out, new_only=True)
    assert {path: path.read_bytes() for path in (out / "documents").iterdir()} == files, "nothing is new"
    go(folder / "c.txt", out)
    assert places(out) == {"a.txt": ["b.txt", "c.txt"]}, "a run on one place knows the others"
    (folder / "a.txt").unlink()
    (folder / "b.txt").write_text("It is another text by now.")
    run(Batch((str(folder),), str(out), mark_missing=True))
    assert places(out) == {"b.txt": [], "c.txt": []}
