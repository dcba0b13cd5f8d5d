"""Terms add what the words say, know where it stands, and are what the training fits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docassay.models.lexical_weights import LexicalWeights, count_tokens, from_arrays, keys_of, to_arrays
from docassay.train import lexical_weights
from docassay.train.encode import Encoded
from docassay.train.heads import Head, probabilities

ids = st.lists(st.integers(0, 9), max_size=20)


def some(labels: int = 3) -> LexicalWeights:
    """Know the tokens 0 to 6, and half of their pairs."""
    chance = np.random.default_rng(0)
    pairs = [first * 65536 + second for first in range(1, 7, 2) for second in range(7)]
    keys = np.array(sorted([*range(7), *pairs]), np.uint32)
    return LexicalWeights(
        keys,
        chance.uniform(1, 3, len(keys)).astype(np.float32),
        chance.integers(-127, 128, (len(keys), labels)).astype(np.int8),
        chance.uniform(0.01, 0.02, labels).astype(np.float32),
    )


def by_hand(terms: LexicalWeights, row: list[int]) -> np.ndarray:  # type: ignore[type-arg]
    """Count terms one by one."""
    names = [*row, *(a * 65536 + b for a, b in pairwise(row))]
    place = {int(key): n for n, key in enumerate(terms.keys)}
    values = {n: (1 + np.log(names.count(n))) * terms.rarity[place[n]] for n in set(names) if n in place}
    length = np.sqrt(sum(value**2 for value in values.values())) or 1.0
    logits = np.zeros(len(terms.scale))
    for name, value in values.items():
        logits += value / length * terms.weight[place[name]] * terms.scale
    return logits


@given(st.lists(ids, max_size=5))
@settings(max_examples=60, deadline=None)
def test_logits_are_those_counted_by_hand(rows: list[list[int]]) -> None:
    terms = some()
    assert np.allclose(
        terms.logits(count_tokens(rows)), np.array([by_hand(terms, row) for row in rows]).reshape(-1, 3)
    )


@given(ids, st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_shares_of_the_tokens_sum_to_the_logit(row: list[int], label: int) -> None:
    terms = some()
    shares = terms.shares(row, count_tokens([row]), np.eye(3)[label])
    assert shares.shape == (len(row),)
    assert np.isclose(shares.sum(), terms.logits(count_tokens([row]))[0, label])


def test_a_row_is_answered_alike_whatever_stands_beside_it() -> None:
    terms, row = some(), [1, 2, 3, 3, 6]
    assert (
        terms.logits(count_tokens([row]))[0] == terms.logits(count_tokens([[5, 5], row, [], [9]]))[1]
    ).all()


@given(st.lists(ids, min_size=1, max_size=6), st.data())
@settings(max_examples=60, deadline=None)
def test_some_of_the_texts_are_as_those_alone(rows: list[list[int]], data: st.DataObject) -> None:
    chosen = sorted(data.draw(st.sets(st.integers(0, len(rows) - 1))))
    kept, alone = count_tokens(rows).only(chosen), count_tokens([rows[n] for n in chosen])
    assert kept.texts == alone.texts
    for one, other in ((kept.text, alone.text), (kept.keys, alone.keys), (kept.log_count, alone.log_count)):
        assert one.tolist() == other.tolist()


def test_pairs_are_told_from_tokens_and_from_their_reverse() -> None:
    one, two = keys_of([1, 2, 1])
    assert len({*one.tolist(), *two.tolist()}) == 4
    found = count_tokens([[], [4, 4]])
    assert found.text.tolist() == [1, 1]
    assert found.keys.tolist() == [4, 4 * 65536 + 4]
    assert found.log_count.tolist() == pytest.approx([1 + np.log(2), 1])


def test_arrays_are_read_as_written_and_refused_where_they_do_not_fit() -> None:
    arrays = to_arrays("topic", some())
    again = from_arrays("topic", arrays)
    assert again is not None
    assert (again.logits(count_tokens([[1, 2]])) == some().logits(count_tokens([[1, 2]]))).all()
    assert from_arrays("other", arrays) is None
    for name, array, why in (
        ("term_rarity", np.ones(2), "fit together"),
        ("term_weight", np.zeros((2, 3)), "fit together"),
        ("terms", np.array([], np.uint32), "fit together"),
        ("terms", some().keys[::-1], "not sorted"),
    ):
        with pytest.raises(ValueError, match=why):
            from_arrays("topic", arrays | {f"topic.{name}": array})
    with pytest.raises(KeyError):
        from_arrays("topic", {"topic.terms": some().keys})


def texts(count: int, kind: str, seed: int) -> tuple[list[list[int]], np.ndarray]:  # type: ignore[type-arg]
    """Write texts of noise in which the token 20 + n speaks for the label n."""
    chance = np.random.default_rng(seed)
    gold = (
        np.eye(3, dtype=np.int64)[chance.integers(0, 3, count)]
        if kind == "single"
        else chance.integers(0, 2, (count, 3))
    )
    rows = [[*chance.integers(0, 20, 12).tolist(), *(20 + np.flatnonzero(own)).tolist()] for own in gold]
    return rows, gold


@pytest.mark.parametrize("kind", ["single", "multi"])
def test_terms_are_added_where_states_know_less(kind: str) -> None:
    rows, gold = texts(300, kind, 0)
    fitted = lexical_weights.fit(kind, rows, gold)  # type: ignore[arg-type]
    assert fitted is not None
    tune, truth = texts(120, kind, 1)
    blind = Encoded(np.random.default_rng(2).normal(size=(120, 4)).astype(np.float32), tune)
    head = Head(kind, ("a", "b", "c"), np.ones((3, 4), np.float32), np.zeros(3, np.float32))  # type: ignore[arg-type]
    mixed, worth = lexical_weights.beside(head, fitted, blind, truth)
    assert mixed.terms is not None
    assert worth > 0.2
    test, right = texts(120, kind, 3)
    sure = probabilities(mixed.kind, mixed.logits(Encoded(blind.states, test)))
    assert (np.abs(sure - right) < 0.5).all(axis=1).mean() > 0.9


@pytest.mark.parametrize("kind", ["single", "multi"])
def test_terms_that_say_nothing_new_are_left_out(kind: str) -> None:
    rows, _ = texts(300, kind, 0)
    _, other = texts(300, kind, 4)
    fitted = lexical_weights.fit(kind, rows, other)  # type: ignore[arg-type]
    tune, truth = texts(120, kind, 1)
    head = Head(kind, ("a", "b", "c"), 4 * np.eye(3, dtype=np.float32), np.full(3, -2, np.float32))  # type: ignore[arg-type]
    same, worth = lexical_weights.beside(head, fitted, Encoded(truth.astype(np.float32), tune), truth)
    assert same is head
    assert worth <= 0


def test_no_term_in_two_texts_or_a_vocabulary_too_large_gives_none() -> None:
    gold = np.eye(2, dtype=np.int64)
    assert lexical_weights.fit("single", [[1], [2]], gold) is None
    assert lexical_weights.fit("single", [[1, 70_000], [1]], gold) is None
