"""Examples in the docstrings of `training/` and `benchmarks/` hold; some modules need the extra `train`."""

import doctest
import pkgutil
from importlib import import_module
from types import ModuleType

import pytest

from docassay import benchmarks, training

pytestmark = pytest.mark.training
pytest.importorskip("torch")


def modules(package: ModuleType) -> list[str]:
    """List the modules below a package that do nothing when they are imported."""
    return sorted(
        module.name
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not module.name.endswith("__main__")
    )


@pytest.mark.parametrize("name", [*modules(benchmarks), *modules(training)])
def test_examples_in_docstrings(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_no_module_is_passed_over() -> None:
    names = {*modules(benchmarks), *modules(training)}
    assert {"docassay.benchmarks.corpus", "docassay.training.custom.full.finetune"} <= names
