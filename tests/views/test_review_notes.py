"""Notes and assignment in the review: on the pages, in filters, by several people at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from docassay.pipelines.maintain import forget_documents
from docassay.storage.decisions.on_documents import assigned, noted
from docassay.storage.decisions.record import decide, rows_of
from docassay.storage.maintain import forget
from docassay.views.review import annotate
from docassay.views.review.remarks import Remarks
from tests.storage.runs import run
from tests.views.reviewing import Served, document, served

MADE = [document(n) for n in range(4)]
HOSTILE = "<script>alert(1)</script>\nand a second line"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    run(tmp_path, "run-1", MADE)
    with served(tmp_path) as one:
        yield one


def field(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def names(page: str) -> list[str]:
    return re.findall(r"<bdi>(Document \d+)</bdi>", page)


def said(server: Served, name: str, text: str, path: str = "notes", **more: str) -> tuple[int, str]:
    return server.ask(f"/documents/{MADE[0].doc_id}/{path}", {name: text, **more})[:2]


def test_a_note_is_shown_escaped_in_the_document_and_marked_in_the_queue(server: Served) -> None:
    status, page = said(server, "note", HOSTILE)
    assert status == 200 and "Note added" in page
    _, page, _ = server.ask(f"/documents/{MADE[0].doc_id}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>and a second line" in page
    assert "Ann" in page and "<script>alert" not in page
    _, queue, _ = server.ask("/queue")
    assert queue.count("1 note</span>") == 1
    assert names(server.ask("/queue?verdict=note")[1]) == ["Document 0"]
    assert not names(server.ask("/queue?verdict=note&kind=invoice")[1])


def test_a_note_that_is_sent_twice_is_added_once_and_an_empty_one_never(server: Served) -> None:
    for _ in range(2):
        said(server, "note", "once", decision_id="ab" * 16)
    assert said(server, "note", " \n ")[0] == 400
    assert [row["reason"] for row in rows_of(server.review.ledger.out).to_pylist()] == ["once"]


def test_other_words_in_a_form_that_was_sent_are_not_said_to_be_added(server: Served) -> None:
    said(server, "note", "once", decision_id="ab" * 16)
    status, page = said(server, "note", "other words", decision_id="ab" * 16)
    assert status == 409 and "Note added" not in page
    assert [row["reason"] for row in rows_of(server.review.ledger.out).to_pylist()] == ["once"]


def test_what_is_assigned_while_a_list_is_made_breaks_no_list() -> None:
    class Busy(Remarks):
        def reviewer(self, doc_id: str) -> str:
            self.take(assigned_row(len(self._assignments)))
            return super().reviewer(doc_id)

    def assigned_row(number: int) -> dict[str, str]:
        about = {"code": "reviewer", "outcome": "assigned", "corrected_label": "Ann"}
        return {**about, "doc_id": f"{number:064x}", "decision_id": f"{number:032x}"}

    remarks = Busy()
    remarks.take(assigned_row(0))
    assert remarks.assigned("Ann") == [f"{0:064x}"] and remarks.reviewers() == ["Ann"]


def test_a_note_on_a_document_that_was_forgotten_is_gone_here_too(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forget, "READERS_SECONDS", 0)
    out, gone = server.review.ledger.out, MADE[0].doc_id
    said(server, "note", "of Zaphod")
    server.ask(f"/documents/{gone}/decide", {"item": "f0", "outcome": "fraud"})
    server.ask("/assign", {"assignee": "Bea", "seen": field(server.ask("/assign")[1], "seen")})
    forget_documents(out, [gone], "asked for")
    server.ask("/undo", {})
    assert not server.review.ledger.remarks.reviewers(), "the others are taken back"
    assert "nothing to undo" in server.ask("/undo", {})[1]
    run(Path(out), "run-2", [MADE[0]])
    server.ask("/reload", {})
    for path in (f"/documents/{gone}", "/export/case.html?show=all"):
        page = server.ask(path)[1]
        assert "Document 0" in page and "of Zaphod" not in page and "Fraud, Ann" not in page


def test_a_note_leaves_what_is_decided_as_it_was(server: Served) -> None:
    before = server.review.progress.totals
    said(server, "note", "odd")
    said(server, "assignee", "Bea", "assign", seen="")
    server.ask("/queue")
    assert server.review.progress.totals == before
    assert len(names(server.ask("/queue")[1])) == len(MADE)


def test_documents_are_filtered_by_who_looks_at_them(server: Served) -> None:
    out = server.review.ledger.out
    decide(out, [assigned(MADE[0].doc_id, "Ann"), assigned(MADE[1].doc_id, "Bea")], "Bea")
    assert names(server.ask("/queue?assigned=mine")[1]) == ["Document 0"]
    assert names(server.ask("/queue?assigned=Bea")[1]) == ["Document 1"]
    assert sorted(names(server.ask("/queue?assigned=unassigned")[1])) == ["Document 2", "Document 3"]
    nobody = server.ask("/queue?assigned=Cid")[1]
    assert not names(nobody) and "without the assignment" in nobody


def test_mine_is_who_the_proxy_names(tmp_path: Path) -> None:
    run(tmp_path, "run-1", MADE)
    decide(str(tmp_path), [assigned(MADE[2].doc_id, "Bea")], "Ann")
    with served(tmp_path, trust_header="X-Remote-User") as server:
        assert names(server.ask("/queue?assigned=mine", X_Remote_User="Bea")[1]) == ["Document 2"]
        assert not names(server.ask("/queue?assigned=mine", X_Remote_User="Ann")[1])
        doc = f"/documents/{MADE[3].doc_id}"
        server.ask(f"{doc}/notes", {"note": "hers"}, X_Remote_User="Bea")
        assert rows_of(str(tmp_path)).to_pylist()[-1]["reviewer"] == "Bea"


def test_who_assigns_what_another_has_assigned_meanwhile_is_told(server: Served) -> None:
    doc = MADE[0].doc_id
    seen = field(server.ask(f"/documents/{doc}")[1], "seen")
    decide(server.review.ledger.out, [assigned(doc, "Cid")], "Bea")
    status, page = said(server, "assignee", "Ann", "assign", seen=seen)
    assert status == 409 and "Bea assigned it to Cid" in page
    assert server.review.ledger.remarks.reviewer(doc) == "Cid"
    status, page = said(server, "assignee", "Ann", "assign", seen=field(page, "seen"))
    assert status == 200 and server.review.ledger.remarks.reviewer(doc) == "Ann"


def test_all_that_a_filter_shows_is_assigned_and_taken_back_at_once(server: Served) -> None:
    _, page, _ = server.ask("/assign?code=advance_fee")
    assert sorted(names(page)) == [f"Document {n}" for n in range(4)]
    form = {"assignee": "Bea", "seen": field(page, "seen")}
    status, _, headers = server.ask("/assign?code=advance_fee", form)
    assert (status, headers["HX-Redirect"]) == (204, "/queue?code=advance_fee")
    assert len(names(server.ask("/queue?assigned=Bea")[1])) == len(MADE)
    server.ask("/undo", {})
    assert len(names(server.ask("/queue?assigned=unassigned")[1])) == len(MADE)


def test_only_what_was_listed_is_assigned(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = field(server.ask("/assign")[1], "seen")
    decide(server.review.ledger.out, [assigned(MADE[0].doc_id, "Cid")], "Bea")
    status, page, _ = server.ask("/assign", {"assignee": "Ann", "seen": seen})
    assert status == 409 and "nothing was assigned" in page
    monkeypatch.setattr(annotate, "MOST_ALIKE", 3)
    page = server.ask("/assign")[1]
    assert "the first 3 documents" in page and "1 more match" in page
    assert server.ask("/assign", {"assignee": "Ann", "seen": field(page, "seen")})[0] == 204
    assert len(server.review.ledger.remarks.assigned("Ann")) == 3


def test_a_read_only_folder_shows_notes_and_takes_none(server: Served) -> None:
    said(server, "note", "kept")
    server.review.ledger.read_only = "no"
    _, page, _ = server.ask(f"/documents/{MADE[0].doc_id}")
    assert "kept" in page and 'name="note"' not in page
    assert said(server, "note", "more")[0] == 400
    assert 'name="assignee"' not in server.ask("/assign")[1]


def test_notes_of_several_people_at_once_are_all_kept(server: Served) -> None:
    with ThreadPoolExecutor(4) as people:
        assert {status for status, _ in people.map(lambda n: said(server, "note", f"{n}"), range(6))} == {200}
    page = server.ask(f"/documents/{MADE[0].doc_id}")[1]
    assert "Notes: 6" in page


def test_undo_takes_a_note_back_and_shows_what_is_left(server: Served) -> None:
    decide(server.review.ledger.out, [noted(MADE[0].doc_id, "of another")], "Bea")
    said(server, "note", "of mine")
    _, page, _ = server.ask("/undo", {"doc_id": MADE[0].doc_id})
    assert "Undone" in page and "of another" in page and "of mine" not in page
    assert 'id="remarks" open hx-swap-oob="true"' in page
