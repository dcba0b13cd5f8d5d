"""Pub/Sub: a subscription as a source; the only module that opens Google's client.

On Dataflow it is the runner's own source. On one machine this process pulls, and acknowledges a
message only when every row of it is published. A message's attributes are what headers are to Kafka.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import apache_beam as beam
from apache_beam.transforms.periodicsequence import PeriodicImpulse
from apache_beam.utils.timestamp import Timestamp

from pipelines.ledger import LEDGER
from pipelines.receive import Message, ReceiveFn
from pipelines.sources import InputError

if TYPE_CHECKING:
    from pipelines.streaming import Stream

PULL_SECONDS = 0.25
MOST_AT_ONCE = 200
"""Messages under way; the rest waits at the broker, not in memory."""

LEASE_SECONDS = 20
"""After so long the broker delivers again what nobody holds on to: how soon a restart goes on."""


class ReadPubSub(beam.PTransform):  # type: ignore[misc]
    """The messages of a subscription as sources, at their event time."""

    def __init__(self, stream: Stream) -> None:
        """Take the stream."""
        super().__init__()
        self._stream = stream

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[Any]:
        """Pull in this process where it acknowledges, or leave both to the runner."""
        stream = self._stream
        path = subscription(stream.source)
        if stream.acknowledge:
            messages = (
                begin
                | "Tick" >> PeriodicImpulse(start_timestamp=Timestamp.now(), fire_interval=PULL_SECONDS)
                | "Apart" >> beam.Reshuffle()  # as in `pipelines.watch`
                | "Pull" >> beam.ParDo(PullFn(path)).with_output_types(Message)
            )
        else:
            from apache_beam.io.gcp.pubsub import ReadFromPubSub

            messages = (
                begin
                | "Read" >> ReadFromPubSub(subscription=path, with_attributes=True)
                | "Message" >> beam.Map(message, path).with_output_types(Message)
            )
        return messages | "Receive" >> beam.ParDo(ReceiveFn(stream.source, stream.allow, stream.lateness))


class PullFn(beam.DoFn):  # type: ignore[misc]
    """Pull what there is at each tick, while little enough is under way."""

    def __init__(self, path: str) -> None:
        """Take the subscription's full name."""
        self._path = path

    def setup(self) -> None:
        """Open a client."""
        self._client = _client()

    def process(self, tick: object) -> Iterator[Message]:
        """Give the messages that the broker has, oldest first as far as it knows."""
        from google.api_core.exceptions import DeadlineExceeded, ServiceUnavailable

        most = MOST_AT_ONCE - LEDGER.under_way
        if most <= 0:
            return
        try:
            pulled = self._client.pull(
                request={"subscription": self._path, "max_messages": most}, timeout=PULL_SECONDS, retry=None
            ).received_messages
        except (DeadlineExceeded, ServiceUnavailable):  # there is nothing, or the broker is away
            return
        finally:
            LEDGER.look()
        if pulled:
            self._client.modify_ack_deadline(
                request={
                    "subscription": self._path,
                    "ack_ids": [one.ack_id for one in pulled],
                    "ack_deadline_seconds": LEASE_SECONDS,
                }
            )
        for one in pulled:
            yield message(one.message, self._path, one.ack_id)


class Committer:
    """Acknowledges messages whose rows are published."""

    def __init__(self, path: str) -> None:
        """Look the subscription up.

        Raises:
            InputError: It does not exist, or the service cannot be reached.
        """
        from google.api_core.exceptions import GoogleAPIError, NotFound
        from google.auth.exceptions import GoogleAuthError

        self._path = path
        self._failed: list[str] = []
        self._held = 0.0
        self._error = GoogleAPIError
        try:
            self._client = _client()
            self._client.get_subscription(request={"subscription": path}, timeout=15)
        except NotFound:
            raise InputError(f"there is no subscription {path}") from None
        except (GoogleAPIError, GoogleAuthError) as error:
            raise InputError(f"{path}: Pub/Sub cannot be reached ({' '.join(str(error).split())})") from None

    def commit(self) -> None:
        """Acknowledge what is published since the last call, and hold on to what is under way."""
        self._hold()
        due = self._failed + LEDGER.acknowledged()
        self._failed = []
        for at in range(0, len(due), 1000):
            part = due[at : at + 1000]
            try:
                self._client.acknowledge(request={"subscription": self._path, "ack_ids": part})
            except self._error:
                self._failed += part

    def _hold(self) -> None:
        """Renew the leases; one that is lost all the same is delivered again, and passed over."""
        if time.monotonic() - self._held < LEASE_SECONDS / 4:
            return
        self._held = time.monotonic()
        waiting = LEDGER.waiting()
        for at in range(0, len(waiting), 1000):
            with contextlib.suppress(self._error):
                self._client.modify_ack_deadline(
                    request={
                        "subscription": self._path,
                        "ack_ids": waiting[at : at + 1000],
                        "ack_deadline_seconds": LEASE_SECONDS,
                    }
                )

    def caught_up(self) -> bool:
        """Say yes once it has been asked: a broker does not tell what it holds, so only silence counts."""
        return LEDGER.looked

    def close(self) -> None:
        """Close the client."""
        self._client.close()


def prepare(stream: Stream, stack: ExitStack) -> tuple[Committer, Stream]:
    """Look the subscription up, and make what acknowledges its messages.

    Raises:
        InputError: See `Committer`; or the client is not installed.
    """
    try:
        committer = Committer(subscription(stream.source))
    except ImportError:
        raise InputError("Pub/Sub needs the extra `gcp`: pip install 'docassay[gcp]'") from None
    stack.callback(committer.close)
    return committer, stream


def subscription(source: str) -> str:
    """Give the full name of a subscription.

    >>> subscription("pubsub://acme/mail")
    'projects/acme/subscriptions/mail'

    Raises:
        InputError: The project or the subscription is missing.
    """
    parts = urlsplit(source)
    name = parts.path.strip("/")
    if not parts.netloc or not name or "/" in name:
        raise InputError(f"{source}: write pubsub://PROJECT/SUBSCRIPTION")
    return f"projects/{parts.netloc}/subscriptions/{name}"


def message(found: Any, path: str, ack_id: str = "") -> Message:
    """Take what the client, or Beam's own source, gives."""
    name = path.rsplit("/", 1)[1]
    return Message(
        position=f"pubsub://{name}/{found.message_id}",
        partition=path,
        place=ack_id,
        body=found.data or b"",
        headers=dict(found.attributes or {}),
        time=found.publish_time.timestamp(),
    )


def _client() -> Any:
    from google.cloud import pubsub_v1

    if os.environ.get("PUBSUB_EMULATOR_HOST"):
        from google.auth.credentials import AnonymousCredentials

        return pubsub_v1.SubscriberClient(credentials=AnonymousCredentials())
    return pubsub_v1.SubscriberClient()
