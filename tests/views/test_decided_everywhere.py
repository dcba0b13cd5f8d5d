"""What people decided changes what a document is, at once and the same everywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from docassay.schemas.rows import SEVERITIES, Result
from docassay.storage.decisions.record import Choice, decide
from docassay.transforms.flag import risk
from docassay.views import show
from docassay.views.query import ask
from docassay.views.report import report
from docassay.views.review.app import Review
from docassay.views.review.snapshot import Filters
from tests.storage.runs import run
from tests.tables import result
from tests.views.reviewing import document


def _said(made: Result, word: str, of: str = "flag") -> list[Choice]:
    rows: Sequence[Any] = made.flags if of == "flag" else [r for r in made.findings if r.verdict != "pass"]
    code = "code" if of == "flag" else "check_id"
    return [Choice(made.doc_id, of, getattr(row, code), word, row.start_char, row.end_char) for row in rows]


def _of_query(out: str, doc_id: str) -> tuple[Any, ...]:
    (row,) = ask(out, f"from documents_decided where doc_id = '{doc_id}'").rows()
    assert row["status"] == "flagged", "the run's own answer stays in its column"
    return row["decided_status"], row["signs"] > 0, row["failed"], row["to_review"], row["left_to_decide"]


def _of_queue(out: str, doc_id: str) -> tuple[Any, ...]:
    queued = {row["doc_id"]: row for row in ask(out, "from review_queue").rows()}
    row = queued.get(doc_id)
    if row is None:
        return (*_of_query(out, doc_id)[:4], 0)
    return row["decided_status"], bool(row["signs"]), row["failed"], row["to_review"], row["left_to_decide"]


def _of_review(review: Review, doc_id: str) -> tuple[Any, ...]:
    place = review.snapshot.place[doc_id]
    row = review.snapshot.taken(review.progress.shown(Filters(show="all")))[place]
    assert row["doc_id"] == doc_id
    items = review.document(doc_id)
    left = [review.ledger.state(items.items[one]).settled for one in items.to_decide].count(False)
    assert left == review.progress.left[place], "the page of the document counts as the queue does"
    return row["decided_status"], row["signs"] > 0, row["failed"], row["to_review"], left


def _of_show(out: str, doc_id: str) -> tuple[Any, ...]:
    (row,) = [one for one in show.overview(out, 10).top if one.title == "Document 1"]
    left = _of_query(out, doc_id)[4]
    standing = not all("harmless" in said for (of, _), said in row.decided.items() if of == "flag")
    return row.status, standing or row.status == "flagged", row.failed, row.review, left


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        (lambda made: [], ("flagged", True, 1, 1, 5)),
        (lambda made: _said(made, "harmless"), ("review", False, 1, 1, 2)),
        (lambda made: _said(made, "fraud") + _said(made, "passed", "finding"), ("flagged", True, 0, 0, 0)),
        (lambda made: _said(made, "harmless") + _said(made, "failed", "finding"), ("failed", False, 2, 0, 0)),
        (lambda made: _said(made, "harmless") + _said(made, "passed", "finding"), ("clear", False, 0, 0, 0)),
        (
            lambda made: _said(made, "harmless") + _said(made, "does not apply", "finding"),
            ("clear", False, 0, 0, 0),
        ),
        (
            lambda made: _said(made, "harmless") + _said(made, "not sure", "finding"),
            ("review", False, 1, 0, 0),
        ),
    ],
)
def test_a_document_is_the_same_everywhere_after_a_decision(
    tmp_path: Path, decisions: Callable[[Result], list[Choice]], expected: tuple[Any, ...]
) -> None:
    made, other, out = document(1), document(2), str(tmp_path)
    law = replace(made.findings[0], decided_by="rule legal.unknown", check_id="unknown")
    made = replace(made, findings=(law, *made.findings[1:]))
    run(tmp_path, "run-1", [made, other])
    before = Review(out, "Ann")
    if chosen := decisions(made):
        decide(out, chosen, "anna")
    before.refresh()
    for server in (before, Review(out, "Bo")):
        assert _of_review(server, made.doc_id) == expected
    assert _of_query(out, made.doc_id) == expected
    assert _of_queue(out, made.doc_id) == expected
    assert _of_show(out, made.doc_id)[0::2] == expected[0::2]
    states = {
        "flagged": "with signs of fraud",
        "review": "need review",
        "failed": "decided: failed",
        "clear": "nothing found",
    }
    html, name = report(out).html, states[expected[0]]
    number = html.split(f"<dt>{name}</dt>")[1].split("</dd>")[0].rpartition(">")[2]
    assert number == ("2" if expected[0] == "flagged" else "1")


def test_there_is_one_order_of_documents(tmp_path: Path) -> None:
    out = str(tmp_path)
    made = [document(n, risk=n / 10) for n in range(1, 6)]
    run(tmp_path, "run-1", made)
    decide(out, _said(made[4], "harmless"), "anna")
    decide(out, _said(made[2], "does not apply", "finding"), "anna")
    queue = [row["doc_id"] for row in ask(out, "from review_queue").rows()]
    snapshot = Review(out, "Ann").snapshot
    assert snapshot.queue["doc_id"].to_pylist() == queue, "that of the server"
    titles = {one.doc_id: one.document.title for one in made}
    assert [row.title for row in show.overview(out, 10).top] == [titles[doc_id] for doc_id in queue]
    assert queue[-1] == made[4].doc_id, "without its signs it wants a look least"


def test_the_risk_without_what_was_dismissed_is_that_of_the_other_signs(tmp_path: Path) -> None:
    text = "One, two, three, four and five words that are odd"
    made = result(text)
    (flag,) = made.flags
    flags = tuple(
        replace(
            flag,
            code=code,
            severity=severity,
            probability=sure,
            start_char=n,
            end_char=n + 4,
            evidence=text[n : n + 4],
        )
        for n, (code, severity, sure) in enumerate(
            [(f"sign_{n}", severity, None) for n, severity in enumerate(SEVERITIES)]
            + [("sign_0", "low", 0.5), ("learnt", "high", 0.8)]
        )
    )
    made = replace(made, flags=flags, document=replace(made.document, risk=risk(flags, 0.4)))
    run(tmp_path, "run-1", [made])
    for dismissed in (flags[3:], flags[:1], flags):
        decide(
            str(tmp_path),
            [Choice(made.doc_id, "flag", f.code, "fraud", f.start_char, f.end_char) for f in flags],
            "a",
        )
        decide(
            str(tmp_path),
            [Choice(made.doc_id, "flag", f.code, "harmless", f.start_char, f.end_char) for f in dismissed],
            "a",
        )
        (row,) = ask(str(tmp_path), "from documents_decided").rows()
        left = [one for one in flags if one not in dismissed]
        assert (
            row["decided_risk"] == pytest.approx(risk(left, 0.4), abs=1e-4)
            and row["risk"] == made.document.risk
        )
