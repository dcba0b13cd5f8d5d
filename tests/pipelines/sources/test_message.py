"""Receive: what a message may bring, and what it may not."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from docassay.pipelines.sources.message import MESSAGE_BYTES, REASONS, Latest, Message, judged, receive
from docassay.schemas.rows import Reject, Source
from docassay.transforms.formats import Limits
from docassay.transforms.read import read

NOW = 1_760_000_000.0
HOUR = 3600.0


def message(body: bytes = b"text", at: float = NOW, partition: str = "mail/0", **headers: str) -> Message:
    return Message("kafka://mail/0/7", partition, 7, body, headers, at)


def take(given: Message, allow: tuple[str, ...] = (), latest: Latest | None = None) -> Source | Reject:
    return receive(given, allow, HOUR, latest or Latest())[0]


def test_a_document_has_its_name_its_type_and_its_time() -> None:
    given = message(name="../a/lease.txt", media_type="text/plain", event_time="2025-03-04T10:00:00+01:00")
    assert take(given) == Source(
        "kafka://mail/0/7/lease.txt", b"text", "text/plain", None, datetime(2025, 3, 4, 9, tzinfo=UTC)
    )


def test_without_a_time_of_its_own_the_brokers_counts() -> None:
    assert receive(message(), (), HOUR, Latest())[1] == NOW


def test_a_reference_is_read_from_where_it_points(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    found = take(message(b"", uri=str(tmp_path / "a.txt")), (str(tmp_path),))
    assert isinstance(found, Source) and (found.uri, found.content) == (str(tmp_path / "a.txt"), None)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (message(b""), "no_body"),
        (message(b"x" * (MESSAGE_BYTES + 1)), "too_large"),
        (message(b"x" * 20_000_000), "too_large"),
        (message(b"text", uri="gs://in/a.pdf"), "body_and_uri"),
        (message(b"", uri="/etc/passwd"), "forbidden_uri"),
        (message(event_time="1970-01-01T00:00:00Z"), "bad_event_time"),
        (message(event_time="0"), "bad_event_time"),
        (message(event_time="9999-12-31T23:59:59Z"), "bad_event_time"),
        (message(event_time="253402300799"), "bad_event_time"),
        (message(event_time="1e400"), "bad_event_time"),
        (message(event_time="9" * 400), "bad_event_time"),
        (message(event_time="yesterday"), "bad_event_time"),
        (message(event_time="0001-01-01T00:00:00+14:00"), "bad_event_time"),
        (message(at=-1.0), "bad_event_time"),
    ],
)
def test_what_cannot_be_used_is_a_reject_with_its_reason(given: Message, reason: str) -> None:
    found = take(given)
    assert isinstance(found, Reject)
    assert (found.stage, found.reason) == ("receive", reason)
    assert reason in REASONS and found.detail


@pytest.mark.parametrize("name", ["\x00\x1b[2J", "a#attachment-1", "n" * 5_000, "//", "\\\\host\\a.txt"])
def test_a_hostile_name_is_made_harmless(name: str) -> None:
    found = take(message(name=name))
    assert found.uri.isprintable() and "#" not in found.uri and len(found.uri) < 300
    assert found.uri.startswith("kafka://mail/0/7") and found.uri.count("/") <= 5


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("IN/a.txt", None),
        ("file://IN/a.txt", None),
        ("file://localhost/IN/a.txt", None),
        ("gs://bucket/in/a.pdf", None),
        ("IN/../secret.txt", "upwards"),
        ("IN/link/secret.txt", None),
        ("INTO/a.txt", "begins"),
        ("IN/a.jsonl%23line-1", None),
        ("IN/a#line-3%23attachment-1", "is written %23"),
        ("file://IN/%2e%2e/secret.txt", "upwards"),
        ("file://IN/%252e%252e/secret.txt", None),  # a folder named %2e%2e, where there is one
        ("IN/%2e%2e/secret.txt", None),  # the same: a plain path is not decoded
        ("file:IN/../secret.txt", "upwards"),  # a folder named file: in the working folder
        ("IN/link.jsonl#block-0-100-1", "part of a file"),
        ("IN/link.parquet#block-0", "part of a file"),
        ("/proc/self/environ", "begins"),
        ("file://other/IN/a.txt", "another machine"),
        ("gs://bucket/into/a.pdf", "begins"),
        ("gs://bucket/in/../keys/a.pdf", "upwards"),
        ("gs://bucket/in/%2e%2e/keys/a.pdf", "upwards"),
        ("gs://bucket/in/%25252e%252e/keys/a.pdf", "upwards"),
        ("gs://bucket/in/..%5ckeys/a.pdf", "upwards"),
        ("http://127.0.0.1/a", "this machine"),
        ("http://localhost:8080/a", "this machine"),
        ("http://a.localhost/a", "this machine"),
        ("http://[::1]/a", "this machine"),
        ("http://[::ffff:127.0.0.1]/a", "this machine"),
        ("http://2130706433/a", "this machine"),
        ("http://0x7f000001/a", "this machine"),
        ("http://0.0.0.0/a", "this machine"),
        ("http://169.254.169.254/latest/meta-data", "this machine"),
        ("http://[fe80::1]/a", "this machine"),
        ("http://metadata.google.internal/a", "this machine"),
        ("http://[::1/a", "no URI"),
    ],
)
def test_a_uri_is_read_only_where_it_is_allowed(tmp_path: Path, uri: str, why: str | None) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (inside / "link").symlink_to(tmp_path)
    uri = uri.replace("localhost/IN", f"localhost{inside}").replace("IN", str(inside))
    # The local addresses are refused although they are allowed: a list of beginnings is easily too wide.
    allow = (str(inside), "gs://bucket/in", "http://127.0.0.1/", "http://localhost:8080/", "http://[::1]/")
    found, _ = judged(uri, allow)
    assert found is None if why is None else found is not None and why in found


@pytest.mark.parametrize(
    "way", ["file://IN/%252e%252e/secret.txt", "IN/%2e%2e/secret.txt", "IN/link/secret.txt", "IN/link.txt"]
)
def test_what_is_opened_is_what_was_judged(tmp_path: Path, way: str) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (inside / "link").symlink_to(tmp_path)
    (inside / "link.txt").symlink_to(tmp_path / "secret.txt")
    judged = take(message(b"", uri=way.replace("IN", str(inside))), (str(inside),))
    assert isinstance(judged, Source) and judged.beneath == str(inside)
    opened = read(judged, Limits())
    assert isinstance(opened, Reject) and opened.reason == ("link" if "link" in way else "unreadable")


def test_nothing_may_be_named_unless_it_is_allowed(tmp_path: Path) -> None:
    assert judged(str(tmp_path), ())[0] and judged("gs://bucket/a", ())[0]


def test_late_ones_are_taken_and_those_beyond_are_rejects() -> None:
    """Two hours of events, a late and a too late one for each five minutes."""
    latest, start = Latest(), time.time() - 7200
    outcomes = []
    for minute in range(0, 120, 5):
        for behind in (0, 59, 61):
            moment = start + 60 * (minute - behind)
            outcomes.append((behind, minute, receive(message(at=moment), (), HOUR, latest)))
    for behind, minute, (found, at) in outcomes:
        assert at == pytest.approx(start + 60 * (minute - behind)), "in the window of its own time"
        if behind == 61 and minute:
            assert isinstance(found, Reject) and found.reason == "too_late" and found.doc_id
        elif behind != 61:
            assert isinstance(found, Source)


def test_a_partition_that_lags_is_not_late_and_a_false_time_does_not_move_the_others() -> None:
    latest = Latest()
    assert isinstance(take(message(at=NOW), latest=latest), Source)
    assert isinstance(take(message(event_time="9999-01-01T00:00:00Z"), latest=latest), Reject)
    assert isinstance(take(message(at=NOW - 10 * HOUR, partition="mail/1"), latest=latest), Source)
    assert isinstance(take(message(at=NOW - 10 * HOUR), latest=latest), Reject)
    assert isinstance(take(message(at=NOW + 1), latest=latest), Source)


@pytest.mark.parametrize(
    "name", ["IN/.\x01./secret.txt", "IN/a\x00b", "file://IN/%00x", "IN/" + "a/" * 1_100 + "x", "IN/\u202ea"]
)
def test_what_is_judged_is_what_would_be_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    inside = str(tmp_path / "in")
    found = take(message(b"", uri=name.replace("IN", inside)), (inside,))
    assert isinstance(found, Reject) and found.reason == "forbidden_uri"


def test_a_clock_that_is_ahead_does_not_make_others_late() -> None:
    latest, now = Latest(), time.time()
    ahead = take(message(at=now, event_time=str(now + 23 * HOUR)), latest=latest)
    assert isinstance(ahead, Source)
    assert isinstance(take(message(at=now), latest=latest), Source)
    late = take(message(at=now - 3 * HOUR), latest=latest)
    assert isinstance(late, Reject) and late.reason == "too_late"
