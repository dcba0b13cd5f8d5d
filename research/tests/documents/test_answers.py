"""What the head of answers is trained on, and what its figures count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from docassay import domains
from docassay.domains.answers import MET, NOT_OWED, OPEN, is_learnt
from research.corpora.blind import lines
from research.documents.answers import FEWEST, LABELS, Answered, bounds, learnt
from research.documents.fit import Example, Recipe, fit


def answered(document: str, verdict: str, answer: str, check: str = "legal.nda_term") -> Answered:
    example = Example("", LABELS[answer], document, (verdict or "-",))
    return Answered(document, check, verdict, stands=False, example=example)


def test_the_list_names_checks_and_documents_that_are_there() -> None:
    known = {f"{name}.{rule.id}" for name in domains.names() for rule in domains.load(name).checks}
    documents = {row["document"] for row in lines("judged_documents")}
    rows = list(lines("answers"))
    assert {row["check"] for row in rows} <= known
    assert {row["document"] for row in rows} <= documents
    assert {row["answer"] for row in rows} == {*LABELS}
    assert len({(row["document"], row["check"]) for row in rows}) == len(rows)


def test_a_check_is_learnt_from_enough_answers_of_either_sort() -> None:
    met = [answered("1", "pass", "y")] * FEWEST
    assert learnt(met) == []
    assert learnt([*met, *[answered("2", "review", "n")] * 3]) == ["legal.nda_term"]
    assert is_learnt("legal.nda_term")


def test_bounds_count_what_is_shown_and_how_often_rightly() -> None:
    rows = [answered(str(n), "pass", "y") for n in range(8)] + [
        answered(str(n), "review", "n") for n in range(8, 16)
    ]
    rows += [answered("0", "", "x", "legal.nda_return_or_destruction")]
    fitted = fit([one.example for one in rows], Recipe(buckets=1 << 8, fewest=1))
    sure = np.full((len(rows), 3), -9.0)
    for row, one in zip(sure, rows, strict=True):
        row[fitted.labels.index(one.example.label)] = 9.0
    assert {*fitted.labels} == {MET, OPEN, NOT_OWED}
    said = list(bounds(rows, replace(fitted, logits=sure, temperature=1.0)))
    assert "8 of the verdict pass" in said and "8 of the verdict review" in said
    assert "from 0.95: 1.000 are shown, of these 1.000 rightly" in said
    assert "nothing left open above 0.10: 8 of 16 documents are clear, 8 rightly; 8 for review" in said
    doubted = [replace(one, stands=True) for one in rows]
    said = list(bounds(doubted, replace(fitted, logits=-sure, temperature=1.0)))
    assert said.count("from 0.95: 1.000 are shown, of these 1.000 rightly") == 2, "doubts stand"
