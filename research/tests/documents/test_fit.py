"""Document heads: groups stay whole, labels weigh alike, and what is written answers as it was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from docassay.models.catalog import read
from docassay.models.document_head import DocumentHead, load
from docassay.models.hashed_words import softmax
from research.documents.fit import (
    FOLDS,
    Example,
    Fitted,
    Recipe,
    fit,
    fold_of,
    weigh,
    write,
)

SMALL = Recipe(buckets=1 << 12, steps=60)
ABOUT = {"version": "1", "licence": "Apache-2.0", "languages": ["en"], "intended_use": "A test."}
FACTS = {"data": "invented here", "data_licence": "as the project"}
WORDS = {
    "recipe": "flour butter sugar oven stir bake dough minutes egg salt",
    "lease": "tenant landlord rent premises term deposit notice repair lease party",
    "none": "river cloud train football holiday music garden street winter paint",
}


def examples(count: int = 30) -> list[Example]:
    chance = np.random.default_rng(3)
    made = []
    for label, words in WORDS.items():
        for number in range(count):
            text = " ".join(chance.choice(words.split(), 12))
            extra = ("has rent",) if label == "lease" else ()
            made.append(Example(text, label, f"{label} {number}", extra, part="en"))
    return made


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return fit(examples(), SMALL)


@pytest.fixture(scope="module")
def head(fitted: Fitted, tmp_path_factory: pytest.TempPathFactory) -> DocumentHead:
    folder = tmp_path_factory.mktemp("models") / "what"
    write(folder, fitted, "what_is_it", ABOUT, FACTS)
    return load(folder)


def test_written_head_tells_labels_apart(head: DocumentHead) -> None:
    answer = head.predict("Bake the dough in the oven for ten minutes.")
    assert max(answer, key=lambda label: answer[label]) == "recipe"
    assert head.sure_label(answer) == "recipe"
    assert abs(sum(answer.values()) - 1) < 1e-5


def test_words_that_it_never_saw_are_no_reason_for_a_kind(head: DocumentHead) -> None:
    assert head.sure_label(head.predict("qwerty asdf")) in (None, "none")


def test_feature_strings_count_beside_words(head: DocumentHead) -> None:
    words = "winter street tenant"
    assert head.predict(words, ["has rent"])["lease"] > head.predict(words)["lease"]


def test_order_and_repetition_of_feature_strings_do_not_matter(head: DocumentHead) -> None:
    assert head.predict("rent", ["a", "b", "a"]) == head.predict("rent", ["b", "a"])


def test_figures_are_of_folds_that_were_left_out(fitted: Fitted) -> None:
    assert fitted.quality["texts"] == 90
    assert float(fitted.quality["accuracy"]) > 0.9
    assert set(fitted.quality) >= {"recall_lease", "accuracy_en", "kept_precision"}


def test_labels_that_nothing_tells_apart_are_never_sure() -> None:
    chance = np.random.default_rng(5)
    noise = [
        Example(" ".join(chance.choice(WORDS["none"].split(), 12)), "ab"[n % 2], f"{n}") for n in range(200)
    ]
    made = fit(noise, SMALL)
    probabilities = softmax(made.logits / made.temperature)
    assert (probabilities.max(axis=1) >= made.abstain_below).mean() < 0.05


def test_invented_examples_are_learned_from_and_not_measured() -> None:
    invented = [Example("velvet anvil", "craft", f"craft {n}", measured=False) for n in range(20)]
    made = fit([*examples(), *invented], SMALL)
    assert made.quality["texts"] == 90
    assert "craft" in made.labels and "recall_craft" not in made.quality


def test_groups_are_dealt_out_whole_and_evenly() -> None:
    folds = [fold_of(f"service {n}") for n in range(1000)]
    assert set(folds) == set(range(FOLDS))
    assert all(0.75 < folds.count(fold) * FOLDS / 1000 < 1.25 for fold in range(FOLDS))


def test_rare_labels_weigh_more_with_balance() -> None:
    made = [Example("x", "often", "g")] * 90 + [Example("x", "rare", "h")] * 10
    assert len(set(weigh(made, 0.0).tolist())) == 1
    equal = weigh(made, 1.0)
    assert equal[:90].sum() == pytest.approx(equal[90:].sum())


def test_one_label_is_no_question() -> None:
    with pytest.raises(ValueError, match="two labels"):
        fit([Example("a b", "x", f"{n}") for n in range(20)], SMALL)


def test_same_examples_give_the_same_weights(fitted: Fitted, tmp_path: Path) -> None:
    again = fit(examples(), SMALL)
    assert np.array_equal(again.weights, fitted.weights)
    write(tmp_path / "what", again, "what_is_it", ABOUT, FACTS)
    assert read(tmp_path / "what").name == "what"
