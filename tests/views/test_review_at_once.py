"""What happens in the review while something else does: a slow document, a reload, a decision."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from typer.testing import CliRunner

from docassay import cli
from docassay.storage.decisions.chain import finish_interrupted
from docassay.storage.decisions.record import rows_of
from docassay.storage.maintain.verify import verify
from docassay.views import accuracy
from docassay.views.accuracy import RunningAccuracy
from docassay.views.review import app
from docassay.views.review.documents import Reviewed
from docassay.views.review.snapshot import Snapshot
from tests.storage.runs import run
from tests.views.reviewing import document, served


def _decided(sequence: int) -> dict[str, Any]:
    about = {"decided_by": "rule legal.advance_fee", "code": "advance_fee", "label": None, "version": "1"}
    return {**about, "sequence": sequence, "outcome": "confirmed"}


def test_a_decision_that_comes_while_a_count_is_made_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    held = RunningAccuracy()
    held.record(("a",), _decided(1))
    other = threading.Thread(target=held.record, args=(("b",), _decided(2)))

    def slowly(rows: Any) -> Any:
        found = counted(rows)
        if other.ident is None:
            other.start()
            other.join(2)
        return found

    counted = accuracy.count_by_rule
    monkeypatch.setattr(accuracy, "count_by_rule", slowly)
    asked = "rule legal.advance_fee", "advance_fee", None
    assert held.of(*asked).right == 1  # type: ignore[union-attr]
    other.join()
    assert held.of(*asked).right == 2, "an old count is not kept"  # type: ignore[union-attr]


def test_a_document_that_takes_long_to_read_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, "run-1", [document(1), document(2)])
    slow, other = document(1).doc_id, document(2).doc_id
    begun, go_on, reads = threading.Event(), threading.Event(), list[str]()

    def slowly(snapshot: Snapshot, doc_id: str) -> Reviewed:
        reads.append(doc_id)
        if doc_id == slow:
            begun.set()
            go_on.wait(60)
        return Reviewed(snapshot, doc_id)

    monkeypatch.setattr(app, "Reviewed", slowly)
    review = app.Review(str(tmp_path), "Ann")
    both = [threading.Thread(target=review.document, args=(slow,)) for _ in range(2)]
    for one in both:
        one.start()
    try:
        assert begun.wait(60)
        quick = threading.Thread(target=review.document, args=(other,))
        quick.start()
        quick.join(30)
        assert not quick.is_alive(), "the page on the screen waits for what is read ahead"
        review.reload()
    finally:
        go_on.set()
    for one in both:
        one.join()
    assert reads.count(slow) == 1, "who asks for the same waits for it"
    assert review.document(slow).snapshot is review.snapshot, "what was read before a reload is not kept"


def test_pages_of_before_a_reload_are_told_and_lose_no_decision(tmp_path: Path) -> None:
    old, kept = document(1), document(3)
    new = replace(document(2), document=replace(document(2).document, uri=old.document.uri))
    run(tmp_path, "run-1", [old, kept])
    with served(tmp_path) as server:
        reviewed = server.review.document(old.doc_id)
        run(tmp_path, "run-2", [new])
        server.review.reload()
        of = f"/documents/{old.doc_id}"
        assert server.ask(of)[0] == 404
        server.review.document = lambda doc_id: reviewed  # type: ignore[method-assign]
        assert server.ask(of)[0] == 404, "newer tables came between"
        status, said, _ = server.ask(f"{of}/decide", {"item": "f0", "outcome": "dismissed"})
        assert status == 200 and "1 of 5 decided" in said
        assert server.ask("/undo", {"doc_id": old.doc_id})[0] == 200
    assert [row["outcome"] for row in rows_of(str(tmp_path)).to_pylist()] == ["dismissed", "withdrawn"]


def test_another_passage_is_of_one_finding_alone(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1), document(2)])
    with served(tmp_path) as server:
        of = f"/documents/{document(1).doc_id}/decide"
        form = {"item": "f0", "outcome": "corrected", "corrected_start": "3", "corrected_end": "9"}
        status, said, _ = server.ask(of, form | {"alike": "1", "corrected_label": "wrong_total"})
        assert status == 400 and "applies to one finding" in said
        assert not len(rows_of(str(tmp_path)))
        assert server.ask(of, form)[0] == 200
        del form["corrected_start"], form["corrected_end"]
        assert server.ask(of, form | {"alike": "1", "corrected_label": "wrong_total"})[0] == 200
    rows = rows_of(str(tmp_path)).to_pylist()
    assert [row["corrected_end"] for row in rows] == [9, None, None]


def test_what_is_alike_is_of_current_documents_and_said_to_be_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("snapshot", "show"):
        monkeypatch.setattr(f"docassay.views.review.{name}.MOST_ALIKE", 2)
    documents = sorted((document(n) for n in range(5)), key=lambda one: one.doc_id)
    gone, *left = documents
    instead = document(9, text="It says nothing.")
    instead = replace(instead, document=replace(instead.document, uri=gone.document.uri))
    run(tmp_path, "run-1", [gone, *left[:2]])
    run(tmp_path, "run-2", [instead])
    with served(tmp_path) as server:
        panel = server.ask(f"/documents/{left[1].doc_id}/items/f0")[1]
        assert "All 2 with these words from this rule, in 2 documents" in panel
        run(tmp_path, "run-3", left[2:])
        server.review.reload()
        panel = server.ask(f"/documents/{left[1].doc_id}/items/f0")[1]
        assert "The first 2 with these words from this rule, in 2 documents" in panel


def test_who_comes_second_is_told_who_has_decided_what_and_nothing_is_lost(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    of = f"/documents/{document(1).doc_id}"
    form = {"item": "f0", "outcome": "harmless", "seen": ""}
    with served(tmp_path, "Ann") as ann, served(tmp_path, "Bo") as bo:
        assert bo.ask(f"{of}/decide", form | {"outcome": "fraud"})[0] == 200
        status, said, _ = ann.ask(f"{of}/decide", form)
        assert status == 409 and "Meanwhile Bo has decided: Fraud. To change that, decide again." in said
        assert "Fraud, Bo" in said, "the item shows it"
        (row,) = rows_of(str(tmp_path)).to_pylist()
        assert row["reviewer"] == "Bo"
        seen = said.split('data-seen="')[1].split('"')[0]
        assert seen == row["decision_id"]
        assert ann.ask(f"{of}/decide", form | {"seen": seen})[0] == 200
        bo.ask(of)
        assert [row["reviewer"] for row in rows_of(str(tmp_path)).to_pylist()] == ["Bo", "Ann"]


@pytest.mark.slow
def test_a_server_that_is_killed_while_people_decide_has_all_that_it_has_confirmed(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    command = [sys.executable, "-m", "docassay", "review", str(tmp_path), "--reviewer", "Ann"]
    confirmed: list[str] = []
    asked = count(1)
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            address = urlsplit(server.stdout.readline().split()[1])
            token = parse_qs(address.query)["token"][0]
            headers = {"Cookie": f"docassay-review-{address.port}={token}", "Sec-Fetch-Site": "same-origin"}
            connection = http.client.HTTPConnection("127.0.0.1", address.port or 0, timeout=60)
            connection.request("GET", "/help", headers=headers)
            headers |= json.loads(
                re.findall(r"hx-headers='(.*?)'", connection.getresponse().read().decode())[0]
            )
            ending = threading.Timer(1, server.kill)
            try:
                for number in asked:  # each says another thing than the two before: equal ones add nothing
                    form = {"item": "f0", "outcome": ("fraud", "harmless", "not_sure")[number % 3]}
                    made = f"{number:032x}"
                    connection.request(
                        "POST",
                        f"/documents/{document(1).doc_id}/decide",
                        urlencode(form | {"decision_id": made}),
                        headers,
                    )
                    answer = connection.getresponse()
                    answer.read()
                    assert answer.status == 200
                    confirmed.append(made)
                    if ending.ident is None:
                        ending.start()  # it has begun to decide
            except (OSError, http.client.HTTPException):
                connection.close()  # it is dead
        assert server.returncode == -signal.SIGKILL
    recorded = [row["decision_id"] for row in rows_of(str(tmp_path)).to_pylist()]
    assert len(confirmed) > 3 and set(confirmed) <= set(recorded) and len(recorded) == len(set(recorded))
    assert len(recorded) <= len(confirmed) + 3, "what was under way when it was killed is there, or not"
    faults = verify(str(tmp_path)).faults
    assert {fault.kind for fault in faults} <= {"left_over"}, faults
    finish_interrupted(str(tmp_path))  # as the next decision does
    verified = CliRunner().invoke(cli.app, ["verify", str(tmp_path)])
    assert verified.exit_code == 0, verified.output
