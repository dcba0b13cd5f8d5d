"""Passages of other kinds: drawn alike each time, kept in their split, and never a corpus's own text."""

from __future__ import annotations

from pathlib import Path

import pytest

from research.corpora import passages
from research.corpora.example import Example

pytestmark = pytest.mark.training


def _corpus(kind: str, number: int) -> list[Example]:
    return [
        Example(
            kind, f"{kind} text number {n} of this corpus", ("x",), ("train", "validation", "test")[n % 3]
        )
        for n in range(number)
    ]


@pytest.fixture(autouse=True)
def _two_corpora(monkeypatch: pytest.MonkeyPatch) -> None:
    passages._of_kind.cache_clear()
    monkeypatch.setattr(
        passages, "SOURCES", {"bill": lambda _: _corpus("bill", 90), "poem": lambda _: _corpus("poem", 9)}
    )


def test_passages_keep_their_split_and_carry_no_label_of_the_task() -> None:
    drawn = passages.other("t", Path(), ("bill", "poem"))
    assert {e.task for e in drawn} == {"t"}
    assert {e.labels for e in drawn} == {()}
    assert {e.part for e in drawn if e.split == "test"} == {passages.UNLABELLED}
    assert {e.part for e in drawn if e.split != "test"} == {""}
    tests = {e.text for e in drawn if e.split == "test"}
    assert not tests & {e.text for e in drawn if e.split != "test"}
    assert {e.labels for e in passages.other("t", Path(), ("poem",), "none")} == {("none",)}


def test_few_of_each_corpus_are_drawn_and_the_same_each_time() -> None:
    few = {"train": 5, "validation": 2, "test": 1}
    drawn = passages.other("t", Path(), ("bill", "poem"), most=few)  # type: ignore[arg-type]
    assert len(drawn) == (5 + 2 + 1) + (3 + 2 + 1)
    passages._of_kind.cache_clear()
    assert drawn == passages.other("t", Path(), ("bill", "poem"), most=few)  # type: ignore[arg-type]


def test_a_visit_note_is_cut_at_its_headings() -> None:
    note = "CHIEF COMPLAINT\n\nCough.\n\nPLAN\n\nRest.\nFluids.\n"
    assert passages._sections(note) == [("CHIEF COMPLAINT", "\nCough.\n"), ("PLAN", "\nRest.\nFluids.")]
    assert passages._sections("no heading at all") == []
