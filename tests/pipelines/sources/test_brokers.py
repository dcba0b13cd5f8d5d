"""Streaming from brokers: Kafka killed and lagging, Pub/Sub, and what messages may do wrong.

The rows must be those that batch gives for the same bytes, whatever was killed when.
"""

from __future__ import annotations

import gzip
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from docassay.pipelines.sources import pubsub as pubsub_module
from tests import corpus
from tests.brokers import Kafka, PubSub
from tests.pipelines.test_stream_run import (  # noqa: F401  # the fixture cleans up
    Running,
    _nothing_is_left_running,
    one_line,
    stream,
    with_rows,
)
from tests.tables import Rows, tables, without_runs

DOCUMENTS = int(os.environ.get("DOCASSAY_FAULT_DOCUMENTS", "600"))
KILLS = int(os.environ.get("DOCASSAY_FAULT_KILLS", "3"))
"""The figures of the README's table of faults come from 5,000 and 5."""

WHEN = 1_760_000_000


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    broker = Kafka(tmp_path_factory.mktemp("kafka"))
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[corpus.Item]:
    """Give documents of which a twentieth is poison, no two of them the same."""
    found = list(corpus.items(DOCUMENTS, seed=5, chars=200, poison=0.05))
    return [item for item in found if item.inputs == 1]


@pytest.fixture(scope="module")
def batch(items: list[corpus.Item], tmp_path_factory: pytest.TempPathFactory) -> Rows:
    folder, out = tmp_path_factory.mktemp("in"), tmp_path_factory.mktemp("batch")
    corpus.write(folder, items)
    for path in folder.rglob("*"):
        os.utime(path, (WHEN, WHEN))
    done = [sys.executable, "-m", "docassay", "batch", str(folder), "--out", str(out)]
    subprocess.run(done, check=True, capture_output=True)
    return named(without_runs(tables(out)))


def named(found: Rows) -> Rows:
    """Call documents by their files' names, and order the rows by what they hold.

    An empty message is refused as such, an empty file as a file without bytes: both are one reject.
    """
    for rows in found.values():
        for row in rows:
            if "uri" in row:
                row["uri"] = row["uri"].rsplit("/", 1)[1]
            if row.get("reason") in ("empty", "no_body"):
                row |= {"stage": "read", "reason": "empty", "detail": ""}
    return {table: sorted(rows, key=str) for table, rows in found.items()}


def send(kafka: Kafka, topic: str, items: list[corpus.Item], partitions: int = 3) -> None:
    producer = kafka.producer()
    for number, item in enumerate(items):
        headers = [("name", item.name.encode()), ("event_time", str(WHEN).encode())]
        producer.send(topic, item.content, key=b"key", headers=headers, partition=number % partitions)
    producer.flush()
    producer.close()


@pytest.mark.kafka
@pytest.mark.prism
@pytest.mark.slow
def test_killed_again_and_again_nothing_is_lost_and_nothing_doubled(
    kafka: Kafka, items: list[corpus.Item], batch: Rows, tmp_path: Path
) -> None:
    source = kafka.topic("faults", 3)
    chance = random.Random(9)
    for kill in range(KILLS):
        send(kafka, "faults", items[kill :: KILLS + 1])
        files = len(with_rows(tmp_path))
        under_way = Running(source, "--out", tmp_path, "--window", "1s")
        under_way.wait_for(tmp_path, files + 1)
        time.sleep(chance.random() * 3)
        victim = ("driver and worker", "prism", "java")[kill % 3]
        under_way.look()
        if victim == "driver and worker":
            under_way.end(signal.SIGKILL)
            continue
        for child in under_way.below.values():
            if victim in child.name():
                child.kill()
        _, said = under_way.process.communicate(timeout=120)
        assert under_way.process.returncode == 3, said
        assert not psutil.wait_procs(list(under_way.below.values()), timeout=10)[1]
    send(kafka, "faults", items[KILLS :: KILLS + 1])
    files = len(with_rows(tmp_path))
    last = Running(source, "--out", tmp_path, "--until-idle", "2s")
    last.wait_for(tmp_path, files + 1)
    kafka.kill()  # the broker once, too: the stream waits for it
    kafka.start()
    _, said = last.process.communicate(timeout=500)
    assert last.process.returncode == 0, said
    found = without_runs(tables(tmp_path))
    refused = [row for row in found["rejects"] if row["table_name"] is None]
    assert len(found["documents"]) + len(refused) == len(items)
    assert named(found) == batch
    again = stream(source, "--out", tmp_path, "--until-idle", "2s")
    assert "0 inputs = 0 documents" in again.stdout, "the position is committed"


def headers(**given: str) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in given.items()]


@pytest.mark.kafka
@pytest.mark.prism
@pytest.mark.slow
def test_what_messages_do_wrong_is_in_the_rejects(kafka: Kafka, tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "a.txt").write_text("The lease ends on the first of May.")
    now = time.time()
    sent: list[tuple[bytes | None, Mapping[str, str]]] = [
        (b"The tenant shall pay the rent each month.", {"name": "good.txt", "event_time": str(now)}),
        (None, {}),
        (b"x" * 20_000_000, {"name": "large.txt"}),
        (gzip.compress(random.Random(1).randbytes(500)), {"media_type": "application/x-unknown"}),
        (None, {"uri": str(inside / "a.txt")}),
        (None, {"uri": str(inside / "none.txt")}),
        (None, {"uri": "/etc/hostname"}),
        (None, {"uri": "http://127.0.0.1:80/a"}),
        (None, {"uri": "http://169.254.169.254/latest"}),
        (b"Long ago.", {"event_time": "1970-01-01T00:00:00Z"}),
        (b"Far ahead.", {"event_time": "9999-12-31T00:00:00Z"}),
        (b"Late, and taken.", {"name": "late.txt", "event_time": str(now - 3000)}),
        (b"Too late.", {"name": "old.txt", "event_time": str(now - 4000)}),
        (b"The same bytes.", {"name": "one.txt", "event_time": str(now)}),
        (b"The same bytes.", {"name": "same-window.txt", "event_time": str(now)}),
        (b"The same bytes.", {"name": "other-window.txt", "event_time": str(now - 600)}),
    ]
    source = kafka.topic("bad", 1)
    producer = kafka.producer()
    for body, about in sent:
        producer.send("bad", body, key=b"key", headers=headers(**about))
    producer.flush()
    producer.close()
    stream(source, "--out", tmp_path / "out", "--until-idle", "2s", "--allow-uri", inside, "--window", "60s")
    found = tables(tmp_path / "out")
    documents = sorted(row["uri"].rsplit("/", 1)[1] for row in found["documents"])
    assert [name for name in documents if "window" not in name and name != "one.txt"] == [
        "a.txt",
        "good.txt",
        "late.txt",
    ]
    assert len(documents) == 4, "one row set of the same bytes"
    counted: dict[str, int] = {}
    for row in found["rejects"]:
        counted[row["reason"]] = counted.get(row["reason"], 0) + 1
    together = sum(len(row["other_uris"]) for row in found["documents"])
    assert together + counted.pop("duplicate", 0) == 2, "of one group, or of a later one"
    assert counted == {
        "no_body": 1,
        "too_large": 1,
        "unsupported_media_type": 1,
        "unreadable": 1,
        "forbidden_uri": 3,
        "bad_event_time": 2,
        "too_late": 1,
    }
    (late,) = (row for row in found["documents"] if row["uri"].endswith("late.txt"))
    assert abs(late["event_time"].timestamp() - (now - 3000)) < 1, "the late one has its own time"
    earliest = min(path.name for path in (tmp_path / "out" / "documents").iterdir())
    window = time.strftime("%Y%m%dT%H%M", time.gmtime((now - 3000) // 60 * 60))
    assert earliest[:13] <= window, "and is in a group that is named by no later window"


@pytest.mark.kafka
@pytest.mark.prism
def test_a_topic_that_does_not_exist_is_one_line(kafka: Kafka, tmp_path: Path) -> None:
    failed = stream(f"kafka://{kafka.address}/none", "--out", tmp_path / "out", expect=2)
    assert "there is no topic 'none'" in one_line(failed)


@pytest.fixture(scope="module")
def pubsub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PubSub]:
    if not PubSub.jar():
        pytest.skip("Google's emulator comes from no registry; its jar is in none of PubSub.PLACES")
    emulator = PubSub(tmp_path_factory.mktemp("pubsub"))
    yield emulator
    emulator.stop()


@pytest.mark.pubsub
@pytest.mark.prism
@pytest.mark.slow
def test_pubsub_messages_are_acknowledged_after_their_rows(
    pubsub: PubSub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub.address)
    source = pubsub.topic("mail", ack_seconds=10)
    for number in range(40):
        pubsub.publish(
            "mail", b"" if number == 7 else f"Clause {number} of the lease.".encode(), name="a.txt"
        )
    under_way = Running(source, "--out", tmp_path, "--window", "1s")
    under_way.wait_for(tmp_path)
    under_way.end(signal.SIGKILL)
    for number in range(40, 60):
        pubsub.publish("mail", f"Clause {number} of the lease.".encode(), name="a.txt")
    assert "no subscription" in one_line(stream("pubsub://test-project/none", "--out", tmp_path, expect=2))
    stream(source, "--out", tmp_path, "--until-idle", f"{pubsub_module.LEASE_SECONDS + 10}s")
    found: dict[str, list[dict[str, Any]]] = tables(tmp_path)
    assert (len(found["documents"]), len(found["rejects"])) == (59, 1)
    assert len({row["uri"] for row in found["documents"]}) == 59
    again = stream(source, "--out", tmp_path, "--until-idle", f"{pubsub_module.LEASE_SECONDS + 2}s")
    assert "0 inputs" in again.stdout, "all are acknowledged"
