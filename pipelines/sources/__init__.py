"""Sources of documents: files for a batch (`files`), unbounded sources for a stream.

The scheme of its address tells a stream's source. To add one, write a module with a subclass of
`StreamSource`, and add a line to `SOURCES`. Importing this module takes no time.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from docassay.schemas.errors import InputError

if TYPE_CHECKING:
    import apache_beam as beam

    from docassay.transforms.context import Options

SOURCES = {
    "": ("folder", "FolderSource"),
    "kafka": ("kafka", "KafkaSource"),
    "pubsub": ("pubsub", "PubSubSource"),
}
"""By scheme: the module in this package and its class; a folder has no scheme."""


def _options() -> Options:
    from docassay.transforms.context import Options  # which takes half a second

    return Options()


@dataclass(frozen=True, slots=True)
class Stream:
    """The request for a stream.

    Attributes:
        source: A folder, ``kafka://BROKER/TOPIC`` or ``pubsub://PROJECT/SUBSCRIPTION``.
        out: The output folder.
        window: Length of an event-time window, in seconds; a row waits half of it for others.
        lateness: How far an event time may lie behind the latest of its partition, in seconds.
        shards: Groups of files a window; each document belongs to one, by its `doc_id`.
        allow: Prefixes of the URIs that a message may name.
        group: Consumer group of Kafka, under which offsets are committed.
        expansion: Address of Beam's Java expansion service, for Kafka.
        results: ``kafka://BROKER/TOPIC`` for flags, failed findings and rejects, or None.
        acknowledge: Whether this process commits the position itself, once rows are published; otherwise
            the runner's checkpoints keep it.
        follow_links: Follow links to files in a folder that is watched.
        options: The options of the stages.
    """

    source: str
    out: str
    window: float = 2.0
    lateness: float = 3600.0
    shards: int = 1
    allow: tuple[str, ...] = ()
    group: str = "docassay"
    expansion: str | None = None
    results: str | None = None
    acknowledge: bool = False
    follow_links: bool = False
    options: Options = field(default_factory=_options)


class StreamSource:
    """The base of the unbounded sources, which has nothing to start and no position to commit.

    Where the runner has workers of its own, only `check` and `read` are called, and its checkpoints keep the
    position. Where this process reads and publishes, `start` is called before `read`, then `commit` every now
    and then from one thread, and `close` at the end.
    """

    def __init__(self, stream: Stream) -> None:
        """Take the stream."""
        self._stream = stream

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
        raise NotImplementedError

    def commit(self) -> None:
        """Commit the position up to which rows are published, according to `pipelines.sources.ledger`."""

    def caught_up(self) -> bool:
        """Tell whether everything that the source has for now was read, as far as that can be known.

        Here, whether it has been polled: then only silence counts.
        """
        from docassay.pipelines.sources.ledger import LEDGER

        return LEDGER.looked

    def close(self) -> None:
        """Stop what `start` has started."""


def open_source(stream: Stream) -> StreamSource:
    """Make the source that an address names, without checking it; its module is imported now.

    Raises:
        InputError: The scheme is not known.
    """
    scheme, separator, _ = stream.source.partition("://")
    if (entry := SOURCES.get(scheme if separator else "")) is None:
        raise InputError(
            f"{stream.source}: SOURCE is a folder, kafka://BROKER/TOPIC or pubsub://PROJECT/NAME"
        )
    module, class_name = entry
    source: StreamSource = getattr(importlib.import_module(f"{__name__}.{module}"), class_name)(stream)
    return source


def address_of(source: str, form: str) -> tuple[str, str]:
    """Split an address into what its two parts name, such as broker and topic.

    Args:
        source: The address.
        form: How it is written, for the error.

    >>> address_of("kafka://localhost:9092/mail", "kafka://BROKER:PORT/TOPIC")
    ('localhost:9092', 'mail')

    Raises:
        InputError: One of the two is missing.
    """
    parts = urlsplit(source)
    name = parts.path.strip("/")
    if not parts.netloc or not name or "/" in name:
        raise InputError(f"{source}: write {form}")
    return parts.netloc, name


def kafka_address(source: str) -> tuple[str, str]:
    """Split an address into broker and topic; raises what `address_of` does."""
    return address_of(source, "kafka://BROKER:PORT/TOPIC")
