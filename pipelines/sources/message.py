"""Receive: from a message to a source, or to the reject that says why not.

A message carries a document, its bytes with `name` and `media_type` in the headers, or names one
in the header `uri`. `event_time`, in the headers, is ISO 8601 or seconds since 1970; without it the
broker's time counts.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
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
from docassay.pipelines.sources import StreamSettings
from docassay.pipelines.sources.files import lies_in, resolved
from docassay.pipelines.sources.ledger import LEDGER
from docassay.schemas.rows import Reject, Source

MESSAGE_BYTES = 10_000_000
"""Largest document that travels in a message; a larger one is named by its URI."""

GRACE = 86_400.0
"""Seconds that a window stays open beyond the lateness: no document that was received is dropped."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)

REASONS: dict[str, str] = {
    "no_body": "a message with neither a body nor a `uri`",
    "too_large": f"a message of more than {MESSAGE_BYTES:,} bytes",
    "body_and_uri": "a message with both: which one is the document is not known",
    "forbidden_uri": "a `uri` that no --allow-uri begins, or of this machine or its neighbours",
    "bad_event_time": "an `event_time` that is none, before 1990, or more than a day ahead",
    "too_late": "an event time further behind the latest of its partition than --lateness",
}
"""Every reason of a reject of the stage ``receive``."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of any broker.

    Attributes:
        position: The URI of the message itself, such as ``kafka://TOPIC/PARTITION/OFFSET``.
        partition: What is ordered in itself: event times are compared within it.
        place: The offset, or what acknowledges the message.
        time: When the broker took it, in seconds since 1970.
    """

    position: str
    partition: str
    place: int | str
    body: bytes
    headers: Mapping[str, str]
    time: float


class Latest:
    """The latest event time seen of each partition, by this process."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._lock = threading.Lock()
        self._latest: dict[str, float] = {}

    def behind(self, partition: str, event_time: float) -> float:
        """Take in an event time, and say how far it lies behind the latest before it, in seconds."""
        with self._lock:
            present = min(event_time, time.time())  # a clock that is ahead makes nothing late that follows
            latest = self._latest.get(partition, present)
            self._latest[partition] = max(latest, present)
            return latest - event_time


LATEST: dict[str, Latest] = {}
"""By stream: copies of one `ReceiveFn` in a process look at the same times."""


class ReceiveFn(beam.DoFn):  # type: ignore[misc]
    """Turn messages into sources at their event time."""

    def __init__(self, settings: StreamSettings) -> None:
        """Take the stream's name and rules."""
        self._name, self._allow, self._lateness = settings.source, settings.allow, settings.lateness

    def process(self, message: Message) -> Iterator[TimestampedValue]:
        """Give one source or one reject."""
        latest = LATEST.setdefault(self._name, Latest())
        taken, event_time = receive(message, self._allow, self._lateness, latest)
        counters.count("receive", "in")
        counters.count("receive", "rejected" if isinstance(taken, Reject) else "out")
        LEDGER.open(taken.uri, message.partition, message.place)
        # No window is closed for good that may still get a document.
        yield TimestampedValue(taken, max(event_time, time.time() - self._lateness - GRACE / 2))


def receive(
    message: Message, allow: tuple[str, ...], lateness: float, latest: Latest
) -> tuple[Source | Reject, float]:
    """Judge a message: its source or reject, and its event time in seconds since 1970.

    Never raises, whatever the message holds.
    """
    named = message.headers.get("uri", "")
    label = _label(message.headers.get("name", ""))
    uri = named or (f"{message.position}/{label}" if label else message.position)
    uri = "".join(c for c in uri if c.isprintable())[:2000]
    doc_id = hashlib.sha256(message.body).hexdigest() if message.body else None

    def refuse(reason: str, detail: str) -> tuple[Reject, float]:
        return Reject(doc_id, uri, "receive", reason, detail), message.time

    if not message.body and not named:
        return refuse("no_body", "a message carries a document, or names one in its header uri")
    if message.body and named:
        uri = message.position
        return refuse("body_and_uri", f"it has {len(message.body):,} bytes and names {named[:200]!r}")
    if len(message.body) > MESSAGE_BYTES:
        return refuse("too_large", f"{len(message.body):,} bytes; larger ones are named by their uri")
    if named and uri != named:  # what is opened must be what was judged
        return refuse("forbidden_uri", "it has characters that no name has, or more than 2,000 of them")
    if named and (why := forbidden(named, allow)):
        return refuse("forbidden_uri", why)
    moment = _moment(message.headers.get("event_time"), message.time)
    if isinstance(moment, str):
        return refuse("bad_event_time", moment)
    behind = latest.behind(message.partition, moment.timestamp())
    if behind > lateness:
        detail = f"{behind:,.0f} s behind the latest of its partition; at most {lateness:,.0f} are waited for"
        return Reject(doc_id, uri, "receive", "too_late", detail), moment.timestamp()
    content = message.body or None
    return Source(uri, content, message.headers.get("media_type"), None, moment), moment.timestamp()


def forbidden(uri: str, allow: tuple[str, ...]) -> str | None:
    """Say why a URI that a message names may not be read, or None where it may.

    >>> forbidden("file:///etc/passwd", ("/data/in",))
    'no --allow-uri begins it'
    >>> forbidden("/data/in/a.pdf", ("/data/in",)) is None
    True
    """
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        return "it is no URI"
    if "://" in uri and parts.scheme.lower() != "file":
        if ".." in unquote(parts.path).split("/"):
            return "it leads upwards"
        if why := _near(host, look_up=parts.scheme.lower() in ("http", "https", "hdfs", "ftp")):
            return why
        place = uri
    else:
        if parts.scheme.lower() == "file" and host not in ("", "localhost"):
            return "it names a file of another machine"
        try:
            place = os.path.realpath(unquote(parts.path) if parts.scheme.lower() == "file" else uri)
        except ValueError:  # a NUL
            return "it is no path"
    for beginning in allow:
        if lies_in(place, resolved(beginning)):
            return None
    return "no --allow-uri begins it"


def _near(host: str, look_up: bool) -> str | None:
    """Say that a host is this machine, or one that only this network's own services have."""
    if host.lower().rstrip(".") in ("localhost", "metadata.google.internal") or host.lower().endswith(
        ".localhost"
    ):
        return "it points to this machine or its neighbours"
    addresses = [host]
    if look_up or host.replace(".", "").isdigit() or host.lower().startswith("0x"):
        try:
            addresses += [str(found[4][0]) for found in socket.getaddrinfo(host, None)]
        except (OSError, UnicodeError):
            return "its host is not known"
    for address in addresses:
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            continue
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if ip.is_loopback or ip.is_link_local or ip.is_unspecified:
            return "it points to this machine or its neighbours"
    return None


def _moment(written: str | None, otherwise: float) -> datetime | str:
    """Read an event time; a text says what is wrong with it."""
    try:
        if written is None:
            moment = datetime.fromtimestamp(otherwise, UTC)
        elif written.replace(".", "", 1).lstrip("-").isdigit():
            moment = datetime.fromtimestamp(float(written), UTC)
        else:
            moment = datetime.fromisoformat(written)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return f"{str(written)[:100]!r} is neither ISO 8601 nor seconds since 1970"
    if not EARLIEST <= moment <= datetime.now(UTC) + AHEAD:
        return f"{moment.isoformat()} is before 1990, or more than a day ahead"
    return moment


def _label(name: str) -> str:
    name = "".join(c for c in name if c.isprintable()).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return name.replace("#", "_")[-200:]
