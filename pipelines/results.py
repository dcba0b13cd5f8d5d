"""Results: JSON messages on a Kafka topic, besides the tables, for what a person should look at.

A message is ``{"table": TABLE, "row": {...}}`` with the columns of the table, times as ISO 8601: every
flag, every finding that did not pass, every reject. Its key is the `doc_id`, or the URI of what could not
be read. docs/results.md has the schema. Delivery is at least once: messages are sent just before their rows
become visible, so after a crash they may come twice, but none is lost.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from docassay.pipelines.sources import kafka_address
from docassay.schemas.errors import InputError, RunError

TABLES = ("flags", "findings", "rejects")
_lock = threading.Lock()
_producers: dict[str, Any] = {}


def check(target: str) -> None:
    """Refuse a target that is no Kafka topic.

    Raises:
        InputError: The target is no address of a topic.
    """
    if not target.startswith("kafka://"):
        raise InputError(f"{target}: --results takes kafka://BROKER/TOPIC")
    kafka_address(target)


def messages(tables: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[bytes, bytes]]:
    """Make the key and value of each message.

    >>> rows = {"findings": [{"doc_id": "a", "verdict": "pass"}], "rejects": [{"doc_id": None, "uri": "b"}]}
    >>> list(messages(rows))
    [(b'b', b'{"row": {"doc_id": null, "uri": "b"}, "table": "rejects"}')]
    """
    for table in TABLES:
        for row in tables.get(table, []):
            if row.get("verdict") == "pass":
                continue
            message = {"table": table, "row": row}
            value = json.dumps(message, sort_keys=True, ensure_ascii=False, default=datetime.isoformat)
            yield (
                str(row["doc_id"] or row["uri"]).encode("utf-8", "replace"),
                value.encode("utf-8", "replace"),
            )


def send(target: str, tables: Mapping[str, list[dict[str, Any]]]) -> None:
    """Send the messages of a group of rows, and wait until the broker has them.

    Raises:
        RunError: The broker does not take them.
    """
    from kafka import KafkaProducer
    from kafka.errors import KafkaError

    broker, topic = kafka_address(target)
    try:
        with _lock:
            if target not in _producers:
                _producers[target] = KafkaProducer(bootstrap_servers=broker, acks="all")
        futures = [_producers[target].send(topic, value, key=key) for key, value in messages(tables)]
        for future in futures:
            future.get(timeout=60)
    except KafkaError as error:
        raise RunError(f"{target} does not take the results: {error}") from None
