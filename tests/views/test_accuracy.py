"""What people decided, counted: by rule and verdict, and by how sure a head was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.storage.decisions.record import Choice, decide
from docassay.views import show
from docassay.views.accuracy import count_by_rule, head_accuracy, measure_head, rule_accuracy, wilson
from docassay.views.query import ask
from tests.storage.runs import run
from tests.tables import result


@pytest.mark.parametrize(("hits", "of"), [(0, 1), (9, 10), (10, 10), (0, 30), (150, 300)])
def test_the_interval_is_wilsons(hits: int, of: int) -> None:
    from scipy.stats import binomtest

    interval = binomtest(hits, of).proportion_ci(method="wilson")
    assert wilson(hits, of) == pytest.approx((interval.low, interval.high), abs=1e-9)


def row(decision: str, version: str = "v1", **about: Any) -> dict[str, Any]:
    own = {"code": "odd", "label": None, "decided_by": "rule legal.odd", "version": version}
    return {**own, "decision": decision, **about}


def test_what_was_decided_on_an_older_rule_is_counted_apart() -> None:
    (rule,) = count_by_rule(
        [row("dismissed"), row("confirmed", "v2"), row("not_sure", "v2"), row("corrected", "v2")]
    )
    assert (rule.rule, rule.says) == ("legal.odd", "flag")
    assert (rule.right, rule.wrong, rule.not_sure, rule.older) == (1, 1, 1, 1)


def test_verdicts_and_models_stand_apart() -> None:
    rows = [row("confirmed", label=verdict) for verdict in ("pass", "fail")]
    rows.append(row("dismissed", decided_by="model minilm@6"))
    rules = count_by_rule(rows)
    assert [(rule.rule, rule.says) for rule in rules] == [
        ("legal.odd", "fail"),
        ("legal.odd", "pass"),
        ("minilm@6 odd", "flag"),
    ]
    assert [rule.rule for rule in count_by_rule(rows, "legal")] == ["legal.odd", "legal.odd"]


def test_a_threshold_is_where_the_precision_is_reached() -> None:
    decided = [(0.9 - n / 100, 1.0) for n in range(20)] + [(0.5 - n / 100, 0.0) for n in range(20)]
    answers = [(0.95, False), (0.8, True), (0.6, False), (0.2, True)]
    head = measure_head("clause_type", decided, answers, 0.9)
    assert head.threshold == pytest.approx(0.49) and head.reached[0] == pytest.approx(20 / 22)
    assert head.kept == 22 / 40 and (head.would_abstain, head.would_count) == (0, 1)
    assert head.risk[0] == (0.2, 0.0) and head.risk[-1] == (1.0, 0.5)
    assert head.error == pytest.approx(0.305, abs=0.01)


def test_few_answers_propose_nothing() -> None:
    head = measure_head("clause_type", [(0.9, 1.0)] * 19, [], 0.9)
    assert head.threshold is None and head.right == 19


def test_no_precision_is_reached_where_all_are_wrong() -> None:
    head = measure_head("clause_type", [(0.9, 0.0), (0.8, 0.0)] * 15, [], 0.9)
    assert head.reached[0] == 0.0 and head.error == pytest.approx(0.85)


@pytest.fixture
def out(tmp_path: Path) -> str:
    one, other = result("This is odd, and long."), result("Another text of note", "b.txt")
    run(tmp_path / "it's", "run-1", [one, other])
    out = str(tmp_path / "it's")
    choices = [
        Choice(one.doc_id, "flag", "odd", "dismissed"),
        Choice(one.doc_id, "finding", "notice", "dismissed"),
        Choice(other.doc_id, "flag", "odd", "confirmed"),
        Choice(one.doc_id, "label", "clause_type", "confirmed"),
    ]
    decide(out, choices, "anna")
    return out


def test_tables_are_counted_and_listed(out: str) -> None:
    flags = {rule.says: (rule.right, rule.wrong) for rule in rule_accuracy(out)}
    assert flags == {"flag": (1, 1), "fail": (0, 1)}
    (head,) = head_accuracy(out)
    assert (head.head, head.right, head.decided) == ("clause_type", 1, 1)
    told = CliRunner().invoke(app, ["domains", "--observed", out], env={"COLUMNS": "200"})
    assert told.exit_code == 0 and "1 of 2" in told.output and "0.09 to 0.91" in told.output


def test_show_marks_what_was_decided_and_leaves_out_what_was_dismissed(out: str) -> None:
    every = show.overview(out, 10)
    assert {said for one in every.top for said in one.decided.values()} == {
        "harmless by anna",
        "does not apply by anna",
        "fraud by anna",
    }
    (left,) = show.overview(out, 10, without_dismissed=True).top
    assert left.uri == "b.txt" and left.flags
    counted = show.overview(out, 10, without_dismissed=True)
    assert (counted.documents, counted.dismissed) == ({"flagged": 1}, 1)
    assert (every.documents, every.dismissed) == ({"flagged": 1, "clear": 1}, 0)
    told = CliRunner().invoke(app, ["show", out, "--without-dismissed"])
    assert told.exit_code == 0 and "a.txt" not in told.output and "fraud by anna" in told.output
    assert "1 document: 1 flagged · 1 more cleared on review" in told.output


def test_the_queue_leaves_out_what_was_dismissed(out: str, tmp_path: Path) -> None:
    """Of a document of which nothing is left, whatever was not asked of it, and of another its sign alone."""
    queued = list(ask(out, "from review_queue").rows())
    assert [(row["uri"], row["signs"], row["checks"]) for row in queued] == [
        ("b.txt", ["odd"], ["fail notice"])
    ]
    third = result(
        "A third text of note", "c.txt", reasons=("flag:odd", "absent:notice,other", "kind_unknown")
    )
    gone = replace(third.findings[0], verdict="review", start_char=None, end_char=None, evidence=None)
    run(tmp_path / "more", "run-1", [replace(third, findings=(gone, replace(gone, check_id="other")))])
    more = str(tmp_path / "more")
    dismissed = [
        Choice(third.doc_id, "flag", "odd", "dismissed"),
        Choice(third.doc_id, "finding", "notice", "dismissed"),
    ]
    decide(more, dismissed, "anna")
    (left,) = ask(more, "select signs, checks, reasons, severity from review_queue").rows()
    assert (left["signs"], left["checks"], left["severity"]) == ([], ["review other"], None)
    assert left["reasons"] == ["absent:notice,other", "kind_unknown"]
    decide(more, [Choice(third.doc_id, "finding", "other", "dismissed")], "anna")
    assert list(ask(more, "from review_queue").rows()) == []


def test_decide_and_undo_from_the_command_line(out: str, tmp_path: Path) -> None:
    (doc_id,) = {choice.doc_id for choice in [result("Another text of note", "b.txt")]}
    words = [
        "decide",
        out,
        doc_id[:10],
        "corrected",
        "--finding",
        "notice",
        "--as",
        "pass",
        "--reviewer",
        "eve",
    ]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0 and "1 recorded by eve" in told.output
    undone = told.output.rsplit(" ", 1)[1].strip()
    again = CliRunner().invoke(app, ["decide", out, "--withdraw", undone])
    assert again.exit_code == 0, again.output
    for wrong in (
        ["decide", out],
        ["decide", out, doc_id, "confirmed"],
        ["decide", out, doc_id, "confirmed", "--flag", "odd", "--finding", "notice"],
        ["decide", out, doc_id, "confirmed", "--flag", "odd", "--at", "4"],
        ["decide", out, "--from", str(tmp_path / "none.csv")],
        ["decide", str(tmp_path), doc_id, "confirmed", "--flag", "odd"],
    ):
        told = CliRunner().invoke(app, wrong)
        assert told.exit_code == 2 and len(told.output.splitlines()) == 1, told.output


def test_decisions_go_to_other_tables(out: str, tmp_path: Path) -> None:
    path = str(tmp_path / "list.csv")
    asked = ["query", out, "select * from decisions_to_carry", "--out", path]
    assert CliRunner().invoke(app, asked).exit_code == 0
    other = tmp_path / "other"
    run(other, "run-9", [result("This is odd, and long.")])
    words = ["decide", str(other), "--from", path]
    refused = CliRunner().invoke(app, words)
    assert refused.exit_code == 2 and "the tables have no flag odd" in refused.output
    taken = CliRunner().invoke(app, [*words, "--known-only"])
    assert taken.exit_code == 0 and "3 recorded" in taken.output and "1 skipped" in taken.output
