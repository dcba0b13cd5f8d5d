"""Whole documents for readers who do not know which are clear."""

from collections import Counter

from research.benchmarks.judge_clear import drawn


def test_a_draw_has_both_sorts_few_of_one_kind_and_is_the_same_each_time() -> None:
    documents = [
        {"doc_id": f"{n}", "kind": ("nda", "invoice", "note", "letter", None)[n % 5], "status": status}
        for n, status in enumerate(["clear", "review", "flagged"] * 40)
    ]
    chosen = drawn(documents, 1, clear=20, others=8)
    clear = Counter(row["kind"] for row in chosen if row["status"] == "clear")
    assert clear.total() == 20 and max(clear.values()) <= 5
    assert len(chosen) == 28 and max(Counter(row["kind"] for row in chosen).values()) <= 7
    assert chosen == drawn(documents[::-1], 1, clear=20, others=8) != drawn(documents, 2, clear=20, others=8)
