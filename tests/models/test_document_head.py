"""Document heads: what a folder must hold, and bounds on what is read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from docassay.models.document_head import DocumentHead, load
from docassay.models.hashed_words import MAX_CHARS, character_counts, word_counts
from docassay.schemas.errors import ModelError

BUCKETS = 1 << 10
CARD = """format = 1
name = "what"
version = "1"
kind = "KIND"
base = "none"
licence = "Apache-2.0"

[files]
"weights.npz" = "DIGEST"

[tasks.what]
domain = ""
kind = "single"
labels = ["lease", "none"]
temperature = 1.0
abstain_below = 0.7
abstain_precision = 0.9
margin = 0.1
data = "none"
data_licence = "none"
"""


def folder(path: Path, kind: str = "document", **arrays: Any) -> Path:
    """Write a head for which the word "tenant" speaks for a lease, and no other word for anything."""
    weights = np.zeros((BUCKETS, 2), np.int8)
    weights[word_counts("tenant", BUCKETS)[0], 0] = 100
    given = {
        "rarity": np.full(BUCKETS, 100, np.uint8),
        "weights": weights,
        "scale": np.full(2, 0.1),
        "bias": np.zeros(2),
    } | arrays
    np.savez(path / "weights.npz", **given)
    digest = hashlib.sha256((path / "weights.npz").read_bytes()).hexdigest()
    (path / "model.toml").write_text(CARD.replace("KIND", kind).replace("DIGEST", digest))
    return path


@pytest.fixture
def head(tmp_path: Path) -> DocumentHead:
    return load(folder(tmp_path))


def test_label_is_sure_where_a_word_speaks_for_it(head: DocumentHead) -> None:
    assert head.sure_label(head.predict("Tenant")) == "lease"
    assert head.sure_label(head.predict("the sea")) is None


def test_nothing_is_said_of_nothing(head: DocumentHead) -> None:
    assert head.predict(" \n—") == {}
    assert head.sure_label({}) is None


def test_feature_strings_alone_are_answered(head: DocumentHead) -> None:
    assert head.predict("", ["x"]) == {"lease": 0.5, "none": 0.5}


def test_what_stands_far_inside_is_not_read(head: DocumentHead) -> None:
    assert head.predict("a " * MAX_CHARS + "tenant") == head.predict("a " * MAX_CHARS)


def test_hostile_text_is_read_in_bounds(head: DocumentHead) -> None:
    answer = head.predict("\x00\ud800" + "ａ" * 50_000, [f"\ud800{n}" for n in range(5_000)])
    assert abs(sum(answer.values()) - 1) < 1e-5


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"bias": np.zeros(3)}, "more labels than in the card"),
        ({"rarity": np.zeros(1000, np.uint8), "weights": np.zeros((1000, 2), np.int8)}, "no power of two"),
        ({"weights": np.zeros((BUCKETS, 2), np.float32)}, "not quantised"),
    ],
)
def test_arrays_that_the_card_does_not_describe_are_refused(
    tmp_path: Path, arrays: dict[str, Any], why: str
) -> None:
    with pytest.raises(ModelError, match="arrays of the shapes"):
        load(folder(tmp_path, **arrays))


def test_a_damaged_folder_is_refused(tmp_path: Path) -> None:
    weights = folder(tmp_path) / "weights.npz"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match=r"is not the file that model\.toml describes"):
        load(tmp_path)


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a document head"):
        load(folder(tmp_path, kind="detector"))


def test_runs_of_characters_see_a_word_that_is_written_otherwise(tmp_path: Path) -> None:
    weights = np.zeros((BUCKETS, 2), np.int8)
    weights[character_counts("tenant", BUCKETS // 2)[0] + BUCKETS // 2, 0] = 100
    words, runs = tmp_path / "words", tmp_path / "runs"
    for path, given in ((words, {}), (runs, {"characters": np.float64(1.0)})):
        path.mkdir()
        folder(path, weights=weights, **given)
    assert load(runs).predict("a ten@nant")["lease"] > 0.6 > load(words).predict("a ten@nant")["lease"]
    assert load(runs).predict("tenant") == load(runs).predict(" TENANT\n")


def test_runs_of_hostile_text_are_counted_in_bounds() -> None:
    for text in ("", " ", "a", "\ud800" * 9, "\x00" * 100_000, "x" * 1_000_000):
        places, counts = character_counts(text, BUCKETS)
        assert len(places) == len(counts) <= BUCKETS and (counts >= 1).all()
