"""Sources of documents: files for a batch (`files`), unbounded sources for a stream.

The scheme of its address tells a stream's source. To add one, write a module with a class that implements
`StreamSource`, and add a line to `SOURCES`.
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
"""By scheme: the module in this package and its class; a folder has no scheme."""


class StreamSettings(Protocol):
    """The settings of a stream that its source needs; see `pipelines.stream_graph.Stream`."""

    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def out(self) -> str: ...  # noqa: D102
    @property
    def text_column(self) -> str: ...  # noqa: D102
    @property
    def follow_links(self) -> bool: ...  # noqa: D102
    @property
    def lateness(self) -> float: ...  # noqa: D102
    @property
    def allow(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def group(self) -> str: ...  # noqa: D102
    @property
    def expansion(self) -> str | None: ...  # noqa: D102


class StreamSource(Protocol):
    """The protocol of an unbounded source.

    Where the runner has workers of its own, only `check` and `read` are called, and its checkpoints keep the
    position. Where this process reads and publishes, `start` is called before `read`, then `commit` every now
    and then from one thread, and `close` at the end.
    """

    def check(self) -> None:
        """Refuse an invalid address, without connecting to a broker.

        Raises:
            InputError: The address is not valid, or names no folder.
        """

    def start(self, service: Callable[[], str] | None = None) -> None:
        """Look the source up and start the services that reading it in this process needs.

        Args:
            service: Waits for the expansion service of Kafka's connector, where one has been started already.

        Raises:
            InputError: It does not exist or cannot be reached.
            MissingError: A program, jars or an extra are not installed.
            ServiceError: A service does not start.
        """

    def read(self) -> beam.PTransform:
        """Give the transform to ``Source | Reject``, whose elements have the event time as timestamp."""

    def commit(self) -> None:
        """Commit the position up to which rows are published, according to `pipelines.sources.ledger`."""

    def caught_up(self) -> bool:
        """Tell whether everything that the source has for now was read, as far as that can be known."""

    def close(self) -> None:
        """Stop what `start` has started."""


def open_source(settings: StreamSettings) -> StreamSource:
    """Make the source that an address names, without checking it; its module is imported now.

    Raises:
        InputError: The scheme is not known.
    """
    scheme, separator, _ = settings.source.partition("://")
    if (entry := SOURCES.get(scheme if separator else "")) is None:
        raise InputError(
            f"{settings.source}: SOURCE is a folder, kafka://BROKER/TOPIC or pubsub://PROJECT/NAME"
        )
    module, class_name = entry
    source: StreamSource = getattr(importlib.import_module(f"{__name__}.{module}"), class_name)(settings)
    return source
