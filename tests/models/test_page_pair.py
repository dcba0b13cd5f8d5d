"""The model over page pairs: what it answers, and folders that are not what they say."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from docassay.models import modelfile
from docassay.models.catalog import find
from docassay.models.page_pair import load
from docassay.schemas.errors import ModelError
from docassay.transforms.parts.pairs import FEATURES


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find("part"), tmp_path / "part"))


def rewritten(folder: Path, **arrays: object) -> Path:
    with np.load(folder / "weights.npz") as stored:
        kept = {name: stored[name] for name in stored.files}
    np.savez_compressed(folder / "weights.npz", **{**kept, **arrays})  # type: ignore[arg-type]
    modelfile.write(folder, modelfile.read(folder))
    return folder


def test_the_shipped_model_has_the_numbers_that_are_given_to_it() -> None:
    model = load(find("part"))
    assert model.features == FEATURES
    assert 0 < model.mixed <= model.further <= model.cut < 1


def test_trees_and_words_are_added_up(copy: Path) -> None:
    """One tree: above 0.5 of the first number +2, else what the words say decides: above 0 +1, else -1."""
    last = len(FEATURES)
    feature, threshold = [[0, last, -1, -1, -1]], [[0.5, 0.0, 0, 0, 0]]
    left, right, value = [[1, 3, 2, 3, 4]], [[2, 4, 2, 3, 4]], [[0, 0, 2.0, -1.0, 1.0]]
    folder = rewritten(
        copy,
        feature=np.array(feature, np.int8),
        threshold=np.array(threshold),
        left=np.array(left, np.int16),
        right=np.array(right, np.int16),
        value=np.array(value),
        words=np.ones(1 << 4, np.int8),
        scale=np.float64(0.5),
        bias=np.float64(-0.75),
    )
    model = load(folder)
    numbers = [0.0] * last
    assert model.of_words(["a"]) == -0.25
    assert model.predict(numbers, ["a"]) == pytest.approx(1 / (1 + np.e), abs=1e-6)
    assert model.of_words([f"word {n}" for n in range(40)]) > 0
    assert model.predict([1.0, *numbers[1:]], []) == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("words", np.ones(12, np.int8)),
        ("words", np.ones(16, np.float64)),
        ("value", np.ones((2, 2))),
        ("feature", np.full((1, 1), 100)),
    ],
)
def test_arrays_of_other_shapes_are_refused(copy: Path, name: str, array: object) -> None:
    with pytest.raises(ModelError, match="install it again"):
        load(rewritten(copy, **{name: array}))


def test_a_tree_that_never_ends_is_refused(copy: Path) -> None:
    here = np.zeros((1, 2), np.int16)
    arrays = {"feature": np.zeros((1, 2), np.int8), "left": here, "right": here}
    empty = {"threshold": np.zeros((1, 2)), "value": np.zeros((1, 2))}
    with pytest.raises(ModelError, match="install it again"):
        load(rewritten(copy, **arrays, **empty))


def test_a_model_of_another_kind_is_refused() -> None:
    with pytest.raises(ModelError, match="not of page pairs"):
        load(find("detector"))
