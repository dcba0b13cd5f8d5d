"""What runs in a worker's process: the loop that answers its parent's requests.

A function that runs so takes a `Request`, and returns a `Message` or yields several. The head of a message to
the parent begins with what it is: ``ready``, once; an ``item`` that was yielded, after which the child waits
until the parent wants the next; a ``call`` that the parent answers; or the end of a request, ``done``,
``refused`` (the reason and the detail of a reject) or an ``error`` that no document is to blame for.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple

from docassay.schemas.errors import DocassayError
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.isolation import frames
from docassay.transforms.isolation.frames import Message
from docassay.transforms.temporary import lack_of

ALARM_SECONDS = 10
"""Seconds beyond those of a request after which a child ends itself, since its parent must have died."""


class Request(NamedTuple):
    """What a function is asked.

    Attributes:
        head: Anything that JSON can write.
        blocks: Bytes that belong to it.
        limits: Those of the worker.
        parent: Answers calls while the function runs.
    """

    head: Any
    blocks: Sequence[bytes]
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

    def call(self, head: Any) -> Message:
        """Have the parent answer a call; the wait does not count as time of this process."""
        answer = self._exchange("call", Message(head))
        signal.setitimer(signal.ITIMER_REAL, self.limits.seconds + ALARM_SECONDS)
        return answer

    def give(self, item: Message) -> None:
        """Give the parent an item, and wait until it wants the next, which has the time of a request."""
        self._exchange("item", item)
        begin(self.limits)

    def tell(self, what: str, message: Message) -> None:
        """Tell the parent something, and stop the clock of the request."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._responses.writelines(frames.pieces(Message([what, message.head], message.blocks)))
        self._responses.flush()

    def receive(self) -> Message:
        """Wait for the parent's next message."""
        return frames.read(self._take)

    def _exchange(self, what: str, message: Message) -> Message:
        self.tell(what, message)
        return self.receive()

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
        function, memory, fields = parent.receive().head
        limits = parent.limits = Limits(**fields)
        restrict(memory, limits)
        module, _, name = function.partition(":")
        run = getattr(importlib.import_module(module), name)
        parent.tell("ready", Message())
        while True:
            request = parent.receive()
            begin(limits)
            _answer(run, Request(*request, limits, parent))
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


def _answer(run: Any, request: Request) -> None:
    """Run a function on a request; tell the parent what it gives, and at last how it ended."""
    parent = request.parent
    try:
        response = run(request)
        if isinstance(response, Iterator):
            for item in response:
                parent.give(item)
            response = Message()
        parent.tell("done", response)
    except MemoryError:
        parent.tell("refused", Message(["out_of_memory", too_much_memory(request.limits)]))
    except DocassayError as error:
        parent.tell("error", Message(str(error)))
    except Exception as error:
        if lack := lack_of(error):
            parent.tell("error", Message(f"documents cannot be read on this machine: {lack}"))
        elif isinstance(error, Unusable):
            parent.tell("refused", Message([error.reason, error.detail]))
        else:
            line = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            parent.tell("refused", Message(["crashed", f"the reader failed: {line}"]))


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
