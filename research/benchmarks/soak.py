"""Memory, open files and threads of a stream over half an hour, and while it works off a burst.

    python -m research.benchmarks.soak [--minutes 30] [--burst 1000] [--rate 0]

First a burst: all messages are in Kafka before the stream starts. Then messages come evenly, at half of the
rate at which the burst was read (or at `--rate` a second). The memory, open files and threads of the stream
and of all its processes (Prism, Kafka's connector, parsers) are sampled; the last fifth of the even part is
compared with its second, by medians. Needs `make services`; the machine need not be idle.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil

from docassay.pipelines.runners.services import free_port
from research.benchmarks import report
from research.benchmarks.stream import rows, send, start, stop
from tests import corpus
from tests.brokers import Kafka

CHARS = 1_600


@dataclass(frozen=True, slots=True)
class Sample:
    """Resources of all processes of a stream at one moment, and how many of its documents can be read."""

    seconds: float
    bytes: int
    files: int
    threads: int
    cpu: float
    oldest: float
    documents: int


class Watched:
    """A stream from Kafka that can be sampled, with its metrics on a port."""

    def __init__(self, source: str, out: Path) -> None:
        """Start the command line; its errors go to a log beside `out`."""
        self.out = out
        self.port = free_port()
        self.began = time.monotonic()
        self._log = out.with_suffix(".log")
        self.process = start(source, out, "--metrics-port", str(self.port), errors=self._log)

    def sample(self) -> Sample:
        """Take one sample.

        Raises:
            RuntimeError: The stream has ended.
        """
        if self.process.poll() is not None:
            errors = self._log.read_text(errors="replace").strip()[-2_000:]
            raise RuntimeError(f"the stream ended with {self.process.returncode}: {errors}")
        whole = [0, 0, 0, 0.0]
        me = psutil.Process(self.process.pid)
        for member in [me, *me.children(recursive=True)]:
            try:
                times = member.cpu_times()
                usage = (
                    member.memory_info().rss,
                    member.num_fds(),
                    member.num_threads(),
                    times.user + times.system,
                )
            except psutil.Error:  # a parser that was replaced meanwhile
                continue
            whole = [a + b for a, b in zip(whole, usage, strict=True)]
        files, threads, cpu = int(whole[1]), int(whole[2]), whole[3]
        seconds = time.monotonic() - self.began
        return Sample(seconds, int(whole[0]), files, threads, cpu, self._oldest(), rows(self.out))

    def _oldest(self) -> float:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:  # not up yet
            return 0.0
        values = [
            line.split()[1] for line in lines if line.startswith("docassay_oldest_unpublished_seconds ")
        ]
        return float(values[0]) if values else 0.0


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--burst", type=int, default=1_000, help="messages that are there at once")
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second; 0: half of the burst's")
    options = parser.parse_args()
    items = list(corpus.items(options.burst, chars=CHARS))
    with tempfile.TemporaryDirectory(prefix="docassay-") as name:
        work = Path(name)
        (work / "kafka").mkdir()
        broker = Kafka(work / "kafka")
        try:
            source = broker.topic("soak", 3)
            send(broker, "soak", items)
            stream = Watched(source, work / "out")
            try:
                burst = drained(stream, len(items))
                began = next(sample.seconds for sample in burst if sample.documents)
                rate = options.rate or len(items) / (burst[-1].seconds - began) / 2
                even, sent = steady(stream, broker, items, rate, options.minutes * 60)
            finally:
                stop(stream.process)
            published = rows(work / "out")
        finally:
            broker.stop()
    first, last = fifth(even, 1), fifth(even, 4)
    report.save(
        "soak",
        figures(burst, first, last, rate, options.minutes, len(items) + sent, published),
        {
            "minutes": options.minutes,
            "rate": rate,
            "samples": [
                [round(s.seconds), s.bytes >> 20, s.files, s.threads, round(s.oldest, 1), s.documents]
                for s in [*burst[::10], *even[::6]]
            ],
        },
    )


def drained(stream: Watched, documents: int) -> list[Sample]:
    """Sample every second until all documents can be read."""
    seen = [stream.sample()]
    while seen[-1].documents < documents:
        time.sleep(1.0)
        seen.append(stream.sample())
    return seen


def steady(
    stream: Watched, broker: Kafka, items: list[corpus.Item], rate: float, seconds: float
) -> tuple[list[Sample], int]:
    """Send at an even rate, each text made unique; return samples every five seconds and the number sent."""
    producer = broker.producer()
    began = sampled = time.monotonic()
    before = rows(stream.out)
    seen: list[Sample] = []
    sent = 0
    while (now := time.monotonic()) < began + seconds:
        while sent < (now - began) * rate:
            content = f"Number {sent}. ".encode() + items[sent % len(items)].content
            producer.send("soak", content, headers=[("name", f"{sent}.txt".encode())], partition=sent % 3)
            sent += 1
        producer.flush()
        if now - sampled >= 5.0:
            sampled = now
            seen.append(stream.sample())
        time.sleep(min(1.0, 1.0 / rate))
    producer.close()
    deadline = time.monotonic() + 600  # what is read too slowly is late, not lost
    while rows(stream.out) < before + sent and time.monotonic() < deadline:
        time.sleep(0.5)
    return seen, sent


def fifth(samples: list[Sample], number: int) -> Sample:
    """Return the medians of one fifth of the samples; `number` counts from 0."""
    part = samples[number * len(samples) // 5 : (number + 1) * len(samples) // 5]
    columns = zip(
        *((s.seconds, s.bytes, s.files, s.threads, s.cpu, s.oldest, s.documents) for s in part), strict=True
    )
    seconds, memory, files, threads, cpu, oldest, documents = map(statistics.median, columns)
    return Sample(seconds, int(memory), int(files), int(threads), cpu, oldest, int(documents))


def figures(
    burst: list[Sample], first: Sample, last: Sample, rate: float, minutes: float, sent: int, published: int
) -> list[report.Figure]:
    """Make the figures from the samples."""
    reading = [sample for sample in burst if sample.documents]  # before that, models are opened
    half = len(reading) // 2
    grown = max(s.bytes for s in reading[half:]) / max(s.bytes for s in reading[:half])
    return [
        report.figure(
            f"stream, {minutes:.0f} minutes of {rate:.2g} messages/s: memory at the end over the beginning",
            f"{last.bytes / first.bytes:.2f}",
            "≤ 1.05",
        ),
        report.figure(
            "the same: additional open files, threads",
            f"{last.files - first.files}, {last.threads - first.threads}",
            "0, 0",
        ),
        report.figure(
            "the same: cores busy, of 2", f"{(last.cpu - first.cpu) / (last.seconds - first.seconds):.2f}"
        ),
        report.figure("the same: messages sent, documents readable", f"{sent:,}, {published:,}", "equal"),
        report.figure(
            f"stream, {burst[-1].documents:,} messages at once: memory, second half over the first",
            f"{grown:.2f}",
            "≤ 1.1",
        ),
        report.figure(
            "the same: longest lag that the metric showed, seconds", f"{max(s.oldest for s in burst):.0f}"
        ),
    ]


if __name__ == "__main__":
    main()
