"""Engine: products of states that are the same to the bit whatever is computed beside them."""

from __future__ import annotations

import numpy as np
import pytest

from docassay.models.engine import ExactMatrix, exact_matmul


@pytest.mark.parametrize("width", [3, 196, 384, 2_000])
def test_rounded_weights_give_each_row_the_same_bits_alone_and_in_company(width: int) -> None:
    chance = np.random.default_rng(width)
    rows = chance.normal(size=(120, width)).astype(np.float32)
    weights = chance.normal(size=(96, width)).astype(np.float32)
    whole = ExactMatrix(weights).matmul(rows)
    for at in (slice(0, 1), slice(7, 12), slice(50, 120), slice(None, None, -1)):
        assert (ExactMatrix(weights).matmul(rows[at]) == whole[at]).all()
    order = chance.permutation(width)
    assert (ExactMatrix(weights[:, order]).matmul(rows[:, order]) == whole).all()
    exact = exact_matmul(rows, weights)
    assert np.abs(whole - exact).mean() < 0.01 * np.abs(exact).mean() + 0.01 * np.sqrt(width)


def test_the_largest_sum_is_still_exact_and_nothing_is_divided_by_nought() -> None:
    width = 384
    ones = np.ones((2, width), np.float32)
    assert ExactMatrix(ones).matmul(-ones) == pytest.approx(np.full((2, 2), -width), rel=1e-6)
    assert (ExactMatrix(np.zeros((3, width), np.float32)).matmul(np.zeros((0, width), np.float32))).shape == (
        0,
        3,
    )
    assert not ExactMatrix(np.zeros((3, width), np.float32)).matmul(np.zeros((4, width), np.float32)).any()
