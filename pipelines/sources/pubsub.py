"""Pub/Sub: a subscription as a source; the only module that opens Google's client.

On Dataflow it is the runner's own source. On one machine this process pulls, and acknowledges a
message only when all of its rows are published. The attributes of a message take the part of Kafka's headers.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.transforms.periodicsequence import PeriodicImpulse
from apache_beam.utils.timestamp import Timestamp

from docassay.pipelines.sources import Stream, StreamSource, address_of
from docassay.pipelines.sources.ledger import LEDGER
from docassay.pipelines.sources.message import Message, ReceiveFn
from docassay.schemas.errors import InputError, MissingError

PULL_SECONDS = 0.25
MOST_AT_ONCE = 200
"""Most messages under way; the rest waits at the broker, not in memory."""

LEASE_SECONDS = 20
"""After so long without renewal the broker delivers a message again, so a restart waits no longer."""


class PubSubSource(StreamSource):
    """Reads a subscription, ``pubsub://PROJECT/SUBSCRIPTION``, and acknowledges what is published."""

    def __init__(self, stream: Stream) -> None:
        """Take the stream."""
        super().__init__(stream)
        self._client: Any = None  # where this process pulls and acknowledges
        self._failed: list[str] = []
        self._renewed = 0.0

    def check(self) -> None:
        """Refuse an address without project or subscription."""
        _subscription(self._stream.source)

    def start(self, service: Callable[[], str] | None = None) -> None:
        """Look the subscription up."""
        self._path = _subscription(self._stream.source)
        try:
            from google.api_core.exceptions import GoogleAPIError, NotFound
            from google.auth.exceptions import GoogleAuthError

            self._error = GoogleAPIError
            self._client = _client()
            self._client.get_subscription(request={"subscription": self._path}, timeout=15)
        except ImportError:
            raise MissingError("Pub/Sub needs the extra `gcp`: pip install '.[gcp]'") from None
        except NotFound:
            raise InputError(f"there is no subscription {self._path}") from None
        except (GoogleAPIError, GoogleAuthError) as error:
            why = " ".join(str(error).split())
            raise InputError(f"{self._path}: Pub/Sub cannot be reached ({why})") from None

    def read(self) -> beam.PTransform:
        """Pull in this process if it acknowledges, or leave both to the runner's own source."""
        path = _subscription(self._stream.source)
        if self._client is not None:
            messages = (
                "Tick" >> PeriodicImpulse(start_timestamp=Timestamp.now(), fire_interval=PULL_SECONDS)
                | "Apart" >> beam.Reshuffle()  # as in `pipelines.sources.folder`
                | "Pull" >> beam.ParDo(PullFn(path)).with_output_types(Message)
            )
        else:
            from apache_beam.io.gcp.pubsub import ReadFromPubSub

            messages = "Read" >> ReadFromPubSub(subscription=path, with_attributes=True) | (
                "Message" >> beam.Map(message, path).with_output_types(Message)
            )
        return messages | "Receive" >> beam.ParDo(ReceiveFn(self._stream))

    def commit(self) -> None:
        """Acknowledge the messages published since the last call, and renew the leases of those under way."""
        if self._client is None:
            return
        self._renew()
        due = self._failed + LEDGER.acknowledged()
        self._failed = []
        for start in range(0, len(due), 1000):
            ack_ids = due[start : start + 1000]
            try:
                self._client.acknowledge(request={"subscription": self._path, "ack_ids": ack_ids})
            except self._error:
                self._failed += ack_ids

    def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            self._client.close()

    def _renew(self) -> None:
        """Renew the leases; a message whose lease is lost is delivered again, and passed over."""
        if time.monotonic() - self._renewed < LEASE_SECONDS / 4:
            return
        self._renewed = time.monotonic()
        waiting = LEDGER.waiting()
        for start in range(0, len(waiting), 1000):
            with contextlib.suppress(self._error):
                self._client.modify_ack_deadline(
                    request={
                        "subscription": self._path,
                        "ack_ids": waiting[start : start + 1000],
                        "ack_deadline_seconds": LEASE_SECONDS,
                    }
                )


class PullFn(beam.DoFn):  # type: ignore[misc]
    """Pull messages at each tick, up to `MOST_AT_ONCE` under way."""

    def __init__(self, path: str) -> None:
        """Take the subscription's full name."""
        self._path = path

    def setup(self) -> None:
        """Open a client."""
        self._client = _client()

    def process(self, tick: object) -> Iterator[Message]:
        """Yield the messages that the broker has, about the oldest first."""
        from google.api_core.exceptions import DeadlineExceeded, ServiceUnavailable

        capacity = MOST_AT_ONCE - LEDGER.under_way
        if capacity <= 0:
            return
        try:
            pulled = self._client.pull(
                request={"subscription": self._path, "max_messages": capacity},
                timeout=PULL_SECONDS,
                retry=None,
            ).received_messages
        except (DeadlineExceeded, ServiceUnavailable):  # there are no messages, or the broker is away
            return
        finally:
            LEDGER.look()
        if pulled:
            self._client.modify_ack_deadline(
                request={
                    "subscription": self._path,
                    "ack_ids": [received.ack_id for received in pulled],
                    "ack_deadline_seconds": LEASE_SECONDS,
                }
            )
        for received in pulled:
            yield message(received.message, self._path, received.ack_id)


def message(received: Any, path: str, ack_id: str = "") -> Message:
    """Convert a message of the client, or of Beam's own source."""
    name = path.rsplit("/", 1)[1]
    return Message(
        position=f"pubsub://{name}/{received.message_id}",
        partition=path,
        ack_id=ack_id,
        body=received.data or b"",
        headers=dict(received.attributes or {}),
        time=received.publish_time.timestamp(),
    )


def _subscription(source: str) -> str:
    """Give the full name of the subscription that an address names."""
    project, name = address_of(source, "pubsub://PROJECT/SUBSCRIPTION")
    return f"projects/{project}/subscriptions/{name}"


def _client() -> Any:
    from google.cloud import pubsub_v1

    if os.environ.get("PUBSUB_EMULATOR_HOST"):
        from google.auth.credentials import AnonymousCredentials

        return pubsub_v1.SubscriberClient(credentials=AnonymousCredentials())
    return pubsub_v1.SubscriberClient()
