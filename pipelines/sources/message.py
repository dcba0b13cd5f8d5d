"""Message: turn a message of a broker into a source, or into a reject with the reason.

A message carries a document (its bytes, with `name` and `media_type` in the headers) or names one in
the header `uri`. The header `event_time` is ISO 8601 or seconds since 1970; without it the broker's
time counts.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

import apache_beam as beam
from apache_beam.transforms.window import TimestampedValue

from docassay.observe import counters
from docassay.pipelines.sources import Stream
from docassay.pipelines.sources.ledger import LEDGER
from docassay.pipelines.sources.walk import lies_in
from docassay.schemas import uris
from docassay.schemas.rows import Reject, Source
from docassay.schemas.uris import Uri
from docassay.transforms.read import parts_beneath

MESSAGE_BYTES = 10_000_000
"""Largest document that travels in a message; a larger one is named by its URI."""

GRACE = 86_400.0
"""Seconds that a window stays open beyond the lateness, so that no document that was received is dropped."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)

REASONS: dict[str, str] = {
    "no_body": "a message with neither a body nor a `uri`",
    "too_large": f"a message of more than {MESSAGE_BYTES:,} bytes",
    "body_and_uri": "a message with both: which one is the document is not known",
    "forbidden_uri": "a `uri` that no --allow-uri begins, or leads upwards, or to this machine",
    "bad_event_time": "an `event_time` that is none, before 1990, or more than a day ahead",
    "too_late": "an event time further behind the latest of its partition than --lateness",
}
"""Every reason of a reject of the stage ``receive``."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of any broker.

    Attributes:
        position: The URI of the message itself, such as ``kafka://TOPIC/PARTITION/OFFSET``.
        partition: The partition or subscription; event times are compared within it.
        ack_id: The id that acknowledges the message: of Kafka the offset, of Pub/Sub the ack id.
        body: The bytes of a document, or none.
        headers: The headers of Kafka, or the attributes of Pub/Sub.
        time: When the broker took it, in seconds since 1970.
    """

    position: str
    partition: str
    ack_id: int | str
    body: bytes
    headers: Mapping[str, str]
    time: float


class Latest:
    """The latest event time of each partition that this process has seen: a watermark for late messages."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._lock = threading.Lock()
        self._latest: dict[str, float] = {}

    def behind(self, partition: str, event_time: float) -> float:
        """Add an event time, and give how far it lies behind the latest one before it, in seconds."""
        with self._lock:
            capped = min(event_time, time.time())  # a clock that is ahead must not make later messages late
            latest = self._latest.get(partition, capped)
            self._latest[partition] = max(latest, capped)
            return latest - event_time


LATEST: dict[str, Latest] = {}
"""By stream: the copies of a `ReceiveFn` in a process share the times."""


class ReceiveFn(beam.DoFn):  # type: ignore[misc]
    """Turn messages into sources at their event time."""

    def __init__(self, stream: Stream) -> None:
        """Take the stream's name and limits."""
        self._name, self._allow, self._lateness = stream.source, stream.allow, stream.lateness

    def process(self, message: Message) -> Iterator[TimestampedValue]:
        """Yield one source or one reject."""
        latest = LATEST.setdefault(self._name, Latest())
        outcome, event_time = receive(message, self._allow, self._lateness, latest)
        counters.count("receive", "in")
        counters.count("receive", "rejected" if isinstance(outcome, Reject) else "out")
        LEDGER.open(outcome.uri, message.partition, message.ack_id)
        # Not so old that its window may be closed already.
        yield TimestampedValue(outcome, max(event_time, time.time() - self._lateness - GRACE / 2))


def receive(
    message: Message, allow: tuple[str, ...], lateness: float, latest: Latest
) -> tuple[Source | Reject, float]:
    """Check a message; give its source or reject, and its event time in seconds since 1970.

    Never raises, whatever the message contains.
    """
    header_uri = message.headers.get("uri", "")
    label = _label(message.headers.get("name", ""))
    uri = header_uri or (f"{message.position}/{label}" if label else message.position)
    uri = "".join(c for c in uri if c.isprintable())[:2000]
    doc_id = hashlib.sha256(message.body).hexdigest() if message.body else None

    def refuse(reason: str, detail: str) -> tuple[Reject, float]:
        return Reject(doc_id, uri, "receive", reason, detail), message.time

    if not message.body and not header_uri:
        return refuse("no_body", "a message carries a document, or names one in its header uri")
    if message.body and header_uri:
        uri = message.position
        return refuse("body_and_uri", f"it has {len(message.body):,} bytes and names {header_uri[:200]!r}")
    if len(message.body) > MESSAGE_BYTES:
        return refuse("too_large", f"{len(message.body):,} bytes; larger ones are named by their uri")
    if header_uri and uri != header_uri:  # the URI that is opened must be the one that was checked
        return refuse("forbidden_uri", "it has characters that no name has, or more than 2,000 of them")
    why, beneath = judged(header_uri, allow) if header_uri else (None, None)
    if why:
        return refuse("forbidden_uri", why)
    event_time = _event_time(message.headers.get("event_time"), message.time)
    if isinstance(event_time, str):
        return refuse("bad_event_time", event_time)
    behind = latest.behind(message.partition, event_time.timestamp())
    if behind > lateness:
        detail = f"{behind:,.0f} s behind the latest of its partition; at most {lateness:,.0f} are waited for"
        return Reject(doc_id, uri, "receive", "too_late", detail), event_time.timestamp()
    content = message.body or None
    media_type = message.headers.get("media_type")
    return Source(uri, content, media_type, None, event_time, beneath), event_time.timestamp()


def judged(uri: str, allow: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Judge a URI that a message names.

    Returns:
        The reason why it may not be read, or None where it may; then, for a file of this machine, the folder
        that it must lie in.

    >>> judged("file:///etc/passwd", ("/data/in",))
    ('no --allow-uri begins it', None)
    >>> judged("/data/in/a.pdf", ("/data/in",))
    (None, '/data/in')

    Nothing is looked up in a file system here, which might change before the file is opened: the components
    of the path are compared as they are spelt, and opening them below that folder follows no link
    (`transforms.read`).
    """
    named = Uri.parse(uri)
    if named.marks:
        return "it names a part of a file", None
    if str(named) != uri:
        return "a # of its name that reads as a part is written %23", None
    path = uris.local_path(named.file)
    if path is None:
        return _judged_remote(named.file, allow), None
    if "\x00" in path:
        return "it is no path", None
    if os.pardir in path.split(os.sep):
        return "it leads upwards", None
    for prefix in allow:
        folder = uris.local_path(prefix)
        if folder is None:
            continue
        for spelt in (
            folder,
            os.path.realpath(folder),
        ):  # which links lead to the folder is the user's choice
            below = parts_beneath(path, spelt)
            if below is not None:
                return None, spelt if below else os.path.dirname(spelt.rstrip(os.sep)) or os.curdir
    return "no --allow-uri begins it", None


def _judged_remote(address: str, allow: tuple[str, ...]) -> str | None:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return "it is no URI"
    if parts.scheme.lower() == "file":
        return "it names a file of another machine"
    # How often a store decodes a name is not known, so it must not lead upwards however often.
    path, decoded = "", address
    while path != decoded:
        path, decoded = decoded, unquote(decoded)
        if ".." in re.split(r"[/\\]", path):
            return "it leads upwards"
    if why := _forbidden_host(host, look_up=parts.scheme.lower() in ("http", "https", "hdfs", "ftp")):
        return why
    return None if any(lies_in(address, prefix) for prefix in allow) else "no --allow-uri begins it"


def _forbidden_host(host: str, look_up: bool) -> str | None:
    """Give the reason where a host is this machine or a link-local service, such as a metadata server."""
    if host.lower().rstrip(".") in ("localhost", "metadata.google.internal") or host.lower().endswith(
        ".localhost"
    ):
        return "it points to this machine, or to a link-local address"
    addresses = [host]
    if look_up or host.replace(".", "").isdigit() or host.lower().startswith("0x"):
        try:
            addresses += [str(info[4][0]) for info in socket.getaddrinfo(host, None)]
        except (OSError, UnicodeError):
            return "its host is not known"
    for address in addresses:
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            continue
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if ip.is_loopback or ip.is_link_local or ip.is_unspecified:
            return "it points to this machine, or to a link-local address"
    return None


def _event_time(header: str | None, broker_time: float) -> datetime | str:
    """Parse an event time; where it is invalid, give the reason as a text."""
    try:
        if header is None:
            event_time = datetime.fromtimestamp(broker_time, UTC)
        elif header.replace(".", "", 1).lstrip("-").isdigit():
            event_time = datetime.fromtimestamp(float(header), UTC)
        else:
            event_time = datetime.fromisoformat(header)
            event_time = event_time.astimezone(UTC) if event_time.tzinfo else event_time.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return f"{str(header)[:100]!r} is neither ISO 8601 nor seconds since 1970"
    if not EARLIEST <= event_time <= datetime.now(UTC) + AHEAD:
        return f"{event_time.isoformat()} is before 1990, or more than a day ahead"
    return event_time


def _label(name: str) -> str:
    name = "".join(c for c in name if c.isprintable()).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return name.replace("#", "_")[-200:]
