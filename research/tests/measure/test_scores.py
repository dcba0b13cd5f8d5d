"""Errors by chance, and the risk of what is kept, on small arrays."""

import numpy as np
import pytest

from research.measure import scores


def test_chance_alone_makes_an_error_that_falls_with_the_texts() -> None:
    few, many = np.full((60, 1), 0.5), np.full((6000, 1), 0.5)
    assert 0.1 < scores.unavoidable_error("multi", few) < 0.3
    assert scores.unavoidable_error("multi", many) < 0.03


def test_keeping_the_surest_lowers_the_risk() -> None:
    sure, right = np.array([0.9, 0.8, 0.7, 0.6]), np.array([1.0, 1.0, 0.0, 0.0])
    assert scores.coverage(sure, right) == [(0.25, 0.0), (0.5, 0.0), (0.75, pytest.approx(1 / 3)), (1.0, 0.5)]
