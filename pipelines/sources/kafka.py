"""Kafka: a topic as a source, through Beam's own connector, which is Java behind an expansion service.

The connector gives messages with their offsets; this process commits an offset only when all rows of
the messages before it are published (`pipelines.sources.ledger`). A message's headers may hold `name`,
`media_type`, `event_time` and `uri`; its URI is ``kafka://TOPIC/PARTITION/OFFSET``.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import apache_beam as beam

from docassay.pipelines.runners import services
from docassay.pipelines.sources import Stream, StreamSource, kafka_address
from docassay.pipelines.sources.ledger import LEDGER
from docassay.pipelines.sources.message import Message, ReceiveFn
from docassay.schemas.errors import InputError, MissingError

MOST_UNDER_WAY = 1_000
"""Most messages under way; the rest of a backlog stays at the broker."""


class KafkaSource(StreamSource):
    """Reads a topic, ``kafka://BROKER/TOPIC``, and commits, by partition, the offset after what is published.

    It also holds the connector back while enough messages are under way: a runner has no such bound.
    """

    def __init__(self, stream: Stream) -> None:
        """Take the stream."""
        super().__init__(stream)
        self._expansion = stream.expansion
        self._started = ExitStack()
        self._client: Any = None  # where this process commits
        self._gate: Path | None = None  # the file that holds the connector back while it exists

    def check(self) -> None:
        """Refuse an address without broker or topic."""
        kafka_address(self._stream.source)

    def start(self, service: Callable[[], str] | None = None) -> None:
        """Look the topic up, and start an expansion service where none was named."""
        if not self._expansion and service is None:
            service = self._started.enter_context(services.expansion())
        self._connect()
        if service is not None:
            folder = self._started.enter_context(tempfile.TemporaryDirectory(prefix="docassay-"))
            self._gate = Path(folder, "closed")
            self._expansion = service()

    def read(self) -> beam.PTransform:
        """Read by Beam's connector from the position of the consumer group, or from the beginning."""
        from apache_beam.io.kafka import ReadFromKafka

        broker, topic = kafka_address(self._stream.source)
        if not self._expansion:
            raise InputError("Kafka needs a running expansion service: --expansion-service HOST:PORT")
        config = {
            "bootstrap.servers": broker,
            "group.id": self._stream.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": "false",
            "max.poll.records": "100",
        }
        if self._gate:
            config |= {"interceptor.classes": "docassay.Gate", "docassay.gate": str(self._gate)}
        read = ReadFromKafka(
            consumer_config=config,
            topics=[topic],
            with_metadata=True,
            consumer_polling_timeout=1,
            expansion_service=self._expansion,
        )
        return (
            "Read" >> read
            | "Message" >> beam.Map(message).with_output_types(Message)
            | "Receive" >> beam.ParDo(ReceiveFn(self._stream))
            # Messages count as under way once received, before they wait for the models.
            | "Deal" >> beam.Reshuffle()
        )

    def commit(self) -> None:
        """Commit the offsets that have advanced; where the broker is away, they are committed later."""
        if self._client is None:
            return
        if self._gate and LEDGER.under_way > MOST_UNDER_WAY:
            self._gate.touch()
        elif self._gate and LEDGER.under_way < MOST_UNDER_WAY // 2:
            self._gate.unlink(missing_ok=True)
        advanced = {
            name: offset
            for name, offset in LEDGER.committable().items()
            if name in self._partitions and offset > self._committed[name]
        }
        if not advanced:
            return
        try:
            self._client.commit(
                {self._partitions[name]: self._offset(offset, "", -1) for name, offset in advanced.items()}
            )
        except self._error:
            return
        self._committed |= advanced

    def caught_up(self) -> bool:
        """Tell whether everything that the topic holds is published."""
        if self._client is None:
            return False
        try:
            ends = self._client.end_offsets(list(self._partitions.values()))
        except self._error:
            return False
        done = LEDGER.committable()
        return all(done[name] >= ends[partition] for name, partition in self._partitions.items())

    def close(self) -> None:
        """Leave the broker, and stop the service."""
        self._started.close()

    def _connect(self) -> None:
        """Find the topic's partitions and the offsets at which reading begins."""
        try:
            from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
            from kafka.errors import KafkaError
        except ImportError:
            raise MissingError("Kafka needs the extra `kafka`: pip install '.[kafka]'") from None

        broker, topic = kafka_address(self._stream.source)
        self._offset, self._error = OffsetAndMetadata, KafkaError
        try:
            _reach(broker)
            client = KafkaConsumer(
                bootstrap_servers=broker, group_id=self._stream.group, enable_auto_commit=False
            )
            self._started.callback(client.close)
            numbers = client.partitions_for_topic(topic)
        except (KafkaError, ValueError, OSError) as error:
            raise InputError(f"{self._stream.source}: the broker cannot be reached ({error})") from None
        if not numbers:
            self.close()
            raise InputError(f"{self._stream.source}: there is no topic {topic!r}")
        self._partitions = {f"{topic}/{n}": TopicPartition(topic, n) for n in sorted(numbers)}
        client.assign(list(self._partitions.values()))
        first = client.beginning_offsets(list(self._partitions.values()))
        self._committed: dict[str, int] = {}
        for name, partition in self._partitions.items():
            offset = client.committed(partition)
            self._committed[name] = first[partition] if offset is None else offset
            LEDGER.start(name, self._committed[name])
        self._client = client


def message(record: Any) -> Message:
    """Convert a record of the connector; of several headers of one name the last counts."""
    headers: dict[str, str] = {}
    for header in record.headers or ():
        headers[str(header.key)] = (header.value or b"").decode("utf-8", "replace")
    partition = f"{record.topic}/{record.partition}"
    return Message(
        position=f"kafka://{partition}/{record.offset}",
        partition=partition,
        ack_id=int(record.offset),
        body=record.value or b"",
        headers=headers,
        time=record.timestamp / 1000,
    )


def _reach(brokers: str) -> None:
    """Test the connection to one of the brokers: the client leaves sockets open where it reaches none."""
    failure: OSError | None = None
    for broker in brokers.split(","):
        host, _, port = broker.rpartition(":") if ":" in broker else (broker, ":", "9092")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
            return
        except OSError as error:
            failure = error
    if failure:
        raise failure
