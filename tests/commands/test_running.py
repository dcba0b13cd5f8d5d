"""What a run shows: progress without a terminal, its summary, and empty inputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from docassay.cli import app
from docassay.commands import running
from docassay.commands.running import progress
from docassay.models import engine
from docassay.models.engine import default_threads, spare_memory
from docassay.pipelines.sources import files


class Clock:
    """A clock that a test moves."""

    now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    some = Clock()
    monkeypatch.setattr(running, "time", some)
    return some


def batch(folder: Path, *words: str) -> tuple[Result, dict[str, object]]:
    summary = folder / "summary.json"
    done = CliRunner().invoke(app, ["batch", *words, "--out", str(folder / "t"), "--summary", str(summary)])
    return done, json.loads(summary.read_text())


def test_without_a_terminal_a_line_comes_each_half_minute(
    clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    with progress("reading") as watch:
        for second in range(1, 91):
            clock.now += 1
            watch(second * 2, 1_000, rejects=second // 60)
    assert capfd.readouterr().err.splitlines() == [
        "docassay: reading: 60 of 1,000 documents, 2.0 documents/s, about 7 min 50 s left",
        "docassay: reading: 120 of 1,000 documents, 1 rejects, 2.0 documents/s, about 7 min 20 s left",
        "docassay: reading: 180 of 1,000 documents, 1 rejects, 2.0 documents/s, about 6 min 50 s left",
    ]


def test_short_work_is_silent_and_an_unknown_total_is_not_invented(
    clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    with progress("reading") as watch:
        clock.now += 29
        watch(5, 10)
    assert not capfd.readouterr().err
    with progress("reading") as watch:
        clock.now += 31
        watch(62, 0)
    assert capfd.readouterr().err == "docassay: reading: 62 documents, 2.0 documents/s\n"


def test_time_left_does_not_grow_without_a_word(clock: Clock, capfd: pytest.CaptureFixture[str]) -> None:
    with progress("reading") as watch:
        clock.now += 30
        watch(30, 100)
        clock.now += 30
        watch(31, 100)
    first, second = capfd.readouterr().err.splitlines()
    assert first.endswith("about 1 min 10 s left") and second.endswith(
        "about 2 min 14 s left, more than estimated before"
    )


def test_a_summary_says_what_came_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Some text.")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    done, summary = batch(tmp_path, str(tmp_path / "a.txt"), str(tmp_path / "b.pdf"))
    assert done.exit_code == 0 and summary["exit_code"] == 0
    assert [summary[name] for name in ("inputs", "documents", "rejects")] == [2, 1, 1]
    assert summary["reasons"] and summary["run_id"]

    done, summary = batch(tmp_path, str(tmp_path / "nothing"))
    assert done.exit_code == summary["exit_code"] == 2
    assert str(summary["error"]).endswith("no such file or folder, and no file matches it")


def test_an_empty_folder_is_a_failure_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert batch(tmp_path, str(tmp_path / "in"))[0].exit_code == 0
    done, summary = batch(tmp_path, str(tmp_path / "in"), "--fail-on-empty")
    assert done.exit_code == summary["exit_code"] == 4
    assert done.stderr == "docassay: no document was read: 0 inputs, 0 rejects\n"

    (tmp_path / "in" / "a.txt").write_text("Some text.")
    assert batch(tmp_path, str(tmp_path / "in"), "--fail-on-empty")[0].exit_code == 0
    again, _ = batch(tmp_path, str(tmp_path / "in"), "--fail-on-empty", "--new-only")
    assert again.exit_code == 0, "all are there already"


def test_inputs_are_counted_before_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("one")
    (tmp_path / "in" / "b.jsonl").write_text('{"text": "two"}\n' * 250)
    names = tmp_path / "names"
    names.write_text(f"{tmp_path / 'in'}\n{tmp_path / 'in' / 'a.txt'}\n")

    def number(*inputs: str) -> int:
        return files.count(inputs, "text", None, False, files.Event())

    assert number(str(tmp_path / "in")) == 251
    assert number(f"@{names}") == 252
    assert number(str(tmp_path / "in"), "s3://bucket/x") == 0


def test_a_container_s_quota_and_memory_bound_the_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "CONTROL_GROUP", tmp_path)
    monkeypatch.setattr(engine, "MEMORY_INFO", tmp_path / "meminfo")
    assert spare_memory() is None
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable: 2000 kB\n")
    assert spare_memory() == 2_048_000
    (tmp_path / "memory.max").write_text("max\n")
    assert spare_memory() == 2_048_000
    (tmp_path / "memory.max").write_text("1000000\n")
    assert spare_memory() == 1_000_000
    free = default_threads()
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert default_threads() == free
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert default_threads() == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("new-onyl = true", ["--out", "t"]),
        ('partition-by = "moth"', ["--out", "t"]),
        ("", ["--out", "t", "--no-such"]),
        ("", []),
    ],
)
def test_a_wrong_option_replaces_the_summary_of_the_last_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("last.json").write_text('{"exit_code": 0}')
    Path("night.toml").write_text(f'[batch]\nsummary = "last.json"\n{content}\n')
    done = CliRunner().invoke(app, ["--config", "night.toml", "batch", "in", *words])
    summary = json.loads(Path("last.json").read_text())
    assert done.exit_code == summary["exit_code"] == 2
    assert summary["error"] in done.stderr.replace("\n", " ")


def test_a_run_that_is_killed_leaves_no_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("Some text.")

    def killed(*_: object) -> None:
        raise SystemExit(143)

    monkeypatch.setattr("docassay.pipelines.batch.run", killed)
    (tmp_path / "summary.json").write_text('{"exit_code": 0}')
    _, summary = batch(tmp_path, str(tmp_path / "a.txt"))
    assert summary["exit_code"] is None and summary["error"] == "the run has not ended"
