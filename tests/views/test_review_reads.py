"""What a page of the review reads of the tables: the queue nothing, a document its own files alone."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from docassay.schemas.errors import DamagedError
from docassay.schemas.rows import DocumentRow
from docassay.storage.decisions.record import current_decisions, rows_of
from docassay.views import labels
from docassay.views.review.app import Review
from docassay.views.review.documents import Reviewed
from docassay.views.review.ledger import Ledger
from docassay.views.review.pages import Pages
from docassay.views.review.queue import ROWS
from docassay.views.review.show import ENTRIES
from docassay.views.review.snapshot import ALL, DECIDED, NOT_CHECKED, Filters, Snapshot
from tests.families import quick_first
from tests.storage.runs import run
from tests.tables import result
from tests.views.reviewing import document, served


def _files(out: Path) -> list[Path]:
    return [path for path in out.rglob("*.parquet") if "decisions" not in path.parts]


def test_a_page_of_the_queue_reads_no_table_and_takes_only_its_rows(tmp_path: Path) -> None:
    run(tmp_path, "run-1", *([document(n) for n in range(k, 130, 2)] for k in range(2)))
    with served(tmp_path) as server:
        for path in _files(tmp_path):
            path.unlink()
        snapshot, taken, asked = server.review.snapshot, [], []
        take, answer = snapshot.taken, snapshot.run
        snapshot.taken = lambda positions: taken.append(len(positions)) or take(positions)  # type: ignore[method-assign,func-returns-value]
        snapshot.run = lambda *query: asked.append(query) or answer(*query)  # type: ignore[method-assign,func-returns-value]
        first = server.ask("/queue")[1]
        second = server.ask("/queue?after=49")[1]
        last = server.ask("/queue?after=99")[1]
        assert [page.count('class="row"') for page in (first, second, last)] == [ROWS, ROWS, 30]
        through = [query for query in asked if "from queue" in query[0]]
        assert taken == [ROWS, ROWS, 30] and not through, "without a filter there is nothing to go through"
        for after in ("", "&after=49"):
            assert server.ask(f"/queue?domain=legal{after}")[0] == 200
        through = [query for query in asked if "from queue" in query[0]]
        assert len(through) == 1, "a filter goes through the queue once"


def test_a_document_is_read_from_its_own_files_alone(tmp_path: Path) -> None:
    run(tmp_path, "run-1", *([document(n)] for n in range(4)))
    snapshot = Snapshot(str(tmp_path))
    for path in _files(tmp_path):
        if not path.name.endswith("-00002.parquet"):
            path.unlink()
    assert len(Reviewed(snapshot, document(2).doc_id).result.flags) == 3
    with pytest.raises(Exception, match=r"Cannot access|No files|does not exist"):
        Reviewed(snapshot, document(1).doc_id)


def test_decisions_on_a_document_read_its_rows_once(tmp_path: Path) -> None:
    run(tmp_path, "run-1", *([document(n)] for n in range(2)))
    made = document(1)
    with served(tmp_path) as server:
        snapshot, read = server.review.snapshot, []
        answer = snapshot.tables_of
        snapshot.tables_of = lambda *asked: read.append(asked) or answer(*asked)  # type: ignore[method-assign,func-returns-value]
        for n, item in enumerate(("f0", "f1", "c0"), 1):
            form = {"item": item, "outcome": "dismissed"}
            assert f"{n} of 5" in server.ask(f"/documents/{made.doc_id}/decide", form)[1]
    assert [doc_ids for doc_ids, _ in read] == [[made.doc_id]]


def test_documents_are_read_beside_each_other(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    snapshot = Snapshot(str(tmp_path))
    found: list[int] = []
    with snapshot._lock:  # another request goes through all tables
        reading = threading.Thread(
            target=lambda: found.append(len(snapshot.rows("flags", document(1).doc_id)))
        )
        reading.start()
        reading.join(60)
    assert found == [3]


def test_what_is_superseded_is_not_in_the_queue(tmp_path: Path) -> None:
    old, new, other = document(1), document(2), document(3)
    new = replace(new, document=replace(new.document, uri=old.document.uri))
    run(tmp_path, "run-1", [old, other])
    run(tmp_path, "run-2", [new])
    snapshot = Snapshot(str(tmp_path))
    assert set(snapshot.queue["doc_id"].to_pylist()) == {new.doc_id, other.doc_id}
    assert snapshot.rows("documents", new.doc_id)[0]["uri"] == old.document.uri


@pytest.mark.parametrize("superseded", [False, True])
def test_each_number_beside_a_filter_is_what_the_filter_gives(tmp_path: Path, superseded: bool) -> None:
    old, new, other = document(1), document(2), document(3, "financial")
    run(tmp_path, "run-1", [old, other])
    if superseded:
        new = replace(new, document=replace(new.document, uri=old.document.uri))
    run(tmp_path, "run-2", [new])
    with served(tmp_path) as server:
        facets, counts = server.review.snapshot.facets, {}
        for name in ("domain", "kind", "language", "code"):
            for value, number in facets[name]:
                counts[value] = number
                chosen = Filters(show=ALL, **{name: value or "-"})
                assert len(server.review.progress.shown(chosen)) == number, (name, value)
    assert counts["advance_fee"] == (2 if superseded else 3)
    assert counts["legal"] == (1 if superseded else 2)


@pytest.mark.slow
def test_pages_from_tables_import_no_beam_and_no_parser(tmp_path: Path) -> None:
    """Each takes a second or more, which the first page of the queue would wait for."""
    made = document(1)
    made = replace(made, document=replace(made.document, event_time=datetime(2026, 3, 1, 12, tzinfo=UTC)))
    run(tmp_path, "run-1", [made])
    script = (
        "import sys\n"
        "import docassay.commands.report, docassay.commands.review, docassay.commands.show\n"
        "import docassay.views.report.page\n"
        "from docassay.views.review.app import Review\n"
        "from docassay.views.review.queue import queue\n"
        "from docassay.views.review.serve import guarded\n"
        "from starlette.requests import Request\n"
        f"review = Review({str(tmp_path)!r}, 'Ann')\n"
        "guarded(review, 1)\n"
        "about = {'type': 'http', 'query_string': b'', 'headers': [], 'path_params': {}}\n"
        "page = queue(review, Request(about))\n"
        "assert page.status_code == 200 and b', file dated 2026-03-01' in page.body\n"
        "slow = ('apache_beam', 'ctranslate2', 'great_expectations', 'pandas', 'pypdfium2', 'rapidocr')\n"
        "print([name for name in slow if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_a_decision_on_one_label_of_a_passage_says_nothing_of_another(tmp_path: Path) -> None:
    made = document(1)
    (label,) = made.classifications
    run(tmp_path, "run-1", [replace(made, classifications=(label, replace(label, label="audit_rights")))])
    review = Review(str(tmp_path), "Ann")
    ledger, items = review.ledger, review.document(made.doc_id).items
    ledger.decide([items["l0"]], "dismissed")
    assert (ledger.state(items["l0"]).outcome, ledger.state(items["l1"]).outcome) == ("dismissed", "")


def test_personal_data_is_decided_on_here_and_where_the_same_words_are(tmp_path: Path) -> None:
    first, second = document(1), document(2)
    (name,) = first.entities
    again = replace(name, start_char=name.start_char + 12, end_char=name.end_char + 12)
    first = replace(first, entities=(name, again, replace(name, label="city")))
    run(tmp_path, "run-1", [first, second])
    with served(tmp_path) as server:
        of = f"/documents/{first.doc_id}"
        page = server.ask(of)[1]
        assert "Personal data" in page and "Decide all 2 with these words" in page
        assert "Wrong" in server.ask(f"{of}/spans/0")[1]
        panel = server.ask(f"{of}/items/e0")[1]
        assert "All 3 with these words and this label, in 2 documents" in panel
        assert '<option value="place">' in panel and '<option value="person">' not in panel
        said = server.ask(f"{of}/decide", {"item": "e0", "outcome": "dismissed", "alike": "1"})[1]
        assert 'id="span-e0"' in said and 'id="span-e1"' in said and 'id="span-e2"' not in said
        assert "0 of 5 decided" in said, "signs and checks are what is to be decided"
        form = {"item": "e2", "outcome": "corrected", "corrected_label": "facility"}
        form |= {"corrected_start": "0", "corrected_end": "11"}
        assert "characters 0 to 11" in server.ask(f"{of}/decide", form)[1]
        assert server.ask(f"{of}/decide", {"item": "e9", "outcome": "confirmed"})[0] == 404
    rows = [row for row in rows_of(str(tmp_path)).to_pylist() if row["object"] == "entity"]
    assert sorted((row["doc_id"], row["code"], row["outcome"]) for row in rows) == sorted(
        [(first.doc_id, "person", "dismissed")] * 2
        + [(second.doc_id, "person", "dismissed"), (first.doc_id, "city", "corrected")]
    )
    assert {row["segment"] for row in rows} == {0}
    with served(tmp_path) as server:
        assert server.ask(of)[1].count('class="state dismissed doubtful"') == 2, (
            "they are there after a restart"
        )


def test_all_of_a_group_is_decided_whatever_is_on_the_page(tmp_path: Path) -> None:
    first = document(1)
    (name,) = first.entities
    many = tuple(replace(name, start_char=n, end_char=n + 9) for n in range(ENTRIES + 30))
    run(tmp_path, "run-1", [replace(first, entities=many)])
    with served(tmp_path) as server:
        of = f"/documents/{first.doc_id}"
        assert f"Decide all {len(many)} with" in server.ask(of)[1]
        assert server.ask(f"{of}/decide", {"item": "e3", "outcome": "dismissed"})[0] == 200
        form = {"item": "e0", "outcome": "right", "group": "1", "spans": str(ENTRIES), "entries": "5"}
        said = server.ask(f"{of}/decide", form)[1]
        assert f"Right: {len(many) - 1}" in said
        assert said.count('id="span-e') == ENTRIES - 1, "what is on the page alone is written anew"
        assert server.ask(f"{of}/decide", form)[0] == 409
        assert server.ask(f"{of}/decide", form | {"item": "d0"})[0] == 409
    assert len(rows_of(str(tmp_path))) == len(many)


def test_more_than_are_decided_at_once_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = document(1)
    (name,) = first.entities
    many = tuple(replace(name, start_char=n, end_char=n + 9) for n in range(5))
    run(tmp_path, "run-1", [replace(first, entities=many)])
    for name in ("app", "show"):
        monkeypatch.setattr(f"docassay.views.review.{name}.MOST_ALIKE", 3)
    with served(tmp_path) as server:
        of = f"/documents/{first.doc_id}"
        assert "Decide the next 3 of 5" in server.ask(of)[1]
        for left in (2, 0):
            form = {"item": "e0", "outcome": "confirmed", "group": "1"}
            assert server.ask(f"{of}/decide", form)[0] == 200
            assert len(rows_of(str(tmp_path))) == 5 - left


@pytest.mark.parametrize(
    ("form", "why"),
    quick_first(
        3,
        [
            ({"outcome": "confirmed", "corrected_label": "wrong_total"}, "choose Wrong or Corrected"),
            (
                {"outcome": "not_sure", "corrected_start": "1", "corrected_end": "2"},
                "choose Wrong or Corrected",
            ),
            ({"outcome": "corrected", "corrected_label": "nonsense"}, "choose from the list"),
            (
                {"outcome": "corrected", "corrected_start": "1", "corrected_end": "99999999"},
                "be within the text",
            ),
            (
                {"item": "d0", "outcome": "corrected", "corrected_start": "0", "corrected_end": "5"},
                "another document type",
            ),
        ],
    ),
)
def test_a_correction_that_cannot_be_right_is_refused(tmp_path: Path, form: dict[str, str], why: str) -> None:
    run(tmp_path, "run-1", [document(1)])
    with served(tmp_path) as server:
        status, said, _ = server.ask(f"/documents/{document(1).doc_id}/decide", {"item": "f0"} | form)
        assert status == 400 and why in said
    assert not len(rows_of(str(tmp_path)))


def test_a_decision_is_taken_beside_a_column_of_a_later_release(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    for folder in ("_manifests", "_data"):
        shutil.rmtree(tmp_path / folder)
    (path,) = (tmp_path / "flags").glob("*.parquet")
    rows = pq.read_table(path)
    path.unlink()
    pq.write_table(rows.append_column("later", pa.nulls(len(rows), pa.string())), path)
    with served(tmp_path) as server:
        form = {"item": "f0", "outcome": "dismissed"}
        assert "1 of 5" in server.ask(f"/documents/{document(1).doc_id}/decide", form)[1]


def test_damaged_decisions_are_told_and_end_a_start(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    of = f"/documents/{document(1).doc_id}"
    with served(tmp_path) as server:
        assert server.ask(f"{of}/decide", {"item": "f0", "outcome": "confirmed"})[0] == 200
        other = Ledger(str(tmp_path), "Bo")
        assert other.decide([server.review.document(document(1).doc_id).items["f1"]], "dismissed")
        for file in (tmp_path / "_data" / "decisions").glob("*.parquet"):
            file.write_bytes(file.read_bytes()[:100])
        page = server.ask(of)[1]
        assert "Some decisions cannot be read" in page and f"docassay verify {tmp_path}" in page
        assert "_data; " not in page.partition("docassay verify")[2][:200]
    with pytest.raises(DamagedError, match=rf"verify {tmp_path}$"):
        Ledger(str(tmp_path), "Ann")


def test_words_of_any_evidence_are_searched_and_an_empty_list_says_why(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1), document(2)])
    with served(tmp_path) as server:
        assert "1 document to review<" in server.ask("/queue?search=Agreement+2")[1], (
            "in the evidence of a check"
        )
        assert "No document matches the filter" in server.ask("/queue?show=all&search=nowhere")[1]
        assert "Nothing has been decided yet" in server.ask("/queue?show=decided")[1]


def test_a_document_whose_files_are_gone_is_an_error_in_words(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    with served(tmp_path) as server:
        for path in _files(tmp_path):
            path.unlink()
        status, content, _ = server.ask(f"/documents/{document(1).doc_id}")
        assert status == 409 and "reload" in content and "Traceback" not in content


def test_a_document_is_put_together_as_it_was(tmp_path: Path) -> None:
    made = document(1)
    run(tmp_path, "run-1", [made])
    reviewed = Reviewed(Snapshot(str(tmp_path)), made.doc_id)
    assert reviewed.result.text == made.text.rstrip() + made.text[len(made.text.rstrip()) :]
    assert replace(reviewed.result, text="") == replace(made, text="")
    assert len(reviewed.to_decide) == 5


def test_the_queue_is_in_the_order_that_it_says(tmp_path: Path) -> None:
    plain = document(1, risk=0.5)
    worse = document(2, risk=0.1)
    worse = replace(worse, flags=(replace(worse.flags[0], severity="critical"), *worse.flags[1:]))
    riskier = document(3, risk=0.9)
    more = document(4, risk=0.5)
    money = replace(more.flags[0], evidence="USD 5,000,000", start_char=0, end_char=13)
    richer = replace(more, flags=(money, *more.flags[1:]))
    clear = replace(result("Nothing is said here.", "z.txt", status="clear", risk=0.0), flags=(), findings=())
    run(tmp_path, "run-1", [plain, worse, riskier, richer, clear])
    queue = Snapshot(str(tmp_path)).queue
    assert queue["doc_id"].to_pylist() == [one.doc_id for one in (worse, riskier, richer, plain, clear)]
    assert queue["to_decide"].to_pylist() == [5, 5, 5, 5, 0]


@pytest.mark.parametrize(
    ("evidence", "amount"),
    quick_first(
        3,
        [
            ("pay $1,200 USD", 1_200),
            ("$250 or 200 EUR", 250),
            ("USD 100 now, then EUR 4.500 and 300 EUR", 4_500),
            ("in 2024 they paid nothing", None),
            ("€" + "9" * 400, float("9" * 15)),
        ],
    ),
)
def test_the_largest_amount_in_the_evidence_counts(
    tmp_path: Path, evidence: str, amount: float | None
) -> None:
    made = document(1)
    flag = replace(made.flags[0], evidence=evidence, start_char=0, end_char=len(evidence))
    run(tmp_path, "run-1", [replace(made, flags=(flag,))])
    assert Snapshot(str(tmp_path)).queue["amount"].to_pylist() == [amount]


def test_filters(tmp_path: Path) -> None:
    clear = replace(
        result("Nothing is said here.", "z.txt", domain="legal", kind="", status="clear"),
        flags=(),
        findings=(),
    )
    clear = replace(clear, document=replace(clear.document, domain="medical"))
    unasked = replace(
        result("Nothing is asked.", "y.txt", domain="legal", kind="policy", status="not_checked"),
        flags=(),
        findings=(),
    )
    unasked = replace(
        unasked, document=replace(unasked.document, reasons=("nothing_asked_of_kind:legal.policy",))
    )
    twin = replace(document(2), document=replace(document(2).document, uri="elsewhere/2.txt"))
    run(tmp_path, "run-1", [document(1), document(2), document(3, "financial"), clear, unasked], [twin])
    with served(tmp_path) as server:
        for filters, number in (
            (Filters(), 3),
            (Filters(show=ALL), 5),
            (Filters(show=NOT_CHECKED), 1),
            (Filters(show=NOT_CHECKED, domain="financial"), 0),
            (Filters(show=DECIDED), 0),
            (Filters(domain="legal"), 2),
            (Filters(kind="invoice"), 1),
            (Filters(code="nda_term"), 2),
            (Filters(code="advance_fee"), 3),
            (Filters(verdict="fail"), 3),
            (Filters(language="de"), 0),
            (Filters(search="DOCUMENT 2"), 1),
            (Filters(search="Elsewhere"), 1),
            (Filters(search="processing FEE"), 3),
            (Filters(search="%"), 0),
            (Filters(search="'; drop table queue --"), 0),
            (Filters(since=date(2026, 1, 1)), 0),
        ):
            assert len(server.review.progress.shown(filters)) == number, filters
        listed = server.ask("/queue?show=not_checked")[1]
        assert "1 document not checked" in listed and "y.txt" in listed
        assert "nothing found" not in listed.partition('<ol class="queue"')[2]
        page = server.ask(f"/documents/{unasked.doc_id}")[1]
        assert "Not checked: there are no checks for its document type: Policy." in page
        assert 'class="found clear"' not in page


def test_newer_data_is_told_and_taken_on_request(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    with served(tmp_path) as server:
        assert "newer data" not in server.ask("/queue")[1]
        server.review.ledger.decide([server.review.document(document(1).doc_id).items["f0"]], "confirmed")
        assert "newer data" not in server.ask("/queue")[1], "a decision is no newer data"
        run(tmp_path, "run-2", [document(2)])
        page = server.ask("/queue")[1]
        assert "newer data" in page and "1 document" in page
        assert server.ask("/reload", {})[2]["hx-refresh"] == "true"
        page = server.ask("/queue")[1]
        assert "newer data" not in page and "2 documents" in page


def test_four_eyes_want_a_second_reviewer_who_agrees(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    with served(tmp_path, "Ann", four_eyes=True) as first, served(tmp_path, "Bo", four_eyes=True) as second:
        path = f"/documents/{document(1).doc_id}/decide"
        said = first.ask(path, {"item": "f0", "outcome": "confirmed"})[1]
        assert "a second reviewer must agree" in said and "0 of 5 decided" in said
        assert "0 of 5" in first.ask(path, {"item": "f0", "outcome": "confirmed"})[1], (
            "she cannot do it twice"
        )
        assert "0 of 5" in second.ask(path, {"item": "f0", "outcome": "dismissed"})[1], "he does not agree"
        assert "1 of 5" in second.ask(path, {"item": "f0", "outcome": "confirmed"})[1]
        assert first.ask("/queue")[0] == 200 and int(first.review.progress.left[0]) == 4, (
            "others' are taken in"
        )


def test_what_was_decided_so_far_stands_beside_what_was_published(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(n) for n in range(4)])
    pages = [f"/documents/{document(n).doc_id}" for n in range(4)]
    with served(tmp_path) as server:
        assert "Decisions so far" not in server.ask(pages[0])[1]
        for page, outcome in zip(pages, ("confirmed", "dismissed", "confirmed", "not_sure"), strict=True):
            server.ask(f"{page}/decide", {"item": "f0", "outcome": outcome})
        said = "Decisions so far: right in 2 of 3 decided (0.21 to 0.94), not sure of 1"
        assert server.ask(pages[0])[1].count(said) == 1
        assert said in server.ask(f"{pages[0]}/items/f0")[1]
        server.ask("/undo", {"doc_id": ""})
        server.ask("/undo", {"doc_id": ""})
        said = "Decisions so far: right in 1 of 2 decided (0.09 to 0.91)<"
        assert said in server.ask(pages[0])[1]
        server.ask(f"{pages[0]}/decide", {"item": "f0", "outcome": "dismissed"})
        server.ask(f"{pages[0]}/decide", {"item": "l0", "outcome": "confirmed"})
        said = "Decisions so far: right in 0 of 2 decided (0.00 to 0.66)<"
        assert said in server.ask(pages[3])[1], "a decision that is changed counts once"
        assert "right in 1 of 1" in server.ask(f"{pages[1]}/items/l0")[1], "labels, too"
    with served(tmp_path) as server:
        assert said in server.ask(pages[3])[1], "after a restart, too"


def test_two_tabs_and_a_request_that_comes_twice_lose_and_double_nothing(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    with served(tmp_path) as server:
        path = f"/documents/{document(1).doc_id}/decide"
        form = {"item": "f0", "outcome": "dismissed", "decision_id": "0" * 32}
        assert [server.ask(path, form)[0] for _ in range(2)] == [200, 200]
        server.ask(path, {"item": "f0", "outcome": "confirmed", "decision_id": "1" * 32})
    rows = rows_of(str(tmp_path)).to_pylist()
    assert [row["outcome"] for row in rows] == ["dismissed", "confirmed"] and len(
        current_decisions(rows)
    ) == 1


def test_another_text_or_rule_opens_a_decision_again(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    review = Review(str(tmp_path), "Ann")
    target = review.document(document(1).doc_id).items["c0"]
    review.ledger.decide([target], "dismissed", "it is in an annex")
    assert review.ledger.state(target).settled
    made, words = document(1), "This agreement ends"
    start = made.text.index(words)
    for number, (changes, why) in enumerate(
        (
            ({"evidence": words, "start_char": start, "end_char": start + 19}, "the text has changed"),
            ({"decided_by": "model m@2"}, "the rule or model has changed"),
            ({"verdict": "review"}, "its result has changed"),
        )
    ):
        (first, *others) = made.findings
        run(tmp_path, f"run-{number + 2}", [replace(made, findings=(replace(first, **changes), *others))])
        later = Review(str(tmp_path), "Bo")
        (now,) = [one for one in later.document(made.doc_id).items.values() if one.code == target.code]
        state = later.ledger.state(now)
        assert not state.settled and state.reopened == why
        assert later.progress.totals == (0, 5), "and so the queue counts"


def test_buttons_say_what_is_the_case_and_the_page_what_counts_then(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    with served(tmp_path) as server:
        of = f"/documents/{document(1).doc_id}"
        page = server.ask(of)[1]
        buttons = re.findall(r'data-do="(\w+)" data-item="([fc]\d)"', page)
        assert {word for word, item in buttons if item == "f0"} == {"fraud", "harmless"}
        items = server.review.document(document(1).doc_id).items
        (absent,) = [item for item, one in items.items() if one.code == "nda_term"]
        (law,) = [item for item, one in items.items() if one.code == "governing_law"]
        assert [word for word, item in buttons if item == absent] == ["present", "missing", "does_not_apply"]
        assert 'class="found flagged"' in page
        for item, word in (("f0", "harmless"), ("f1", "harmless"), ("f2", "harmless"), (absent, "missing")):
            said = server.ask(f"{of}/decide", {"item": item, "outcome": word})[1]
        assert "No signs of fraud. 1 check failed, 1 needs review, 1 passed. 4 of 5 decided." in said
        assert 'class="found review"' in said and ">Missing, Ann<" in said
        said = server.ask(f"{of}/decide", {"item": law, "outcome": "passed"})[1]
        assert "No signs of fraud. 1 check failed, 2 passed. All 5 decided." in said
        assert 'class="found failed"' in said
        row = server.ask("/queue?show=decided")[1]
        assert 'class="verdict fail"' in row and 'class="severity' not in row
        assert "Nothing left to review" in server.ask("/queue")[1]


def test_what_is_decided_together_rests_on_the_same_words(tmp_path: Path) -> None:
    """Where nothing was found nothing is alike, and a reason for one contract is not stored on another."""
    first, second = document(1), document(2)
    run(tmp_path, "run-1", [first, second])
    with served(tmp_path) as server:
        of = f"/documents/{first.doc_id}"
        items = server.review.document(first.doc_id).items
        (absent,) = [item for item, one in items.items() if one.code == "nda_term"]
        assert 'name="alike"' not in server.ask(f"{of}/items/{absent}")[1]
        form = {"item": absent, "outcome": "missing", "alike": "1", "reason": "of this contract"}
        assert server.ask(f"{of}/decide", form)[0] == 200
        assert [row["doc_id"] for row in rows_of(str(tmp_path)).to_pylist()] == [first.doc_id]
        assert server.ask(f"{of}/decide", {"item": absent, "outcome": "present", "group": "1"})[0] == 409
        panel = server.ask(f"{of}/items/f0")[1]
        assert panel.count("<li>") == 2 and "Document 1" in panel and "Document 2" in panel


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_tables_that_can_only_be_read_are_for_looking(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    os.chmod(tmp_path, stat.S_IRUSR | stat.S_IXUSR)
    with served(tmp_path) as server:
        assert "Read-only" in server.ask("/queue")[1]


def test_who_may_only_look_sees_no_buttons_and_cannot_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, "run-1", [document(1)])
    monkeypatch.setattr(os, "access", lambda *_: False)
    with served(tmp_path) as server:
        of = f"/documents/{document(1).doc_id}"
        page = server.ask(of)[1]
        assert "Read-only" in page and "data-do=" not in page
        assert server.ask(f"{of}/decide", {"item": "f0", "outcome": "confirmed"})[0] == 400
    assert not len(rows_of(str(tmp_path)))


def test_a_source_that_is_gone_or_changed_is_told(tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    about = {"media_type": "application/pdf"}
    made = document(1, **about)
    made = replace(made, document=replace(made.document, uri=str(source)))
    run(tmp_path / "out", "run-1", [made])
    with served(tmp_path / "out") as server:
        of = f"/documents/{made.doc_id}/sheets"
        assert "a.pdf cannot be opened (there is no such file); if files have moved" in server.ask(of)[1]
        source.write_bytes(b"%PDF-1.7 another file")
        server.review.reload()
        assert "has changed since it was read" in server.ask(of)[1]
        source.unlink()
        source.symlink_to("/etc/passwd")
        server.review.reload()
        assert "is a link, and is not followed" in server.ask(of)[1]


def test_what_lies_within_another_file_has_no_pictures(tmp_path: Path) -> None:
    made = document(1, media_type="application/pdf")
    made = replace(made, document=replace(made.document, uri="/in/a.eml#attachment-1"))
    run(tmp_path, "run-1", [made])
    assert "inside another file" in Pages(made, "").why


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("changed_bank_details", "Changed bank details"),
        ("gdpr_28_3_b_confidentiality", "Confidentiality (GDPR 28.3.b)"),
        ("tos_contact_address", "Terms of service: contact address"),
        ("", ""),
        ("__", ""),
    ],
)
def test_names_in_words(name: str, said: str) -> None:
    assert labels.title(name) == said


def test_every_reason_of_a_document_has_words() -> None:
    described = (DocumentRow.__doc__ or "").partition("reasons: ")[2].partition("not_asked: ")[0]
    names = set(re.findall(r"``([a-z_]+)(?::[A-Z]+)?``", described)) - {"flag", "check"}
    assert names == labels.DOUBTS.keys() | labels.UNCHECKED.keys()


def test_the_library_in_the_pages_is_the_one_that_the_notice_names() -> None:
    import hashlib

    from docassay.views.html import STATIC

    digest = hashlib.sha256((STATIC / "htmx.min.js").read_bytes()).hexdigest()
    notice = (Path(__file__).parents[2] / "NOTICE").read_text(encoding="utf-8")
    assert digest in notice and "htmx 2.0.11" in notice


def test_nothing_in_templates_is_unescaped_or_inline() -> None:
    from docassay.views.html import TEMPLATES

    for path in TEMPLATES.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "|safe" not in text.replace(" ", "") and "autoescape" not in text, path
        assert " style=" not in text and "<script>" not in text and " onclick" not in text, path
        assert "hx-on" not in text and "hx-vals='js" not in text, path
