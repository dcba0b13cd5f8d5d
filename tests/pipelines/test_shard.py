"""Shard: what waits for a shard is appended together, and each pane learns what became of it."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from apache_beam.transforms.window import IntervalWindow

from docassay.pipelines import results, stream_graph
from docassay.pipelines.stream_graph import _Pane, _ShardWriter
from docassay.storage.transaction.append import Appended, Index, append
from tests.tables import result, tables

ABOUT = {"run_id": "run-1", "version": "1"}
PANES = 8


def test_a_pane_has_the_stamp_in_its_rows_and_in_its_messages(tmp_path: Path) -> None:
    stream = stream_graph.Stream("in", str(tmp_path), acknowledge=True)
    messages: list[tuple[bytes, bytes]] = []
    append_fn = stream_graph.AppendFn(stream, ABOUT)
    append_fn._announce = lambda found: messages.extend(results.messages(found))
    append_fn.start_bundle()
    assert not list(append_fn.process((0, [result("the lease", "a.txt")]), IntervalWindow(0, 2)))
    (added,) = append_fn.finish_bundle()
    assert added.value.documents == 1
    (flag,) = tables(tmp_path)["flags"]
    sent = [json.loads(value) for _, value in messages]
    assert [message["table"] for message in sent] == ["flags", "findings"]
    assert sent[0]["row"] == flag | {"processed_at": flag["processed_at"].isoformat()}
    assert flag["run_id"] == "run-1" and flag["processed_at"].utcoffset() == timedelta(0)


def publish(out: Path, monkeypatch: pytest.MonkeyPatch, fails: bool = False) -> tuple[list[Any], list[str]]:
    """Publish panes from as many threads, the first of which holds its turn until all others wait."""
    writer = _ShardWriter(Index(str(out), 0, 1))
    names: list[str] = []
    held = threading.Event()

    def slow(rows: Any, index: Index, window: str, *rest: Any) -> Appended:
        names.append(window)
        if len(names) == 1:
            held.wait(10)
        elif fails:
            raise OSError(28, "no space left")
        return append(rows, index, window, *rest)

    monkeypatch.setattr(stream_graph, "append", slow)

    def one(number: int) -> Any:
        pane = _Pane(
            [result(f"text {number} of the lease", f"{number}.txt")], IntervalWindow(number, number + 1)
        )
        try:
            return writer.publish(pane, ABOUT, None)
        except OSError as error:
            return error

    with ThreadPoolExecutor(PANES) as pool:
        first = pool.submit(one, 0)
        while not names:
            pass
        others = [pool.submit(one, number) for number in range(PANES - 1, 0, -1)]
        while len(writer._waiting) < PANES - 1:
            pass
        held.set()
        return [first.result(10), *(other.result(10) for other in others)], names


def test_panes_that_wait_are_one_group_named_by_the_earliest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, names = publish(tmp_path, monkeypatch)
    assert names == ["19700101T000000.000", "19700101T000001.000"]
    assert sorted(answer.documents for answer in answers if answer is not None) == [1, PANES - 1]
    assert sorted(row["uri"] for row in tables(tmp_path)["documents"]) == [f"{n}.txt" for n in range(PANES)]
    assert len(list((tmp_path / "documents").iterdir())) == 2


def test_the_library_judges_a_group_once_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def note(*given: Any) -> Appended:
        asked.append(given[-1])
        return Appended()

    monkeypatch.setattr(stream_graph, "append", note)
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    writer = _ShardWriter(Index(str(tmp_path), 0, 1))
    for now[0] in (1.0, 3599.0, 3601.0, 3602.0, 7201.0):
        writer.publish(_Pane([result("A text.")], IntervalWindow(0, 1)), ABOUT, None)
    writer.publish(_Pane([result("A text.")], IntervalWindow(0, 1)), ABOUT, None, full_validation=True)
    assert asked == [False, False, True, False, True, True]


def test_where_a_group_fails_every_pane_of_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, _ = publish(tmp_path, monkeypatch, fails=True)
    assert isinstance(answers[0], Appended)
    assert [type(answer) for answer in answers[1:]] == [OSError] * (PANES - 1)
    assert [row["uri"] for row in tables(tmp_path)["documents"]] == ["0.txt"]
