"""Decisions: none is lost or doubled, none changes unseen, and they hold for what later runs write."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from docassay.pipelines.maintain import compact_tables, forget_documents, verify_tables
from docassay.schemas.arrow import schema
from docassay.schemas.decisions import Decision
from docassay.schemas.errors import DamagedError, InputError, OutputError, RunError, UsageError
from docassay.schemas.rows import Result
from docassay.schemas.runs import Stamp
from docassay.storage.decisions import chain, words
from docassay.storage.decisions.lists import read_choices
from docassay.storage.decisions.record import (
    Choice,
    check_decidable,
    current_decisions,
    decide,
    rows_of,
    withdraw,
)
from docassay.storage.tables import manifest
from docassay.storage.tables.manifest import CURRENT, MANIFESTS
from docassay.storage.tables.parquet import write_table
from docassay.storage.tables.validate import failures
from docassay.storage.tables.write import STAGING
from docassay.storage.transaction.locks import commit_lock
from docassay.views.query import connect
from tests.families import quick_first
from tests.storage.runs import copied, run
from tests.tables import result

TEXT = "This is odd, and a text of some length."


@pytest.fixture
def read() -> Result:
    return result(TEXT)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made") / "out"
    run(place, "run-1", [result(TEXT), result("Another text of note", "b.txt")])
    return place


@pytest.fixture
def out(made: Path, tmp_path: Path) -> str:
    return str(copied(made, tmp_path / "out"))


def on_flag(doc_id: str, outcome: str = "confirmed", **about: Any) -> Choice:
    return Choice(doc_id, "flag", "odd", outcome, **about)


def state_of(out: str, view: str = "flags_decided") -> list[tuple[Any, ...]]:
    return connect(out).execute(
        f"select state, reopened_because, decision from {view} where state <> 'open'"
    ).fetchall()  # fmt: skip


def faults(out: str) -> list[tuple[str, str]]:
    return [(fault.kind, fault.detail) for fault in verify_tables(out).faults]


def test_a_decision_says_what_it_is_on(out: str, read: Result) -> None:
    (told,) = decide(out, [on_flag(read.doc_id[:8], reason=" a joke ")], "anna")
    (row,) = rows_of(out).to_pylist()
    assert told.added and told.sequence == row["sequence"] == 1
    assert row["doc_id"] == read.doc_id and row["evidence"] == "This" and row["reason"] == "a joke"
    assert row["decided_by"] == "rule legal.odd" and row["run_id"] == "run-1" and row["reviewer"] == "anna"
    assert rows_of(out).schema.equals(schema("decisions"))


@pytest.mark.slow
def test_rows_hold_what_is_expected_of_them(out: str, read: Result) -> None:
    decide(out, [on_flag(read.doc_id), Choice(read.doc_id, "finding", "notice", "not_sure")], "anna")
    table = rows_of(out)
    names = Decision.__dataclass_fields__
    rows = [Decision(**{name: row[name] for name in names}) for row in table.to_pylist()]
    stamp = Stamp("run-1", datetime.now(UTC))
    assert not failures("decisions", rows, [True] * len(rows), {}, stamp)
    assert failures("decisions", [replace(rows[0], outcome="maybe")], [True], {}, stamp)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verdict", "said", "outcome", "corrected"),
    [
        ("fail", "failed", "confirmed", None),
        ("fail", "passed", "corrected", "pass"),
        ("fail", "does not apply", "dismissed", None),
        ("review", "failed", "confirmed", None),
        ("review", "Passed", "corrected", "pass"),
        ("pass", "passed", "confirmed", None),
        ("pass", "failed", "corrected", "fail"),
        ("review", "not sure", "not_sure", None),
    ],
)
def test_what_is_said_of_a_check_is_kept_by_its_verdict(
    tmp_path: Path, verdict: Any, said: str, outcome: str, corrected: str | None
) -> None:
    made = result(TEXT)
    run(tmp_path, "run-1", [replace(made, findings=(replace(made.findings[0], verdict=verdict),))])
    decide(str(tmp_path), [Choice(made.doc_id, "finding", "notice", said)], "anna")
    (row,) = rows_of(str(tmp_path)).to_pylist()
    assert (row["outcome"], row["corrected_label"], row["label"]) == (outcome, corrected, verdict)
    assert words.word_of("finding", outcome, verdict, corrected) == said.lower().replace(" ", "_")


def test_a_statement_is_present_or_missing_where_a_check_asks_for_one(tmp_path: Path) -> None:
    made = result(TEXT)
    (gone,) = made.findings
    asks = replace(gone, check_id="nda_term", decided_by="rule legal.nda_term", verdict="review")
    run(tmp_path, "run-1", [replace(made, findings=(gone, asks))])
    with pytest.raises(UsageError, match="notice asks for no statement: say passed, failed, does_not_apply"):
        decide(str(tmp_path), [Choice(made.doc_id, "finding", "notice", "missing")], "anna")
    decide(str(tmp_path), [Choice(made.doc_id, "finding", "nda_term", "missing")], "anna")
    decide(str(tmp_path), [Choice(made.doc_id, "finding", "nda_term", "present")], "anna")
    rows = rows_of(str(tmp_path)).to_pylist()
    assert [(row["outcome"], row["corrected_label"]) for row in rows] == [
        ("confirmed", None),
        ("corrected", "pass"),
    ]


def test_signs_and_labels_have_words_of_their_own(out: str, read: Result) -> None:
    said = [
        ("flag", "odd", "fraud", {}, ("confirmed", None)),
        ("flag", "odd", "harmless", {}, ("dismissed", None)),
        ("label", "clause_type", "right", {}, ("confirmed", None)),
        ("label", "clause_type", "wrong", {}, ("dismissed", None)),
        ("label", "clause_type", "wrong: tax", {}, ("corrected", "tax")),
        ("label", "clause_type", "wrong", {"corrected_label": "term"}, ("corrected", "term")),
    ]
    for of, code, word, about, _ in said:
        decide(out, [Choice(read.doc_id, of, code, word, **about)], "anna")
    rows = rows_of(out).to_pylist()
    assert [(row["outcome"], row["corrected_label"]) for row in rows] == [kept for *_, kept in said]
    for of, code, word in (
        ("flag", "odd", "right"),
        ("flag", "odd", "wrong: tax"),
        ("label", "clause_type", "fraud"),
    ):
        with pytest.raises(UsageError, match="is not an outcome; there are"):
            decide(out, [Choice(read.doc_id, of, code, word)], "anna")


@pytest.mark.slow
def test_all_objects_are_decided_and_matched(out: str, read: Result) -> None:
    choices = [
        on_flag(read.doc_id, "dismissed"),
        Choice(read.doc_id, "finding", "notice", "corrected", corrected_label="pass"),
        Choice(read.doc_id, "label", "clause_type", "corrected", corrected_label="tax"),
        Choice(read.doc_id, "document", "kind", "corrected", corrected_label="legal.lease"),
    ]
    assert [told.added for told in decide(out, choices, "anna")] == [True] * 4
    for view in ("flags_decided", "findings_decided", "classifications_decided", "documents_decided"):
        ((state, because, _),) = state_of(out, view)
        assert (state, because) == ("decided", None), view


def test_the_same_again_adds_nothing_and_another_supersedes(out: str, read: Result) -> None:
    (first,) = decide(out, [on_flag(read.doc_id)], "anna")
    (again,) = decide(out, [on_flag(read.doc_id)], "anna")
    assert not again.added and again.decision_id == first.decision_id
    (other,) = decide(out, [on_flag(read.doc_id, "dismissed")], "anna")
    assert other.added and other.supersedes == first.decision_id
    (of_bert,) = decide(out, [on_flag(read.doc_id, "dismissed")], "bert")
    assert of_bert.added
    ((agreeing,),) = connect(out).execute("select agreeing from decisions_current").fetchall()
    assert agreeing == 2


def test_an_id_is_recorded_once(out: str, read: Result) -> None:
    choice = on_flag(read.doc_id, decision_id="a" * 32)
    decide(out, [choice], "anna")
    (again,) = decide(out, [replace(choice, outcome="dismissed")], "anna")
    assert not again.added and len(rows_of(out)) == 1


def test_withdrawn_gives_back_what_counted_before(out: str, read: Result) -> None:
    (first,) = decide(out, [on_flag(read.doc_id)], "anna")
    (second,) = decide(out, [on_flag(read.doc_id, "dismissed")], "anna")
    withdraw(out, [second.decision_id], "anna")
    assert [row["decision_id"] for row in current_decisions(rows_of(out).to_pylist()).values()] == [
        first.decision_id
    ]
    assert state_of(out) == [("decided", None, "confirmed")]
    assert not withdraw(out, [second.decision_id], "anna")[0].added
    withdraw(out, [first.decision_id], "anna")
    assert state_of(out) == [] and faults(out) == []
    with pytest.raises(UsageError, match="no decision"):
        withdraw(out, ["b" * 32], "anna")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"outcome": "withdrawn"}, "not an outcome"),
        ({"outcome": "corrected"}, "needs another label"),
        ({"corrected_label": "tax"}, "needs another label"),
        ({"object": "page"}, "cannot be decided on"),
        ({"doc_id": "xyz"}, "not a doc_id"),
        ({"code": "even"}, "have no flag even"),
        ({"start_char": 4}, "not a span"),
        ({"start_char": 4, "end_char": 9}, "have no flag"),
        ({"reason": "r" * 10_001}, "10,000"),
        ({"reason": "\ud800"}, "no file can hold"),
        ({"decision_id": "1"}, "not a decision_id"),
        ({"decided_at": datetime(2024, 1, 1)}, "time zone"),
        ({"decided_at": datetime(1, 1, 1, tzinfo=UTC)}, "cannot be the time"),
        ({"reviewer": "a\nb"}, "reviewer's name"),
        (
            {"outcome": "corrected", "corrected_start": 2, "corrected_end": 9_999},
            "not a span of a text of 39",
        ),
        ({"outcome": "corrected", "corrected_label": "nonsense"}, "cannot be 'nonsense'; there are "),
        ({"outcome": "corrected", "corrected_label": "odd"}, "says 'odd' already"),
        (
            {"object": "finding", "code": "notice", "outcome": "corrected", "corrected_label": "PASS"},
            "there are pass, fail, review",
        ),
        (
            {"object": "document", "code": "kind", "outcome": "corrected", "corrected_label": "lease"},
            "cannot be 'lease'",
        ),
        (
            {"object": "document", "code": "kind", "outcome": "corrected", "corrected_start": 0}
            | {"corrected_end": 2},
            "the correction of a document is another document type",
        ),
    ],
)
def test_a_wrong_choice_records_nothing(out: str, read: Result, wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        decide(out, [on_flag(read.doc_id), replace(on_flag(read.doc_id), **wrong)], "anna")
    assert not len(rows_of(out))


def test_tables_that_take_no_decisions(tmp_path: Path, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="not on a catalog's"):
        check_decidable("iceberg://lake/contracts")
    with pytest.raises(OutputError, match="no tables"):
        check_decidable(str(tmp_path / "none"))
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(OutputError, match="view it here, but decide in a copy"):
        check_decidable(out)


def test_older_tables_have_no_decisions_and_take_them(tmp_path: Path, read: Result) -> None:
    out = str(tmp_path / "old")
    run(out, "run-1", [read])
    for path in [*Path(out, "decisions").iterdir(), *Path(out, "_data/decisions").iterdir()]:
        path.unlink()
    Path(out, "decisions").rmdir()
    state, token = manifest.current_token(out)
    assert state is not None and token is not None
    files = {table: of for table, of in state.files.items() if table != "decisions"}
    manifest.prepare(out, replace(state, files=files))
    manifest.finish(out)
    assert faults(out) == [] and len(rows_of(out)) == 0 and state_of(out) == []
    decide(out, [on_flag(read.doc_id)], "anna")
    assert state_of(out) == [("decided", None, "confirmed")] and faults(out) == []


def test_a_run_compaction_and_a_second_reading_keep_them(out: str, read: Result) -> None:
    decide(out, [on_flag(read.doc_id)], "anna")
    decide(out, [Choice(read.doc_id, "finding", "notice", "dismissed")], "bert")
    before = rows_of(out).to_pylist()
    run(out, "run-2", [read])
    compact_tables(out)
    run(out, "run-3", [result("a third text", "c.txt")])
    assert rows_of(out).to_pylist() == before
    assert state_of(out) == [("decided", None, "confirmed")] and faults(out) == []
    assert len(list(Path(out, "decisions").glob("*.parquet"))) == 1, "compacted"


@pytest.mark.parametrize(
    ("changed", "because"),
    quick_first(
        1,
        [
            (lambda r: replace(r.flags[0], decided_by="rule legal.odd+m@1"), "rule"),
            (lambda r: replace(r.flags[0], evidence=r.text[:7], end_char=7), "text"),
            (lambda r: replace(r.flags[0], start_char=5, end_char=9, evidence=r.text[5:9]), None),
        ],
    ),
)
def test_another_rule_or_text_opens_it_again(
    out: str, read: Result, changed: Callable[[Result], Any], because: str | None
) -> None:
    decide(out, [on_flag(read.doc_id, "dismissed")], "anna")
    run(out, "run-2", [replace(read, flags=(changed(read),))])
    assert state_of(out) == ([("reopened", because, "dismissed")] if because else [])
    assert faults(out) == []


def test_evidence_that_has_moved_is_found_again(out: str, read: Result) -> None:
    decide(out, [on_flag(read.doc_id, "dismissed")], "anna")
    moved = replace(read.flags[0], start_char=20, end_char=24)  # the same words, elsewhere
    run(out, "run-2", [replace(read, flags=(moved,))])
    assert state_of(out) == [("decided", None, "dismissed")]


@pytest.mark.slow
def test_another_verdict_or_label_opens_it_again(out: str, read: Result) -> None:
    decide(out, [Choice(read.doc_id, "finding", "notice", "confirmed")], "anna")
    decide(out, [Choice(read.doc_id, "label", "clause_type", "corrected", corrected_label="tax")], "anna")
    passed = replace(read.findings[0], verdict="pass")
    labels = [replace(read.classifications[0], label=label) for label in ("audit", "tax")]
    run(out, "run-2", [replace(read, findings=(passed,), classifications=(labels[0],))])
    assert state_of(out, "findings_decided") == [("reopened", "said", "confirmed")]
    assert state_of(out, "classifications_decided") == [("reopened", "said", "corrected")]
    run(out, "run-3", [replace(read, classifications=(labels[1],))])
    assert state_of(out, "classifications_decided") == [("decided", None, "corrected")]


def tampered(out: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """Change rows as one would who can write the files, and the manifest with them."""
    state = manifest.current(out)
    assert state is not None
    (name,) = [name for name in state.files["decisions"] if "blank" not in name]
    path = Path(out, "decisions", name)
    rows = change(pq.read_table(path).to_pylist())
    write_table(pa.Table.from_pylist(rows, schema("decisions")), str(path.with_suffix(".new")), {})
    os.truncate(path, 0)
    path.write_bytes(path.with_suffix(".new").read_bytes())  # both of its names
    path.with_suffix(".new").unlink()
    file = replace(state.files["decisions"][name], rows=len(rows), bytes=None, sha256=None)
    files = {**state.files, "decisions": {**state.files["decisions"], name: file}}
    manifest.prepare(out, replace(state, files=files))
    manifest.finish(out)


def sealed_by_carl(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return chain.sealed(rows[3] | {"reviewer": "carl"}, chain.Head(3, rows[2]["digest"]))


@pytest.mark.parametrize(
    ("change", "told"),
    quick_first(
        3,
        [
            (lambda rows: [rows[0] | {"reviewer": "carl"}, *rows[1:]], "decision 1 was changed"),
            (lambda rows: [rows[0], rows[1] | {"outcome": "confirmed"}, *rows[2:]], "content of decision 2"),
            (lambda rows: [rows[0], *rows[2:]], "decision 2 is gone"),
            (lambda rows: rows[:1], "the last decision is 1, and 4 was committed"),
            (lambda rows: [rows[1], rows[0], *rows[2:]], "it was moved or inserted"),
            (lambda rows: [*rows[:3], chain.blanked(rows[3])], "no receipt says why"),
            (
                lambda rows: [rows[0] | {"sequence": 2}, rows[1] | {"sequence": 1}, *rows[2:]],
                "was changed",
            ),
            (
                lambda rows: [*rows[:3], sealed_by_carl(rows)],
                "decision 4 is not the one that was committed",
            ),
        ],
    ),
)
def test_what_was_changed_taken_out_or_moved_is_named(
    out: str, read: Result, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], told: str
) -> None:
    outcomes = ("confirmed", "dismissed", "not_sure", "dismissed")
    for outcome in outcomes:
        decide(out, [on_flag(read.doc_id, outcome)], "anna")
    compact_tables(out)
    assert faults(out) == []
    tampered(out, change)
    found = faults(out)
    assert {kind for kind, _ in found} == {"chain"} and told in " ".join(detail for _, detail in found)


def test_a_forgotten_document_leaves_the_chain_whole(
    out: str, read: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docassay.storage.maintain.forget.READERS_SECONDS", 0)
    other = result("Another text of note", "b.txt").doc_id
    decide(out, [on_flag(read.doc_id, "dismissed", reason="her word")], "anna")
    decide(out, [on_flag(other)], "anna")
    kept = rows_of(out).to_pylist()[1]
    forget_documents(out, [read.doc_id], "asked")
    first, second = rows_of(out).to_pylist()
    assert all(first[name] is None for name in (*chain.CONTENT, "salt")) and second == kept
    assert faults(out) == []
    every = [path for path in Path(out).rglob("*") if path.is_file()]
    assert not [path for path in every if b"her word" in path.read_bytes()]
    (told,) = decide(out, [on_flag(other, "dismissed")], "anna")
    assert told.sequence == 3 and faults(out) == []


def test_a_damaged_file_is_named_and_nothing_is_recorded(out: str, read: Result) -> None:
    decide(out, [on_flag(read.doc_id)], "anna")
    (path,) = [path for path in Path(out, "decisions").iterdir() if "blank" not in path.name]
    chain._end_of.cache_clear()
    content = bytearray(path.read_bytes())
    content[100:160] = bytes(60)
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=path.name):
        decide(out, [on_flag(read.doc_id, "dismissed")], "anna")
    assert ("damaged", f"decisions/{path.name}") in {(f.kind, f.path) for f in verify_tables(out).faults}


def test_many_decisions_are_few_files(out: str, read: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "FOLD_FILES", 4)
    for number in range(20):
        decide(out, [on_flag(read.doc_id, ("confirmed", "dismissed")[number % 2])], "anna")
    assert len(list(Path(out, "decisions").iterdir())) <= 5
    assert rows_of(out)["sequence"].to_pylist() == list(range(1, 21)) and faults(out) == []


def test_others_wait_a_while_and_are_told(out: str, read: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "commit_lock", partial(commit_lock, seconds=0.05))
    with FileLock(f"{out}/{MANIFESTS}/{CURRENT}.lock"), pytest.raises(OutputError, match="try again"):
        decide(out, [on_flag(read.doc_id)], "anna")
    (told,) = decide(out, [on_flag(read.doc_id)], "anna")
    assert told.added


def test_whoever_may_not_write_the_lock_reads_and_does_not_decide(
    out: str, read: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(FileLock, "acquire", denied)  # a file of another user's, in a folder of the group's
    assert faults(out) == []
    with pytest.raises(RunError, match="Permission denied"):
        decide(out, [on_flag(read.doc_id)], "anna")


def test_a_thread_that_has_the_lock_gets_it_again(out: str) -> None:
    inside: list[int] = []

    def nested(number: int) -> bool:
        with commit_lock(out), commit_lock(out, seconds=0.0):
            inside.append(number)
            time.sleep(0.01)
            return inside.pop() == number and not inside

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(nested, range(8)))


def test_a_full_disk_records_nothing(out: str, read: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(chain, "write_table", full)
    with pytest.raises(RunError, match="nothing was recorded"):
        decide(out, [on_flag(read.doc_id)], "anna")
    monkeypatch.undo()
    assert not len(rows_of(out)) and faults(out) == []


def test_lists_are_read_and_wrong_lines_named(tmp_path: Path, out: str, read: Result) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        f'doc_id,object,code,outcome,reason,reviewer\n{read.doc_id},flag,odd,dismissed,"a, b",eve\n'
    )
    (choice,) = read_choices(str(path))
    decide(out, [choice], "anna")
    (row,) = rows_of(out).to_pylist()
    assert row["reason"] == "a, b" and row["reviewer"] == "eve"
    lines = tmp_path / "list.jsonl"
    one = '"doc_id": "a", "object": "flag", "code": "c", "outcome": "o"'
    for content, why in (
        ('{"doc_id": "a"}', "object is missing"),
        ("[1]", "not a JSON object"),
        ("{", "not valid JSON"),
        ("", "no decisions"),
        ('{ONE, "x": 1}', "no column 'x'"),
        ('{ONE, "start_char": "x"}', "start_char is"),
        ('{ONE, "reason": ["o"]}', "neither text"),
        ('{ONE, "end_char": 99999999999999999999}', "out of"),
    ):
        lines.write_text(content.replace("ONE", one))
        with pytest.raises(InputError, match=why):
            read_choices(str(lines))


WORKER = """
import sys
from docassay.storage.decisions.record import Choice, decide
out, doc_id, reviewer, begin, end = sys.argv[1:4] + [int(n) for n in sys.argv[4:]]
for number in range(begin, end):
    outcome = ("confirmed", "dismissed")[number % 2]
    one = Choice(doc_id, "flag", "odd", outcome, 0, 4, reason=str(number), decision_id=f"{number:032x}",
                 run_id="run-1", evidence="This", decided_by="rule legal.odd")
    decide(out, [one], reviewer)
    print(number, flush=True)
"""


def decide_with_kills(out: str, doc_id: str, reviewer: str, begin: int, end: int) -> tuple[list[int], int]:
    """Decide in a process that is killed at random moments, and go on after what it acknowledged.

    Returns:
        What was acknowledged, and how often a process was killed.
    """
    chance = random.Random(begin)
    acknowledged: list[int] = []
    killed = 0
    while len(acknowledged) < end - begin:
        command = [sys.executable, "-c", WORKER, out, doc_id, reviewer]
        command += [str(begin + len(acknowledged)), str(end)]
        most = chance.randint(30, 120)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for text in process.stdout:
                acknowledged.append(int(text))
                most -= 1
                if not most:
                    time.sleep(chance.uniform(0, 0.1))
                    process.kill()
                    killed += 1
        assert process.returncode in (0, -signal.SIGKILL), "it must go on by itself, however long others take"
    return acknowledged, killed


@pytest.mark.slow
def test_a_thousand_by_two_with_kills_are_all_there_once(out: str, read: Result) -> None:
    with ThreadPoolExecutor(2) as pool:
        anna = pool.submit(decide_with_kills, out, read.doc_id, "anna", 0, 500)
        bert = pool.submit(decide_with_kills, out, read.doc_id, "bert", 500, 1000)
    assert anna.result()[0] + bert.result()[0] == list(range(1000))
    assert anna.result()[1] and bert.result()[1], "the test must have killed both"
    rows = rows_of(out).to_pylist()
    assert sorted(int(row["decision_id"], 16) for row in rows) == list(range(1000))
    assert [row["sequence"] for row in rows] == list(range(1, 1001))
    run(out, "run-2", [read])
    assert rows_of(out).to_pylist() == rows
    assert faults(out) == []


def test_an_empty_folder_that_a_killed_writer_left_is_swept_by_the_next(out: str, read: Result) -> None:
    os.makedirs(f"{out}/{STAGING}/{chain.HEADS}{1:012d}-{'a' * 64}/folders/decisions")
    decide(out, [on_flag(read.doc_id)], "anna")
    assert faults(out) == []


def test_what_a_killed_writer_left_is_finished_by_the_next(out: str, read: Result, monkeypatch: Any) -> None:
    """Killed right after the journal was written: the decision is there, once, with the next one."""
    from docassay.storage.transaction import transaction

    class Killed(BaseException):
        pass

    def dies(*_: object) -> bool:
        raise Killed

    monkeypatch.setattr(transaction, "_apply", dies)
    with pytest.raises(Killed):
        decide(out, [on_flag(read.doc_id, decision_id="1" * 32)], "anna")
    monkeypatch.undo()
    assert [name for name in os.listdir(f"{out}/{STAGING}") if name.startswith(chain.HEADS)]
    (again,) = decide(out, [on_flag(read.doc_id, decision_id="1" * 32)], "anna")
    assert not again.added and again.sequence == 1
    decide(out, [on_flag(read.doc_id, "dismissed")], "bert")
    assert [row["reviewer"] for row in rows_of(out).to_pylist()] == ["anna", "bert"] and faults(out) == []
