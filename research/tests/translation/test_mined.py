"""Pairs mined from two texts that say the same, cut into sentences differently."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

from research.translation import mined
from research.translation.corpus import origins

GERMAN = [
    "Willkommen!",
    "Wir können diese Bedingungen jederzeit ändern.",
    "Sie haften für Ihr Konto. Halten Sie Ihr Kennwort geheim.",
    "Nur in Deutschland gilt das Recht auf Widerruf.",
    "Der Vertrag endet,",
    "wenn Sie ihn kündigen.",
    "Wir können diese Bedingungen jederzeit ändern.",
]
MEANT = {
    "Willkommen!": "Welcome!",
    "Wir können diese Bedingungen jederzeit ändern.": "We can change this terms at any time.",
    "Sie haften für Ihr Konto. Halten Sie Ihr Kennwort geheim.": "You liable for your account."
    " Keep your password secretly.",
    "Nur in Deutschland gilt das Recht auf Widerruf.": "Only in Germany applies right of withdrawal.",
    "Der Vertrag endet,": "The contract ends,",
    "wenn Sie ihn kündigen.": "when you terminate it.",
}
ENGLISH = [
    "Last updated in May.",
    "We may change these terms at any time.",
    "You are liable for your account.",
    "Keep your password secret.",
    "The contract ends when you terminate it.",
    "Questions? Write to our office in Dublin, and somebody will answer within two working days.",
    "We may change these terms at any time.",
]


class Known:
    """Translates what it knows."""

    card = SimpleNamespace(about={"source_language": "de"}, max_tokens=100)
    placeholders = ()

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def translate(self, sentences: Sequence[str]) -> list[Any]:
        return [SimpleNamespace(text=MEANT[sentence]) for sentence in sentences]


def test_sentences_are_aligned_in_order_and_what_has_no_counterpart_is_left_out() -> None:
    found = mined.align([MEANT[sentence] for sentence in GERMAN], ENGLISH)
    assert [(GERMAN[a], ENGLISH[b]) for a, b in found] == [
        (GERMAN[1:2], ENGLISH[1:2]),
        (GERMAN[2:3], ENGLISH[2:4]),
        (GERMAN[4:6], ENGLISH[4:5]),
        (GERMAN[6:7], ENGLISH[6:7]),
    ]
    assert mined.align(["The rent."], ["Nothing alike here at all."]) == []


def test_mined_pairs_are_a_corpus_each_pair_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"de": GERMAN, "en": ENGLISH}
    monkeypatch.setattr(mined, "terms_of_service", lambda _, language: {"a.txt": texts[language]})
    target = tmp_path / "de-en" / "mined.parquet"
    assert mined.mine(Known(), tmp_path, target) == 3  # type: ignore[arg-type]
    rows = pq.read_table(target).to_pylist()
    assert [row["source"] for row in rows] == [GERMAN[1], GERMAN[2], f"{GERMAN[4]} {GERMAN[5]}"]
    assert rows[1]["target"] == f"{ENGLISH[2]} {ENGLISH[3]}"
    assert origins([target, target]) == ["claudette-terms: 6 pairs, CC-BY-4.0"]
    monkeypatch.setattr(mined, "LONGER", 1.0)
    assert mined.mine(Known(), tmp_path, target) == 0  # type: ignore[arg-type]
