"""Parameters of tests that take long: some of a family are quick, the others are marked slow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def quick_first(number: int, values: Iterable[Any]) -> list[Any]:
    """Keep the first parameters of a family in the quick set and mark the others slow."""
    return [
        value
        if n < number
        else pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.slow)
        for n, value in enumerate(values)
    ]
