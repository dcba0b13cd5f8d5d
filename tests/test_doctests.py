"""Every example in a docstring of what the wheel holds is run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import docassay

APART = ("docassay.models.adopt", "docassay.train.full")
"""Not below these: their modules import what the extra `train` brings; see tests/train/test_docstrings.py."""

MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(docassay.__path__, "docassay.")
    if not found.name.startswith(APART) and not found.name.endswith("__main__")
)


@pytest.mark.parametrize("folder", sorted({name.split(".")[1] for name in MODULES}))
def test_examples_in_docstrings(folder: str) -> None:
    modules = [name for name in MODULES if name.split(".")[1] == folder]
    assert [name for name in modules if doctest.testmod(importlib.import_module(name)).failed] == []
