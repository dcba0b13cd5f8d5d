"""Examples in docstrings hold."""

import doctest
import pkgutil
from importlib import import_module
from types import ModuleType

import pytest

import research

pytestmark = pytest.mark.training
pytest.importorskip("torch")


def modules(package: ModuleType) -> list[str]:
    """List the modules below a package that do nothing when they are imported."""
    return sorted(
        module.name
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not module.name.endswith("__main__")
    )


@pytest.mark.parametrize("name", modules(research))
def test_examples_in_docstrings(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_no_module_is_passed_over() -> None:
    assert {"research.benchmarks.throughput", "research.encoder.commands"} <= set(modules(research))
