"""Kafka: a topic as a source, by Beam's own connector, which is Java behind an expansion service.

The connector gives messages with their offsets; this process commits an offset only when every row
of what came before it is published (`pipelines.ledger`). A message's headers may hold `name`,
`media_type`, `event_time` and `uri`; its URI is ``kafka://TOPIC/PARTITION/OFFSET``.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import apache_beam as beam

from pipelines import expansion
from pipelines.ledger import LEDGER
from pipelines.receive import Message, ReceiveFn
from pipelines.sources import InputError

if TYPE_CHECKING:
    from pipelines.streaming import Stream

MOST_UNDER_WAY = 1_000
"""Messages that may be under way; the rest of a backlog stays at the broker."""


class ReadKafka(beam.PTransform):  # type: ignore[misc]
    """The messages of a topic as sources, at their event time."""

    def __init__(self, stream: Stream) -> None:
        """Take the stream, with the address of a running expansion service."""
        super().__init__()
        self._stream = stream

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[Any]:
        """Read from the position of the consumer group, or from the beginning where it has none."""
        from apache_beam.io.kafka import ReadFromKafka

        stream = self._stream
        broker, topic = address(stream.source)
        if not stream.expansion:
            raise InputError("Kafka needs a running expansion service: --expansion-service HOST:PORT")
        config = {
            "bootstrap.servers": broker,
            "group.id": stream.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": "false",
            "max.poll.records": "100",
        }
        if stream.gate:
            config |= {"interceptor.classes": "docassay.Gate", "docassay.gate": stream.gate}
        read = ReadFromKafka(
            consumer_config=config,
            topics=[topic],
            with_metadata=True,
            consumer_polling_timeout=1,
            expansion_service=stream.expansion,
        )
        return (
            begin
            | "Read" >> read
            | "Message" >> beam.Map(message).with_output_types(Message)
            | "Receive" >> beam.ParDo(ReceiveFn(stream.source, stream.allow, stream.lateness))
            # What is received is counted as under way before it waits for the models.
            | "Deal" >> beam.Reshuffle()
        )


def message(record: Any) -> Message:
    """Take what the connector gives: bytes, and headers of which the last of a name counts."""
    headers: dict[str, str] = {}
    for header in record.headers or ():
        headers[str(header.key)] = (header.value or b"").decode("utf-8", "replace")
    partition = f"{record.topic}/{record.partition}"
    return Message(
        position=f"kafka://{partition}/{record.offset}",
        partition=partition,
        place=int(record.offset),
        body=record.value or b"",
        headers=headers,
        time=record.timestamp / 1000,
    )


def address(source: str) -> tuple[str, str]:
    """Split a source into broker and topic.

    >>> address("kafka://localhost:9092/mail")
    ('localhost:9092', 'mail')

    Raises:
        InputError: One of the two is missing.
    """
    parts = urlsplit(source)
    topic = parts.path.strip("/")
    if not parts.netloc or not topic or "/" in topic:
        raise InputError(f"{source}: write kafka://BROKER:PORT/TOPIC")
    return parts.netloc, topic


def _reach(brokers: str) -> None:
    """Connect to one of the brokers and hang up: the client leaves sockets open where it reaches none."""
    failed: OSError | None = None
    for broker in brokers.split(","):
        host, _, port = broker.rpartition(":") if ":" in broker else (broker, ":", "9092")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
            return
        except OSError as error:
            failed = error
    if failed:
        raise failed


def prepare(
    stream: Stream, stack: ExitStack, service: Callable[[], str] | None = None
) -> tuple[Committer, Stream]:
    """Look the topic up, start an expansion service where none is named, and make the committer.

    Args:
        stream: What to do.
        stack: Takes what must be closed at the end.
        service: Waits for an expansion service that has been started already.

    Raises:
        InputError: The broker cannot be reached, the topic does not exist, or the jars are missing.
        ServiceError: The expansion service does not start.
    """
    committer = Committer(stream.source, stream.group)
    stack.callback(committer.close)
    if not stream.expansion:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="docassay-"))
        committer.gate = Path(folder, "closed")
        service = service or stack.enter_context(expansion.starting())
        stream = replace(stream, expansion=service(), gate=str(committer.gate))
    return committer, stream


class Committer:
    """Commits the offset after the contiguous prefix of published messages, by partition.

    It also holds the connector back while enough is under way: a runner knows no such bound.

    Attributes:
        gate: The file that holds it back while it exists, or None.
    """

    gate: Path | None = None

    def __init__(self, source: str, group: str) -> None:
        """Find the topic's partitions and where reading begins.

        Raises:
            InputError: See `prepare`.
        """
        try:
            from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
            from kafka.errors import KafkaError
        except ImportError:
            raise InputError("Kafka needs the extra `kafka`: pip install 'docassay[kafka]'") from None

        broker, topic = address(source)
        self._offset = OffsetAndMetadata
        self._error = KafkaError
        try:
            _reach(broker)
            self._client = KafkaConsumer(
                bootstrap_servers=broker,
                group_id=group,
                enable_auto_commit=False,
            )
            numbers = self._client.partitions_for_topic(topic)
        except (KafkaError, ValueError, OSError) as error:
            raise InputError(f"{source}: the broker cannot be reached ({error})") from None
        if not numbers:
            self.close()
            raise InputError(f"{source}: there is no topic {topic!r}")
        self._partitions = {f"{topic}/{n}": TopicPartition(topic, n) for n in sorted(numbers)}
        self._client.assign(list(self._partitions.values()))
        first = self._client.beginning_offsets(list(self._partitions.values()))
        self._committed: dict[str, int] = {}
        for name, partition in self._partitions.items():
            at = self._client.committed(partition)
            self._committed[name] = first[partition] if at is None else at
            LEDGER.start(name, self._committed[name])

    def commit(self) -> None:
        """Commit where that is further than before; a broker that is away is asked again later."""
        if self.gate and LEDGER.under_way > MOST_UNDER_WAY:
            self.gate.touch()
        elif self.gate and LEDGER.under_way < MOST_UNDER_WAY // 2:
            self.gate.unlink(missing_ok=True)
        ahead = {
            name: offset
            for name, offset in LEDGER.committable().items()
            if name in self._partitions and offset > self._committed[name]
        }
        if not ahead:
            return
        try:
            self._client.commit(
                {self._partitions[name]: self._offset(offset, "", -1) for name, offset in ahead.items()}
            )
        except self._error:
            return
        self._committed |= ahead

    def caught_up(self) -> bool:
        """Tell whether everything that the topic holds is published."""
        try:
            ends = self._client.end_offsets(list(self._partitions.values()))
        except self._error:
            return False
        done = LEDGER.committable()
        return all(done[name] >= ends[partition] for name, partition in self._partitions.items())

    def close(self) -> None:
        """Leave the broker."""
        self._client.close()
