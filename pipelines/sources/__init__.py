"""Where documents come from: files for a batch (`files`), sources that do not end for a stream.

A stream's source is told by the scheme of its address. A further one is one module, with a class of the shape
of `StreamSource`, and one line in `SOURCES`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from docassay.schemas.errors import InputError

if TYPE_CHECKING:
    import apache_beam as beam

SOURCES = {
    "": ("folder", "FolderSource"),
    "kafka": ("kafka", "KafkaSource"),
    "pubsub": ("pubsub", "PubSubSource"),
}
"""By scheme: the module here and its class; a folder has no scheme."""


class StreamSettings(Protocol):
    """What a source is told of the stream; see `pipelines.stream_graph.Stream`."""

    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def out(self) -> str: ...  # noqa: D102
    @property
    def text_column(self) -> str: ...  # noqa: D102
    @property
    def lateness(self) -> float: ...  # noqa: D102
    @property
    def allow(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def group(self) -> str: ...  # noqa: D102
    @property
    def expansion(self) -> str | None: ...  # noqa: D102


class StreamSource(Protocol):
    """A source that does not end.

    Where a runner has workers of its own only `check` and `read` are called, and its checkpoints keep the
    position. Where this process reads and publishes, `start` comes before `read`; then `commit` is called now
    and then, from one thread, and `close` at the end.
    """

    def check(self) -> None:
        """Refuse an address that is none, without asking a broker.

        Raises:
            InputError: See there.
        """

    def start(self, service: Callable[[], str] | None = None) -> None:
        """Look the source up and start what reading it in this process needs.

        Args:
            service: Waits for the expansion service of Kafka's connector, where one has been started already.

        Raises:
            InputError: It does not exist or cannot be reached.
            MissingError: A program, jars or an extra are not installed.
            ServiceError: A service that it needs does not start.
        """

    def read(self) -> beam.PTransform:
        """Give the transform to ``Source | Reject``, with the event time as the elements' timestamp."""

    def commit(self) -> None:
        """Commit the position up to where `pipelines.sources.ledger` says that rows are published."""

    def caught_up(self) -> bool:
        """Tell whether the source has nothing more for now, as far as it can be known."""

    def close(self) -> None:
        """Stop what `start` has started."""


def open_source(settings: StreamSettings) -> StreamSource:
    """Open the source that an address names, unchecked; its module is imported now.

    Raises:
        InputError: The scheme is not known.
    """
    scheme, separator, _ = settings.source.partition("://")
    if (found := SOURCES.get(scheme if separator else "")) is None:
        raise InputError(
            f"{settings.source}: SOURCE is a folder, kafka://BROKER/TOPIC or pubsub://PROJECT/NAME"
        )
    module, name = found
    opened: StreamSource = getattr(importlib.import_module(f"{__name__}.{module}"), name)(settings)
    return opened
