"""Foreign terms judged in English: translations are kept, and a fair sentence counts for those left out."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from docassay.models.catalog import find
from docassay.models.translator import Translated
from research.corpora import Example
from research.measure.german_terms import FAIR, TASK, english, judged

UNFAIR = (
    "We may terminate your account at any time, for any reason, without notice and without liability to you."
)
FAIR_ONE = "You can change your password on the settings page of the website."


class Upper:
    """A translator that writes capitals, and remembers what it was asked."""

    card = SimpleNamespace(max_tokens=50)
    placeholders = ()

    def __init__(self) -> None:
        self.asked: list[str] = []

    def count(self, texts: list[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def translate(self, sentences: list[str]) -> list[Translated]:
        self.asked += sentences
        return [Translated(sentence.upper(), 0.0) for sentence in sentences]


def test_a_sentence_is_translated_once_and_a_long_one_in_pieces(tmp_path: Path) -> None:
    translator, kept = Upper(), tmp_path / "folder" / "kept.json"
    long = "word " * 60 + "end"
    assert english(["ein Satz", long, "ein Satz"], translator, kept) == ["EIN SATZ", long.upper(), "EIN SATZ"]  # type: ignore[arg-type]
    assert len(translator.asked) == 3
    english(["ein Satz", long, "noch einer"], translator, kept)  # type: ignore[arg-type]
    assert translator.asked[3:] == ["noch einer"]


def test_a_fair_sentence_called_unfair_counts_for_those_left_out(tmp_path: Path) -> None:
    tests = [Example(TASK, UNFAIR, ("unilateral_termination",), "test"), Example(TASK, FAIR_ONE, (), "test")]
    right = judged(find("minilm"), tests, [UNFAIR, FAIR_ONE], tmp_path)
    assert right == {"f1": pytest.approx(1), "precision": 1, "recall": 1}
    wrong = judged(find("minilm"), tests, [UNFAIR, UNFAIR], tmp_path)
    assert wrong["precision"] == pytest.approx(1 / (1 + FAIR))
