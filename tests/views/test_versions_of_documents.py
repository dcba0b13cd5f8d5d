"""Which version of a document is the latest: the one committed last, whatever the clock said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import duckdb
import pytest

from docassay.pipelines.maintain import compact_tables
from docassay.schemas.rows import Reject
from docassay.storage.maintain.tombstones import known_documents, known_inputs
from docassay.storage.tables import runs as runs_module
from docassay.storage.transaction import publish
from docassay.storage.transaction.append import Index, append
from docassay.views.query import ask
from docassay.views.report.facts import RUNS
from docassay.views.shipped_views import by_glob, script
from tests.families import quick_first
from tests.storage import runs
from tests.storage.runs import run
from tests.tables import result

OLD, NEW = result("the first version"), result("the second version")
STREAM = {"run_id": "stream-1", "version": "0", "models": "", "rules": ""}


@contextmanager
def clock(days: float) -> Iterator[None]:
    """Let runs be written with a clock that is so many days ahead."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=days)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "datetime", Shifted)
        patch.setattr(runs_module, "datetime", Shifted)
        yield


def states(out: Path) -> dict[str, str]:
    answer = ask(str(out), "select doc_id, state from document_states")
    return {row["doc_id"]: row["state"] for row in answer.rows()}


def is_latest(out: Path, new: str, old: str) -> bool:
    found = states(out)
    assert known_inputs(str(out)).latest["a.txt"][0] == new
    return (found[new], found[old]) == ("current", "superseded")


@pytest.mark.parametrize("days", quick_first(1, [-2, 0, 2]))
def test_the_clock_between_two_runs_decides_nothing(tmp_path: Path, days: float) -> None:
    run(tmp_path, "run-2", [OLD, result("of another file", "b.txt")])
    with clock(days):
        run(tmp_path, "run-1", [NEW])
    assert is_latest(tmp_path, NEW.doc_id, OLD.doc_id)
    answer = ask(str(tmp_path), "select change, doc_id_before, doc_id_after from what_changed")
    assert list(answer.rows()) == [
        {"change": "changed", "doc_id_before": OLD.doc_id, "doc_id_after": NEW.doc_id}
    ]
    assert [row["run_id"] for row in ask(str(tmp_path), RUNS).rows()] == ["run-1", "run-2"]
    compact_tables(str(tmp_path))
    assert is_latest(tmp_path, NEW.doc_id, OLD.doc_id)
    elsewhere = duckdb.connect()
    elsewhere.execute(script(by_glob(str(tmp_path))))
    current = elsewhere.execute("select doc_id from current_documents where uri = 'a.txt'").fetchall()
    assert current == [(NEW.doc_id,)]
    (before,) = elsewhere.execute("select count(*) from documents_before").fetchone() or ()
    assert before == 2, "what the latest run has not written"


def test_three_versions_under_a_clock_that_jumps(tmp_path: Path) -> None:
    for number, days in enumerate((5, -5, 0)):
        with clock(days):
            run(tmp_path, f"run-{number}", [result(f"version {number}")])
    ids = [result(f"version {number}").doc_id for number in range(3)]
    assert states(tmp_path) == {ids[0]: "superseded", ids[1]: "superseded", ids[2]: "current"}


def test_rows_without_a_number_are_placed_by_their_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:  # releases before this wrote no number
        earlier.setattr(
            publish, "with_removed", lambda run, removed, _: runs_module.with_removed(run, removed)
        )
        with clock(-3):
            run(tmp_path, "run-1", [OLD])
        with clock(-2):
            run(tmp_path, "run-2", [NEW])
    assert is_latest(tmp_path, NEW.doc_id, OLD.doc_id)
    third = result("the third version")
    run(tmp_path, "run-3", [third])
    assert is_latest(tmp_path, third.doc_id, NEW.doc_id)


def test_a_stream_that_was_killed_lies_between_the_runs_around_it(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [OLD])
    append([NEW], Index(str(tmp_path), 0, 1), "w", STREAM)
    assert is_latest(tmp_path, NEW.doc_id, OLD.doc_id)
    third = result("the third version")
    run(tmp_path, "run-2", [third])
    assert is_latest(tmp_path, third.doc_id, NEW.doc_id)


def test_the_order_of_runs_by_their_rows() -> None:
    def at(day: int) -> datetime:
        return datetime(2026, 1, day, tzinfo=UTC)

    ended = [("a", 5, 2), ("b", 3, 4), ("none", 4, None)]
    key = runs_module.commit_order(
        {"run_id": run_id, "finished": at(day), "counts": f'{{"commit.number": {n}}}' if n else "{}"}
        for run_id, day, n in ended
    )
    rows = [("a", 5), ("b", 3), ("killed", 1), ("killed", 3), ("none", 4), ("killed", 6)]
    assert [key({"run_id": run_id, "processed_at": at(day)})[0] for run_id, day in rows] == [2, 4, 0, 4, 4, 4]


def test_a_document_counts_as_long_as_one_of_its_places_does(tmp_path: Path) -> None:
    twins = [result("the same bytes", "a.txt")], [result("the same bytes", "b.txt")]
    doc_id = twins[0][0].doc_id
    run(tmp_path, "run-1", *twins)
    run(tmp_path, "run-2", [result("a newer version", "a.txt")])
    assert states(tmp_path)[doc_id] == "current", "b.txt still is this document"
    run(tmp_path, "run-3", [Reject(doc_id, "b.txt", "read", "missing", "-")])
    assert states(tmp_path)[doc_id] == "missing", "it is at neither"
    run(tmp_path, "run-4", [result("another newer version", "b.txt")])
    assert states(tmp_path)[doc_id] == "superseded"

    run(tmp_path / "gone", "run-1", *twins)
    run(
        tmp_path / "gone",
        "run-2",
        [Reject(doc_id, uri, "read", "missing", "-") for uri in ("a.txt", "b.txt")],
    )
    assert states(tmp_path / "gone") == {doc_id: "missing"}
    gone = str(tmp_path / "gone")
    known = known_documents(gone)
    assert not known.doc_ids and known.missing == {(doc_id, "a.txt"), (doc_id, "b.txt")}


def test_a_place_is_kept_where_the_document_is_the_latest(tmp_path: Path) -> None:
    same = result("the same bytes").doc_id
    run(tmp_path, "run-1", [result("an earlier version", "b.txt")])
    run(tmp_path, "run-2", [result("the same bytes", "b.txt")])
    run(tmp_path, "run-3", [result("the same bytes", "c.txt")])
    asked = f"select uri, other_uris from documents where doc_id = '{same}'"
    assert list(ask(str(tmp_path), asked).rows()) == [{"uri": "b.txt", "other_uris": ["c.txt"]}]
    assert states(tmp_path)[result("an earlier version").doc_id] == "superseded"
    run(tmp_path, "run-4", [result("a later version", "b.txt")])
    run(tmp_path, "run-5", [result("the same bytes", "d.txt")])
    assert list(ask(str(tmp_path), asked).rows()) == [{"uri": "c.txt", "other_uris": ["d.txt"]}]
    assert states(tmp_path)[result("a later version").doc_id] == "current"


def test_each_place_of_a_document_is_found_by_its_name(tmp_path: Path) -> None:
    run(tmp_path, "run-1", *([result("the same bytes", f"{name}.txt")] for name in "abc"))
    later = Reject(result("the same bytes").doc_id, "d.txt", "write", "duplicate", "of a stream")
    run(tmp_path, "run-2", [later])
    answer = ask(str(tmp_path), "select uri, is_first from document_uris order by uri")
    assert [(row["uri"], row["is_first"]) for row in answer.rows()] == [
        ("a.txt", True),
        ("b.txt", False),
        ("c.txt", False),
        ("d.txt", False),
    ]
