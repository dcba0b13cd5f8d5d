"""Rows drawn to be judged, what the answers make of them, and where a rule's counts are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from docassay import domains
from docassay.domains import judged as accuracy
from docassay.domains import rule_digest
from research.benchmarks import judge
from research.benchmarks.real import JUDGED, read_tsv


def _row(doc_id: str, name: str = "r", verdict: str = "pass") -> dict[str, Any]:
    return {"doc_id": doc_id, "start_char": 1, "table_name": "findings", "name": name, "verdict": verdict}


def test_a_draw_takes_each_verdict_of_each_check_once_a_document() -> None:
    rows = [_row(str(n % 4), verdict=verdict) for n in range(8) for verdict in ("pass", "fail")]
    chosen = judge.drawn(rows, seed=1, each=3)
    for verdict in ("pass", "fail"):
        documents = [row["doc_id"] for row in chosen if row["verdict"] == verdict]
        assert len(documents) == len(set(documents)) == 3


def test_a_draw_hangs_on_its_seed_and_not_on_the_order_of_rows() -> None:
    rows = [_row(str(n)) for n in range(50)]
    assert judge.drawn(rows, 1, 3) == judge.drawn(rows[::-1], 1, 3)
    assert judge.drawn(rows, 1, 3) != judge.drawn(rows, 2, 3)


def test_a_limited_draw_has_so_many_rows_of_each_verdict_and_all_grave_signs() -> None:
    rows = [_row(str(n), verdict=verdict) for n in range(9) for verdict in ("pass", "fail", "review")]
    signs = [
        {**rows[0], "table_name": "flags", "severity": severity} for severity in ("low", "high", "critical")
    ]
    labels = [{**rows[0], "table_name": "classifications"}]
    kept = judge.limited([*rows, *signs, *labels], seed=1, most=4)
    found = [row["verdict"] for row in kept if row["table_name"] == "findings"]
    assert sorted(found) == ["fail"] * 4 + ["pass"] * 4 + ["review"] * 4
    assert [row["severity"] for row in kept if row["table_name"] == "flags"] == ["high", "critical"]
    assert kept == judge.limited([*rows[::-1], *signs, *labels], seed=1, most=4)


def test_an_absence_is_a_check_that_found_nothing() -> None:
    assert judge.is_absence({**_row("a", verdict="review"), "start_char": None})
    assert judge.is_absence({**_row("a", verdict="fail"), "start_char": ""})
    assert not judge.is_absence(_row("a", verdict="review"))
    assert not judge.is_absence({**_row("a", verdict=""), "start_char": None})


def test_a_question_tells_neither_rule_nor_verdict() -> None:
    row = {**_row("1", "nda_term", "fail"), "end_char": 5, "why": "An NDA has a term.", "source": "practice"}
    asked = judge.question({**row, "decided_by": "rule legal.nda_term"}, "one two three")
    assert asked["passage"] == "o⟦ne t⟧wo three"
    assert not any(word in str(asked) for word in ("nda_term", "fail"))
    assert judge.question(row | {"decided_by": "", "why": "", "source": ""}, "one two", [("total", "7")])[
        "data"
    ] == {"total": "7"}


@pytest.mark.parametrize(
    ("table", "verdict", "answer", "said"),
    [
        ("findings", "pass", "yes", "right"),
        ("findings", "pass", "person", "wrong"),
        ("findings", "pass", "elsewhere", "wrong"),
        ("findings", "fail", "no", "right"),
        ("findings", "fail", "not_applicable", "wrong"),
        ("findings", "review", "person", "right"),
        ("findings", "review", "yes", "useless"),
        ("findings", "review", "elsewhere", "useless"),
        ("findings", "review", "not_applicable", "wrong"),
        ("flags", "", "yes", "right"),
        ("flags", "", "person", "useless"),
        ("classifications", "", "no", "wrong"),
    ],
)
def test_an_answer_judges_a_row(table: str, verdict: str, answer: str, said: str) -> None:
    assert judge.judged({"table_name": table, "verdict": verdict}, answer) == said


def test_an_unknown_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="maybe"):
        judge.judged({"table_name": "flags", "verdict": ""}, "maybe")


def test_counts_are_by_rule_digest_and_verdict() -> None:
    line = {"decided_by": "rule legal.nda_term+minilm@5", "digest": "d", "verdict": "pass"}
    other = {"decided_by": "rule financial.iban", "digest": "e", "verdict": ""}
    rows = [{**line, "judged": "right"}, {**line, "judged": "wrong"}, {**other, "judged": "right"}]
    assert judge.counts(rows, "legal") == [["nda_term", "d", "pass", "1", "1", "0"]]


def test_what_was_judged_of_another_version_of_a_rule_does_not_count(tmp_path: Path) -> None:
    rule, digest = next(iter(rule_digest.rule_digests("legal").items()))
    lines = ["\t".join(accuracy.COLUMNS), f"{rule}\t{digest}\t\t3\t1\t0", f"{rule}\tother\tpass\t9\t0\t0"]
    (tmp_path / accuracy.FILE).write_text("\n".join(lines) + "\n")
    (counted,) = accuracy.read_current(tmp_path / accuracy.FILE, "legal")
    assert str(counted) == "3 of 4 samples correct"


def test_counts_in_the_domains_are_those_of_the_rounds() -> None:
    rows = [row for path in sorted(JUDGED.glob("round-*.tsv")) for row in read_tsv(path)]
    for name in domains.names():
        counted = [[str(value) for value in line] for line in judge.counts(rows, name)]
        stored = [
            [row.rule, row.digest, row.verdict, str(row.right), str(row.wrong), str(row.useless)]
            for row in accuracy.read(domains.load(name).folder / accuracy.FILE)
        ]
        assert stored == counted, "run python -m research.benchmarks.judge publish"
