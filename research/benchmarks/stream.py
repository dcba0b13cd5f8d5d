"""Latency from message to row, and the throughput of a stream over that of batch.

    python -m research.benchmarks.stream [--documents 2000] [--seconds 60]

The same documents go through `docassay batch`, through a watched folder and through Kafka, each timed
from the start of the command until the last row can be read. Then messages come at half of the rate
at which Kafka's were read, and each is timed from `send` until the file with its row is published.
Needs `make services` and an idle machine.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from research.benchmarks import report
from tests import corpus
from tests.brokers import Kafka

CHARS = 1_600
WINDOW = "1s"


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.stream",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="of messages at half of the load")
    parser.add_argument("--chars", type=int, default=CHARS, help="mean length of a document")
    options = parser.parse_args()
    items = list(corpus.items(options.documents, chars=options.chars))
    with tempfile.TemporaryDirectory(prefix="docassay-") as name:
        work = Path(name)
        corpus.write(work / "in", items)
        batch = report.batch(work / "in", work / "batch").seconds
        folder = saturated(str(work / "in"), work / "folder", len(items))
        (work / "kafka").mkdir()
        broker = Kafka(work / "kafka")
        try:
            source = broker.topic("saturated", 3)
            send(broker, "saturated", items)
            kafka = saturated(source, work / "from-kafka", len(items))
            rate = len(items) / kafka / 2
            seconds = latencies(broker, work / "latency", items, rate, options.seconds)
        finally:
            broker.stop()
    p50, p95 = (float(np.percentile(seconds, q)) for q in (50, 95))
    pair = f"{len(items):,} documents"
    report.save(
        "stream",
        [
            report.figure(
                f"watched folder over batch, {pair}, starts included", f"{batch / folder:.2f}", "≥ 0.8"
            ),
            report.figure(f"Kafka over batch, {pair}, starts included", f"{batch / kafka:.2f}", "≥ 0.8"),
            report.figure(
                f"message to readable row at half of the load ({rate:.1f}/s), p50, seconds", f"{p50:.2f}"
            ),
            report.figure("the same, p95", f"{p95:.2f}", "≤ 2"),
        ],
        {
            "batch_seconds": batch,
            "folder_seconds": folder,
            "kafka_seconds": kafka,
            "messages": len(seconds),
            "p50": p50,
            "p95": p95,
            "longest": max(seconds),
        },
    )


def saturated(source: str, out: Path, documents: int) -> float:
    """Run a stream on inputs that already exist; return the seconds until the last row can be read."""
    began = time.time()
    stream = start(source, out)
    try:
        while (readable := rows(out)) < documents:
            if stream.poll() is not None:
                raise RuntimeError(f"the stream ended with {readable} of {documents} documents")
            time.sleep(0.2)
        return max(path.stat().st_ctime for path in out.glob("documents/*.parquet")) - began
    finally:
        stop(stream)


def latencies(
    broker: Kafka, out: Path, items: Sequence[corpus.Item], rate: float, seconds: float
) -> list[float]:
    """Send messages at a rate, each text made unique; return the seconds until each can be read."""
    source = broker.topic("latency", 3)
    stream = start(source, out)
    producer = broker.producer()
    sent: dict[str, float] = {}
    warm = 20
    number = 0
    try:
        while number < warm or number < warm + rate * seconds:
            if number == warm:  # the models are open, and every process is up
                while rows(out) < warm:
                    time.sleep(0.2)
                began = time.time()
            if number >= warm:
                time.sleep(max(0.0, began + (number - warm) / rate - time.time()))
            content = f"Number {number}. ".encode() + items[number % len(items)].content
            name = f"{number}.txt"
            sent[name] = time.time()
            producer.send("latency", content, headers=[("name", name.encode())], partition=number % 3)
            producer.flush()
            number += 1
        deadline = time.monotonic() + 120
        while rows(out) < number and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        producer.close()
        stop(stream)
    readable: dict[str, float] = {}
    for path in out.glob("documents/*.parquet"):
        for uri in pq.read_table(path, columns=["uri"])["uri"].to_pylist():
            readable[uri.rsplit("/", 1)[1]] = path.stat().st_ctime
    if set(readable) != set(sent):
        raise RuntimeError(f"{len(sent)} messages were sent, {len(readable)} are rows")
    return [readable[name] - at for name, at in sent.items() if int(name[:-4]) >= warm]


def send(broker: Kafka, topic: str, items: Sequence[corpus.Item]) -> None:
    """Send every document as a message."""
    producer = broker.producer()
    for number, item in enumerate(items):
        producer.send(topic, item.content, headers=[("name", item.name.encode())], partition=number % 3)
    producer.flush()
    producer.close()


def start(source: str, out: Path, *more: str, errors: Path = Path(os.devnull)) -> subprocess.Popen[bytes]:
    """Start the command line with further options; its standard error goes to the file `errors`."""
    command = [sys.executable, "-m", "docassay", "stream", source, "--out", str(out), "--window", WINDOW]
    with errors.open("wb") as log:
        return subprocess.Popen([*command, *more], stdout=subprocess.DEVNULL, stderr=log)


def stop(stream: subprocess.Popen[bytes]) -> None:
    """Interrupt the stream, as Ctrl-C does, and wait for its end."""
    stream.send_signal(signal.SIGINT)
    stream.wait(60)


def rows(out: Path) -> int:
    """Count the documents that can be read."""
    return sum(pq.read_metadata(path).num_rows for path in out.glob("documents/*.parquet"))


if __name__ == "__main__":
    main()
