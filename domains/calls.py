"""Calls: functions of domains and overlays that did not come with docassay.

`plug_in` says what runs them: `transforms.isolation.calls` does it in a worker, so that a function that never
returns costs its document alone. Where nothing is plugged in they are called like any other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NamedTuple

CallKind = Literal["matcher", "detail", "compares", "split"]
"""What a function is for, which tells what it returns: spans, a text, `rules.Compared`, `outline.Part`."""


class Call(NamedTuple):
    """A function of a domain's or overlay's folder.

    Attributes:
        domain: The name of the domain or overlay.
        folder: Its folder.
        name: The function's name.
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


def function_of(module: ModuleType | None, name: str, kind: CallKind) -> Any:
    """Find a function of a domain's module; one of a folder outside docassay goes through the runner.

    Returns:
        The function, or None where there is none.
    """
    function = getattr(module, name, None)
    if module is None or function is None or not module.__file__:
        return function
    folder = Path(module.__file__).parent
    if folder.parent == Path(__file__).parent:
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
