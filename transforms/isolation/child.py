"""What runs in a worker's process: the loop that answers its parent's requests.

A function that runs so takes a `Request`, and returns a value that can be `packed`, or yields several. The
parent is told what it gets with each: ``ready``, once; an ``item`` that was yielded, after which the child
waits until the parent wants the next; a ``call`` that the parent answers; or the end of a request, ``done``,
``refused`` (the reason and the detail of a reject) or an ``error`` that no document is to blame for.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import signal
import struct
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import accumulate, pairwise
from typing import IO, Any, NamedTuple

from docassay.schemas.errors import DocassayError
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.temporary import lack_of

SIZE = struct.Struct("<Q")


def packed(value: Any) -> bytes:
    r"""Write a value as bytes, for `unpacked`; nothing is pickled.

    It is anything that JSON can write, with bytes, times and dataclasses in it, of which the fields are
    written; arrays come back as tuples. What is written is the number of parts, the length of each (all in
    four bytes, lowest first), and the parts: the value in JSON, then its bytes, which stand there as
    ``{"bytes": 0}`` and so on. A message on the pipes is the length of that (`SIZE`), and that.

    >>> unpacked(packed({"a": [b"\0", "\udce9", None]}))
    {'a': (b'\x00', '\udce9', None)}

    Raises:
        TypeError: JSON cannot write it.
    """
    blocks: list[bytes] = []

    def named(thing: Any) -> Any:
        if isinstance(thing, bytes):
            blocks.append(thing)
            return {"bytes": len(blocks) - 1}
        if isinstance(thing, datetime):
            return {"time": thing.isoformat()}
        return [getattr(thing, field.name) for field in fields(thing)]

    head = json.dumps(value, ensure_ascii=False, default=named).encode("utf-8", "surrogatepass")
    numbers = [1 + len(blocks), len(head), *map(len, blocks)]
    return b"".join([struct.pack(f"<{len(numbers)}I", *numbers), head, *blocks])


def unpacked(content: bytes | bytearray) -> Any:
    """Read what `packed` wrote.

    Raises:
        LookupError, TypeError, ValueError, struct.error: It is nothing such.
        RecursionError: It is nested too deeply.
    """
    (number,) = struct.unpack_from("<I", content)
    sizes = struct.unpack_from(f"<{number}I", content, 4)
    view = memoryview(content)
    head, *blocks = (bytes(view[a:b]) for a, b in pairwise(accumulate(sizes, initial=4 + 4 * number)))
    return _read(json.loads(head), blocks)


def _read(value: Any, blocks: Sequence[bytes]) -> Any:
    if isinstance(value, list):
        return tuple(_read(one, blocks) for one in value)
    if not isinstance(value, dict):
        return value
    if value.keys() == {"bytes"}:
        return blocks[value["bytes"]]
    if value.keys() == {"time"}:
        return datetime.fromisoformat(value["time"])
    return {key: _read(one, blocks) for key, one in value.items()}


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


def allow_threads() -> None:
    """Lift the limit of processor time for this request: threads take more of it than the clock shows."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))


def too_much_memory(limits: Limits) -> str:
    """Say that a request needed too much memory."""
    return f"parsing needed more than {limits.memory_bytes:,} bytes of memory"
