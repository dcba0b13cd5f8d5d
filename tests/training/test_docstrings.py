"""Examples in the docstrings of `training/` hold; some of its modules need the extra `train`."""

import doctest
import pkgutil
from importlib import import_module

import pytest

from docassay import training

pytestmark = pytest.mark.training
pytest.importorskip("torch")

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(training.__path__, "training.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
