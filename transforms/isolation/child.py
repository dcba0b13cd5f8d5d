"""What runs in a worker's process: the loop that answers its parent's requests.

A function that runs so takes a `Request`, and returns a value that `frames` can pack, or yields several. The
parent is told what it gets with each: ``ready``, once; an ``item`` that was yielded, after which the child
waits until the parent wants the next; a ``call`` that the parent answers; or the end of a request, ``done``,
``refused`` (the reason and the detail of a reject) or an ``error`` that no document is to blame for.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import signal
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from docassay.schemas.errors import DocassayError
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.isolation.frames import SIZE, packed, unpacked
from docassay.transforms.temporary import lack_of

ALARM_SECONDS = 10
"""Seconds beyond those of a request after which a child ends itself, since its parent must have died."""


class Request(NamedTuple):
    """What a function is asked.

    Attributes:
        asked: What the parent sent.
        limits: Those of the worker.
        parent: Answers calls while the function runs.
    """

    asked: Any
    limits: Limits
    parent: Parent


class _ParentGone(BaseException):
    """The parent has closed the pipe; no function may go on."""


class Parent:
    """The other side of the pipes."""

    def __init__(self, requests: IO[bytes], responses: IO[bytes]) -> None:
        """Take the pipes."""
        self.limits = Limits()
        self._requests = requests
        self._responses = responses

    def call(self, asked: Any) -> Any:
        """Have the parent answer a call; the wait does not count as time of this process."""
        self.tell("call", asked)
        answer = self.receive()
        signal.setitimer(signal.ITIMER_REAL, self.limits.seconds + ALARM_SECONDS)
        return answer

    def give(self, item: Any) -> None:
        """Give the parent an item, and wait until it wants the next, which has the time of a request."""
        self.tell("item", item)
        self.receive()
        begin(self.limits)

    def tell(self, what: str, value: Any = None) -> None:
        """Tell the parent something, and stop the clock of the request."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        content = packed([what, value])
        self._responses.writelines([SIZE.pack(len(content)), content])
        self._responses.flush()

    def receive(self) -> Any:
        """Wait for what the parent sends next."""
        return unpacked(self._take(*SIZE.unpack(self._take(SIZE.size))))

    def _take(self, size: int) -> bytes:
        content = self._requests.read(size)
        if len(content) < size:
            raise _ParentGone
        return content


def serve(requests_from: int, responses_to: int) -> None:
    """Answer requests until the pipe ends.

    The first message is no request but has the name of the function, the limit of memory (a name in
    `resource`) and the limits. The folder of temporary files is deleted at the end.

    Args:
        requests_from: Descriptor of the pipe from the parent.
        responses_to: Descriptor of the pipe to the parent.
    """
    for descriptor in (requests_from, responses_to):
        os.set_inheritable(descriptor, False)
    parent = Parent(os.fdopen(requests_from, "rb"), os.fdopen(responses_to, "wb"))
    with contextlib.suppress(_ParentGone, BrokenPipeError):
        function, memory, fields = parent.receive()
        limits = parent.limits = Limits(**fields)
        restrict(memory, limits)
        module, _, name = function.partition(":")
        run = getattr(importlib.import_module(module), name)
        parent.tell("ready")
        while True:
            asked = parent.receive()
            begin(limits)
            _answer(run, Request(asked, limits, parent))
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


def _answer(run: Any, request: Request) -> None:
    """Run a function on a request; tell the parent what it gives, and at last how it ended."""
    parent = request.parent
    try:
        response = run(request)
        if isinstance(response, Iterator):
            for item in response:
                parent.give(item)
            response = None
        parent.tell("done", response)
    except MemoryError:
        parent.tell("refused", ["out_of_memory", too_much_memory(request.limits)])
    except DocassayError as error:
        parent.tell("error", str(error))
    except Exception as error:
        if lack := lack_of(error):
            parent.tell("error", f"documents cannot be read on this machine: {lack}")
        elif isinstance(error, Unusable):
            parent.tell("refused", [error.reason, error.detail])
        else:
            line = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            parent.tell("refused", ["crashed", f"the reader failed: {line}"])


def restrict(memory: str, limits: Limits) -> None:
    """Limit the memory of this process, once."""
    import resource

    with contextlib.suppress(ValueError, OSError):  # macOS does not keep this limit
        resource.setrlimit(getattr(resource, memory), (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def begin(limits: Limits) -> None:
    """Limit the processor time of what follows, by moving the soft limit."""
    import resource

    spent = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(spent.ru_utime + spent.ru_stime + limits.seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_REAL, limits.seconds + ALARM_SECONDS)


def too_much_memory(limits: Limits) -> str:
    """Say that a request needed too much memory."""
    return f"parsing needed more than {limits.memory_bytes:,} bytes of memory"
