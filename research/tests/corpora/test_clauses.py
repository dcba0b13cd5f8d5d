"""Passages that teach the head of clauses: what was read is found, and a segment gets a span's labels."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from docassay.models.catalog import DEFAULT_ENCODER, find, read
from research.corpora import clauses
from research.corpora.clauses import labels_of

pytestmark = pytest.mark.training

SPAN = "neither party may assign this agreement or any of its rights without the prior consent of the other"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    clauses._rows.cache_clear()
    yield
    clauses._rows.cache_clear()


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _labels() -> set[str]:
    return set(read(find(DEFAULT_ENCODER)).tasks["clause_type"].labels)


def test_every_label_that_was_written_by_hand_is_one_of_the_head() -> None:
    for row in [*_table(clauses.READ), *_table(clauses.NEAR)]:
        assert set(filter(None, row["labels"].split(","))) <= _labels(), row
    assert {row["about"] for row in _table(clauses.NEAR)} == _labels()


def test_no_passage_was_read_twice_and_both_halves_have_some() -> None:
    rows = _table(clauses.READ)
    assert len({row["digest"] for row in rows}) == len(rows)
    halves = [clauses.split_of(row["document"]) for row in rows]
    assert min(halves.count("train"), halves.count("validation")) > len(rows) / 4


def test_a_near_miss_does_not_carry_the_label_that_it_resembles() -> None:
    for row in _table(clauses.NEAR):
        assert row["about"] not in row["labels"].split(","), row


def test_a_segment_has_the_labels_of_the_spans_that_it_holds_or_lies_in() -> None:
    spans = {SPAN: {"anti_assignment"}, "New York": {"governing_law"}}
    assert labels_of(f"12. Assignment. {SPAN}. Notices are in writing.", spans) == ("anti_assignment",)
    assert labels_of(" ".join(SPAN.split()[2:14]), spans) == ("anti_assignment",)
    assert labels_of("The laws of New York apply to it.", spans) == ("governing_law",)
    assert labels_of("Each notice shall be given in writing and sent to the address below.", spans) == ()


def test_a_segment_that_holds_a_piece_of_a_span_is_left_out() -> None:
    piece = " ".join(SPAN.split()[:10])
    rest = "in a manner that the schedule describes and at the times that are agreed between them for it"
    assert labels_of(f"{piece} {rest}", {SPAN: {"anti_assignment"}}) is None


def test_a_passage_that_was_read_is_found_by_its_span_and_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "1. Scope. 2. Either party may end this contract at any time. 3. Notices."
    start, end = text.index("2. "), text.index(" 3. ")
    table = tmp_path / "read.tsv"
    head = "corpus\tdocument\tstart\tend\tdigest\tlabels\n"
    row = f"nda\tdev-1\t{start}\t{end}\t{clauses.digest(text[start:end])}\ttermination_for_convenience\n"
    table.write_text(head + row, encoding="utf-8")
    monkeypatch.setattr(clauses, "READ", table)
    monkeypatch.setattr(clauses, "_terms", lambda data: {})
    monkeypatch.setattr(clauses, "_agreements", lambda data: {"dev-1": ["another version", text]})
    (example,) = clauses.read_passages(tmp_path)
    assert (example.text, example.labels) == (text[start:end], ("termination_for_convenience",))
    monkeypatch.setattr(clauses, "_agreements", lambda data: {"dev-1": ["another version"]})
    with pytest.raises(ValueError, match="dev-1 has no passage"):
        clauses.read_passages(tmp_path)
