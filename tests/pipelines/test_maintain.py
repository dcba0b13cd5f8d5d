"""Retry and compact by the command line, on tables that a batch wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import typer
from filelock import FileLock
from typer.testing import CliRunner, Result

from docassay.cli import app
from docassay.commands.options import errors
from docassay.pipelines.batch import Batch, run
from docassay.pipelines.maintain import plan_retry
from docassay.schemas.errors import TablesError, UsageError
from docassay.views import show
from tests.tables import Rows, tables, without_runs

TEXT = "Each party shall keep secret what the other discloses, and this Agreement is governed by Irish law."


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rejects(found: Rows) -> dict[str, str]:
    return {Path(row["uri"]).name: f"{row['stage']}.{row['reason']}" for row in found["rejects"]}


def fill(folder: Path) -> None:
    folder.mkdir()
    (folder / "good.txt").write_text(TEXT)
    (folder / "twin.txt").write_text(TEXT)
    (folder / "empty.txt").write_bytes(b"")
    (folder / "late.txt").write_bytes(b"")
    (folder / "gone.txt").write_bytes(b" \n ")
    lines = [json.dumps({"text": f"The fee of {n} euros is due on the first of May."}) for n in (1, 2)]
    (folder / "lines.jsonl").write_text("\n".join([lines[0], '{"text": "cut', lines[1]]) + "\n")
    message = EmailMessage()
    message["From"], message["Subject"] = "anna@ashgrove.example", "Papers"
    message.set_content("Dear Bruno, please find the papers attached, as we said on Monday.")
    message.add_attachment(b"\0\0\0\0", maintype="application", subtype="octet-stream", filename="a.bin")
    (folder / "mail.eml").write_bytes(message.as_bytes())


@pytest.fixture(scope="module")
def batched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a folder and its tables; then one line and one file are mended, and one file is gone."""
    folder = tmp_path_factory.mktemp("retry") / "in"
    out = folder.parent / "out"
    fill(folder)
    run(Batch((str(folder),), str(out)))
    assert rejects(tables(out)) == {
        "empty.txt": "read.empty",
        "late.txt": "read.empty",
        "gone.txt": "parse.only_whitespace",
        "lines.jsonl#line-2": "read.broken_line",
        "mail.eml#attachment-1": "parse.only_whitespace",
    }
    whole = (folder / "lines.jsonl").read_text().replace('"cut', '"Cut no more, but a whole sentence."}')
    (folder / "lines.jsonl").write_text(whole)
    (folder / "late.txt").write_text("The tenant shall pay the rent on the first day of each month.")
    os.unlink(folder / "gone.txt")
    return folder, out


@pytest.mark.slow
def test_retry_reads_the_inputs_of_rejects_again_and_is_idempotent(batched: tuple[Path, Path]) -> None:
    _, out = batched
    before = tables(out)
    chosen = plan_retry(str(out))
    assert [Path(uri).name for uri in chosen.inputs] == ["empty.txt", "late.txt", "lines.jsonl", "mail.eml"]
    assert (len(chosen.uris), chosen.absent, dict(chosen.others)) == (4, 1, {})

    done = call("retry", out, "--reason", "read.broken_line")
    assert done.exit_code == 0, done.output
    found = tables(out)
    assert "lines.jsonl#line-2" in {Path(row["uri"]).name for row in found["documents"]}
    assert len(found["rejects"]) == len(before["rejects"]) - 1
    assert "late.txt" in rejects(found), "another reason"
    same = [row for row in found["segments"] if row in before["segments"]]
    assert len(same) == len(before["segments"]), "what was there is not read again"

    done = call("retry", out / "rejects")
    assert done.exit_code == 0, done.output
    assert "1 rejects remain: their inputs cannot be read from here" in done.stdout
    mended = without_runs(tables(out))
    assert rejects(mended) == {
        "empty.txt": "read.empty",
        "gone.txt": "parse.only_whitespace",
        "mail.eml#attachment-1": "parse.only_whitespace",
    }
    assert len(mended["documents"]) == len(before["documents"]) + 2

    assert call("retry", out).exit_code == 0
    assert without_runs(tables(out)) == mended, "once more is the same"

    done = call("compact", out)
    assert done.exit_code == 0 and "files became" in done.stdout, done.output
    assert without_runs(tables(out)) == mended
    assert len(list((out / "documents").iterdir())) == len(list((out / "runs").iterdir())) == 1
    assert "nothing to merge" in call("compact", out).stdout
    assert call("retry", out).exit_code == 0
    assert without_runs(tables(out)) == mended, "a compacted folder takes further runs"


def test_a_reason_that_no_reject_has_is_said(batched: tuple[Path, Path]) -> None:
    done = call("retry", batched[1], "--reason", "parse.timeout")
    assert done.exit_code == 0
    assert "nothing to retry; other rejects: " in done.stdout and "parse.only_whitespace 2" in done.stdout


@pytest.mark.parametrize("reason", ["timeout", "parse timeout", "parse.", ""])
def test_a_reason_is_a_stage_and_a_code(batched: tuple[Path, Path], reason: str) -> None:
    with pytest.raises(UsageError, match=r"stage\.reason"):
        plan_retry(str(batched[1]), [reason])


@pytest.mark.parametrize("command", ["compact", "retry"])
def test_a_folder_without_tables_or_of_a_running_batch_is_refused(tmp_path: Path, command: str) -> None:
    for folder in (tmp_path / "none", tmp_path):
        done = call(command, folder)
        assert done.exit_code == 2 and done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "none").exists()
    (tmp_path / "documents").mkdir()
    with FileLock(f"{tmp_path}/_staging.lock"):
        done = call(command, tmp_path)
    assert done.exit_code == 2 and "another run is writing to" in done.stderr


@pytest.mark.slow
def test_workers_log_their_rejects_as_json_and_the_run_leaves_its_numbers(tmp_path: Path) -> None:
    fill(tmp_path / "in")
    command = [
        sys.executable,
        "-m",
        "docassay",
        "batch",
        str(tmp_path / "in"),
        "--out",
        str(tmp_path / "out"),
    ]
    command += ["--workers", "2", "--log-format", "json", "--metrics", str(tmp_path / "run.prom")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    entries = [json.loads(line) for line in done.stderr.splitlines()]
    (run_id,) = {entry["run_id"] for entry in entries if "run_id" in entry}
    assert [e["message"] for e in entries if "run_id" in e] == ["started", "published"]
    found = tables(tmp_path / "out")
    assert found["runs"][0]["run_id"] == run_id
    logged = {
        (entry["uri"], entry["reason"], entry.get("doc_id"))
        for entry in entries
        if entry["message"] == "rejected"
    }
    wanted = {(row["uri"], row["reason"], row["doc_id"]) for row in found["rejects"]}
    assert wanted <= logged
    assert len({entry["process"] for entry in entries}) > 1, "the workers speak for themselves"
    text = (tmp_path / "run.prom").read_text()
    assert 'docassay_rejects_total{reason="broken_line",stage="read"} 1.0' in text
    assert f"docassay_inputs {found['runs'][0]['inputs']}.0" in text


def test_stages_count_what_goes_in_and_out(batched: tuple[Path, Path]) -> None:
    (row, *_) = sorted(tables(batched[1])["runs"], key=lambda row: row["started"])
    counts = json.loads(row["counts"])
    for stage in ("read", "detect", "split", "assess", "conclude", "write"):
        left = counts.get(f"{stage}.rejected", 0) + counts.get(f"{stage}.passed_over", 0)
        assert counts[f"{stage}.in"] == counts.get(f"{stage}.out", 0) + left
    assert counts["conclude.in"] == counts["assess.out"] == counts["split.out"]
    assert counts["reject.read.empty"] == 2
    assert counts["assess.fill_percent.count"] == counts["assess.batch_documents.count"] >= 1
    assert counts["assess.batch_documents.sum"] == counts["assess.in"]


def test_show_reads_again_when_files_give_way(
    batched: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = show.overview(str(batched[1]), 3)
    read, failures = show.connect, [FileNotFoundError("merged"), FileNotFoundError("merged")]

    def unlucky(*arguments: Any, **named: Any) -> Any:
        if failures:
            raise failures.pop()
        return read(*arguments, **named)

    monkeypatch.setattr(show, "connect", unlucky)
    assert show.overview(str(batched[1]), 3) == expected
    failures += [FileNotFoundError("gone for good")] * 3
    with pytest.raises(TablesError, match="gone for good is gone; run it again"):
        show.overview(str(batched[1]), 3)


@pytest.mark.parametrize("says", ["interrupted", "interrupted; nothing was published"])
def test_each_command_says_what_an_interruption_left(says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, errors(interrupted=says):
        raise KeyboardInterrupt
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == f"{says}\n"


def test_a_file_that_poses_as_a_part_does_not_stand_in_for_what_is_gone(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", str(tmp_path / "out")
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"text": 5}\n')
    (folder / "a.jsonl#line-1").write_text(TEXT)
    run(Batch((str(folder),), out))
    (folder / "a.jsonl").unlink()
    plan = plan_retry(out)
    assert (plan.inputs, plan.absent) == ((), 1)


def test_a_link_is_no_input_of_a_retry_unless_it_is_to_be_followed(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", str(tmp_path / "out")
    folder.mkdir()
    (tmp_path / "secret.txt").write_text(TEXT)
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "m.eml#attachment-1").write_bytes(b"")
    run(Batch((str(folder),), out))
    found = {"link.txt": "read.link", "m.eml%23attachment-1": "read.empty"}
    assert rejects(tables(tmp_path / "out")) == found
    chosen = plan_retry(out)
    assert chosen.inputs == (str(folder / "m.eml#attachment-1"),) and chosen.others == {"read.link": 1}
    followed = plan_retry(out, ["read.link"], follow_links=True)
    assert followed.inputs == (str(folder / "link.txt"),)


@pytest.mark.slow
def test_a_name_that_is_not_utf8_is_not_taken_for_the_file_that_spells_its_escape(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / os.fsdecode(b"\xff.txt")).write_text("a name that is not UTF-8")
    spelt = folder / r"\udcff.txt"
    spelt.write_bytes(b"")
    assert run(Batch((str(folder),), str(out))) is not None
    assert rejects(tables(out)) == {r"\udcff.txt": "read.bad_name", r"\\udcff.txt": "read.empty"}
    spelt.write_text(TEXT)
    chosen = plan_retry(str(out))
    assert (chosen.inputs, chosen.absent) == ((str(spelt),), 1)
    assert call("retry", out).exit_code == 0
    found = tables(out)
    assert rejects(found) == {r"\udcff.txt": "read.bad_name"}
    assert [row["uri"] for row in found["documents"]] == [str(folder / r"\\udcff.txt")]
