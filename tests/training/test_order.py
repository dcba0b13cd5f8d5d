"""Steps between labels are learnt from documents, and used where they help."""

import numpy as np

from training import order
from training.corpora import Example

LABELS = ("business", "risks")


def filing(name: str, split: str, business: int = 6, risks: int = 6) -> list[Example]:
    """Write a document of so many paragraphs on the business, then on risks."""
    return [
        Example("item", f"{name} {n}", (LABELS[n >= business],), split, document=name)  # type: ignore[arg-type]
        for n in range(business + risks)
    ]


def doubtful(examples: list[Example], wrong: float) -> np.ndarray:
    """Answer with .7 for a label, which is the wrong one for a share of the texts."""
    chance = np.random.default_rng(0)
    gold = np.array([LABELS.index(example.labels[0]) for example in examples])
    said = np.where(chance.random(len(gold)) < wrong, 1 - gold, gold)
    return np.eye(2)[said] * 0.4 + 0.3


def test_the_order_of_documents_mends_single_texts() -> None:
    train = [example for n in range(20) for example in filing(f"t{n}", "train")]
    tune = [example for n in range(5) for example in filing(f"v{n}", "validation")]
    learnt = order.learn(LABELS, train, tune, doubtful(tune, 0.25))
    assert learnt is not None
    assert learnt.follows[0, 1] < 0.3 and learnt.follows[1, 0] < 0.05
    assert learnt.first[0] > 0.9
    test = [example for n in range(10) for example in filing(f"x{n}", "test", 4, 9)]
    gold = np.array([LABELS.index(example.labels[0]) for example in test])
    alone = doubtful(test, 0.25)
    within = order.along(learnt, test, alone)
    assert (alone.argmax(axis=1) == gold).mean() < 0.85
    assert (within.argmax(axis=1) == gold).mean() > 0.9


def test_documents_whose_texts_stand_mixed_are_read_apart() -> None:
    first, second = filing("a", "train"), filing("b", "train")
    mixed = [example for pair in zip(first, second, strict=True) for example in pair]
    assert order.documents(mixed) == [list(range(0, 24, 2)), list(range(1, 24, 2))]


def test_nothing_is_learnt_without_documents_or_gain() -> None:
    loose = [Example("item", str(n), (LABELS[n % 2],), "train") for n in range(10)]
    assert order.learn(LABELS, loose, loose, doubtful(loose, 0.2)) is None
    train = [example for n in range(20) for example in filing(f"t{n}", "train")]
    both = filing("v", "validation")
    tune = [
        example for pair in zip(both[:6], both[6:], strict=True) for example in pair
    ]  # as none of train is
    sure = np.eye(2)[[LABELS.index(example.labels[0]) for example in tune]] * 0.98 + 0.01
    assert order.learn(LABELS, train, tune, sure) is None
