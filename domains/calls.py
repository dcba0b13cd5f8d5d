"""Calls: functions of domains and overlays that did not come with docassay.

`plug_in` says what runs them: `transforms.isolation.calls` does it in a worker, so that a function that never
returns costs its document alone. Where nothing is plugged in they are called like any other.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NamedTuple

from docassay.schemas.errors import DomainError

CallKind = Literal["matcher", "detail", "compares", "split", "facts"]
"""What a function is for, which tells what it returns: spans, a text, `rules.Compared`, `outline.Part`,
`facts.Found`."""


class Call(NamedTuple):
    """A function of a domain's or overlay's folder.

    Attributes:
        domain: The name of the domain or overlay.
        folder: Its folder.
        name: The function's, as rules call it.
        kind: What it is for.
    """

    domain: str
    folder: str
    name: str
    kind: CallKind


Runner = Callable[[Call, Any, tuple[Any, ...]], Any]
"""Runs a call with a rule's input and what else the function takes."""


class CallError(Exception):
    """A function raised, or ended its process; the message has no word of the document."""


class _Waiting(threading.local):
    seconds = 0.0


_waiting = _Waiting()
_runner: Runner | None = None


def plug_in(runner: Runner) -> None:
    """Have calls run by a runner from now on."""
    global _runner
    _runner = runner


def seconds_waited() -> float:
    """Give the seconds that this thread has waited for runners, which are no processor time of its own."""
    return _waiting.seconds


def function_of(module: ModuleType | None, name: str, kind: CallKind, checked: bool = True) -> Any:
    """Find a function that a rule calls; one of a folder outside docassay goes through the runner.

    Args:
        module: The package of the domain or overlay.
        name: As the rule calls it, see `resolve`.
        kind: What it is for.
        checked: Look it up now; else one of a shipped domain is imported when it is first called.

    Returns:
        The function, or None where there is none.

    Raises:
        DomainError: The module that it is in cannot be imported.
    """
    if module is None or not module.__file__:
        return None
    folder = Path(module.__file__).parent
    is_shipped = folder.parent == Path(__file__).parent
    if is_shipped and not checked:
        return _later(module, name)
    function = resolve(module, name)
    if function is None or is_shipped:
        return function
    call = Call(module.__name__.rpartition(".")[2], str(folder), name, kind)

    @wraps(function)
    def run(rule_input: Any, *more: Any) -> Any:
        if _runner is None:
            return function(rule_input, *more)
        began = time.monotonic()
        try:
            return _runner(call, rule_input, more)
        finally:
            _waiting.seconds += time.monotonic() - began

    return run


def _later(package: ModuleType, name: str) -> Any:
    found = cache(lambda: resolve(package, name))

    def function(*arguments: Any) -> Any:
        return found()(*arguments)

    function.__module__, _, function.__name__ = f"{package.__name__}.{name}".rpartition(".")
    return function


def split_of(module: ModuleType) -> Any:
    """Find what splits the documents of a domain: `split` of its package, or of a shipped one's `split.py`.

    Returns:
        The function, or None where there is none.
    """
    folder = Path(module.__file__ or "").parent
    if folder.parent == Path(__file__).parent:
        found = (folder / "split.py").is_file()
        return function_of(module, "split.split", "split", checked=False) if found else None
    return function_of(module, "split", "split")


def resolve(package: ModuleType, name: str) -> Any:
    """Find a function of a domain's package by the name that a rule calls; None where there is none.

    Args:
        package: The domain's, or the overlay's.
        name: ``NAME`` of its ``__init__.py``, ``MODULE.NAME``, or ``DOMAIN.MODULE.NAME`` of another domain.

    Raises:
        DomainError: The module that it is in cannot be imported.
    """
    within, _, function = name.rpartition(".")
    if not within:
        return getattr(package, function, None)
    packages = (package.__name__, "docassay.domains") if "." in within else (package.__name__,)
    for module in (f"{one}.{within}" for one in packages):
        try:
            return getattr(importlib.import_module(module), function, None)
        except ModuleNotFoundError as error:
            if not module.startswith(str(error.name)):
                raise DomainError(f"{module}: {error}") from error
        except Exception as error:
            raise DomainError(f"{module}: {type(error).__name__}: {error}") from error
    return None


def module_of(name: str, folder: Path) -> ModuleType:
    """Import the code of a domain's or overlay's folder.

    Raises:
        DomainError: There is none, or it cannot be imported; the message has the line.
    """
    if folder.parent == Path(__file__).parent:
        return importlib.import_module(f"docassay.domains.{name}")
    if not (folder / "__init__.py").is_file():
        raise DomainError(f"{folder}: __init__.py is missing; an empty file will do")
    spec = importlib.util.spec_from_file_location(
        f"docassay.domains.{name}", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec and spec.loader  # a .py file that exists always has both
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[spec.name]
        raise DomainError(f"{_location(error, folder)}: {type(error).__name__}: {error}") from error
    return module


def _location(error: Exception, folder: Path) -> str:
    """Name the file of a domain and the line at which its import failed."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    stack = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in stack if Path(frame.filename).is_relative_to(folder)]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(folder / "__init__.py")
