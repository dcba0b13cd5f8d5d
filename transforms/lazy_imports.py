"""Lazy imports: leave out, or put off, what a library imports although nothing here uses it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from types import ModuleType


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Make packages look as if they were not installed, unless they have been imported already.

    Beam and spaCy import PyTorch where they find it, which takes seconds in every worker.

    >>> with without("this"):
    ...     import this
    Traceback (most recent call last):
    ModuleNotFoundError: No module named 'this'
    """
    finder = _Hiding(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def replaced(name: str, **attributes: object) -> Iterator[None]:
    """Put an empty module with some attributes in the place of one that an import names and never uses.

    >>> with replaced("this", s="empty"):
    ...     from this import s
    >>> s
    'empty'
    """
    if name in sys.modules:
        yield
        return
    sys.modules[name] = module = ModuleType(name)
    vars(module).update(attributes)
    try:
        yield
    finally:
        del sys.modules[name]


class _Hiding(MetaPathFinder):
    """A finder that is asked first and finds that some packages are not there."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, name: str, *_: object) -> None:
        """Raise for the packages that are hidden, and leave others to the next finder."""
        if name in self._names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


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
