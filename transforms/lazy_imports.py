"""Lazy imports: leave out, or put off, what a library imports although nothing here uses it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(name: str) -> Iterator[None]:
    """Make a package look as if it were not installed, unless it has been imported already.

    Beam and spaCy import PyTorch where they find it, which takes seconds in every worker.

    >>> with without("this"):
    ...     import this
    Traceback (most recent call last):
    ModuleNotFoundError: import of this halted; None in sys.modules
    """
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


def later(name: str) -> None:
    """Put off the import of a module until something of it is first used.

    Great Expectations imports SciPy's statistics for two expectations that nothing here uses, which takes a
    third of its own import.
    """
    package, _, last = name.rpartition(".")
    parent = importlib.import_module(package)
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is None or spec.loader is None:  # imported already, or not installed
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    setattr(parent, last, module)
