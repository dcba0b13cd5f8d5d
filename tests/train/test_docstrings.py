"""Examples in docstrings hold, also in the modules that need the extra `train`."""

import doctest
import pkgutil
from importlib import import_module
from types import ModuleType

import pytest

pytest.importorskip("torch")

from docassay.models import adopt
from docassay.train import full

pytestmark = pytest.mark.training


def modules(package: ModuleType) -> list[str]:
    return sorted(found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."))


@pytest.mark.parametrize("name", [*modules(adopt), *modules(full)])
def test_examples_in_docstrings(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_no_module_is_passed_over() -> None:
    assert {"docassay.models.adopt.generators", "docassay.train.full.finetune"} <= {
        *modules(adopt),
        *modules(full),
    }
