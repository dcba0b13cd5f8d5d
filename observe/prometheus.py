"""Export the counters of a run to Prometheus, and serve health probes.

A stream shows its numbers while it runs, on ``/metrics``; ``/healthz`` and ``/readyz`` answer 200 or
503 with the reason, as container platforms expect. To serve them:

    server = prometheus.start(port, healthy=..., ready=..., oldest=lambda: LEDGER.oldest)
    ...
    server.stop()

The numbers are `observe.counters.totals` of this process; on Prism the
worker is the process of the command, and a runner with workers of its own shows Beam's metrics itself.
A batch may end before it is scraped, so it writes them to a file for node_exporter's textfile collector
(`write`).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, Gauge, make_wsgi_app, write_to_textfile
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from docassay.observe import counters
from docassay.schemas.errors import RunError, UsageError
from docassay.schemas.runs import Run

_SPREADS = {"fill_percent": "how full a batch of the encoder is", "batch_documents": "documents of a batch"}
_COUNTERS = {
    "documents": ("documents in, out and rejected, by stage", ["stage", "outcome"]),
    "rejects": ("inputs and rows refused, by stage and reason", ["stage", "reason"]),
    "faults": ("documents that an exception cost, by stage", ["stage"]),
    "segments": ("segments read, by stage", ["stage"]),
    "guarded_segments": ("segments whose translation a guard doubts, by stage", ["stage"]),
    "tokens": ("tokens read, by stage", ["stage"]),
    "flags": ("signs of fraud, by severity", ["severity"]),
    "rows": ("rows written, by table", ["table"]),
    "stage_seconds": ("wall time spent, by stage, summed over workers", ["stage"]),
}
"""Counters with labels: what each counts, and the names of its labels."""


def families(totals: Mapping[str, int], gauges: Mapping[str, float | None]) -> Iterator[Metric]:
    """Turn totals of `observe.counters` into metric families, and add the gauges.

    >>> [(s.labels, s.value) for f in families({"parse.in": 3}, {}) for s in f.samples]
    [({'stage': 'parse', 'outcome': 'in'}, 3)]
    """
    counted = {
        name: CounterMetricFamily(f"docassay_{name}", meaning, labels=labels)
        for name, (meaning, labels) in _COUNTERS.items()
    }
    for name, number in sorted(totals.items()):
        stage, _, what = name.partition(".")
        spread = what.removesuffix(".count")
        if what == "microseconds":
            counted["stage_seconds"].add_metric([stage], number / 1_000_000)
        elif stage == "reject":
            rejecting_stage, _, reason = what.partition(".")
            counted["rejects"].add_metric([rejecting_stage, reason], number)
        elif what == "fault":
            counted["faults"].add_metric([stage], number)
        elif stage in ("flag", "rows"):
            counted["rows" if stage == "rows" else "flags"].add_metric([what], number)
        elif what in ("segments", "tokens"):
            counted[what].add_metric([stage], number)
        elif what == "guarded":
            counted["guarded_segments"].add_metric([stage], number)
        elif spread != what and spread in _SPREADS:
            total = totals.get(f"{stage}.{spread}.sum", 0)
            yield SummaryMetricFamily(f"docassay_{spread}", _SPREADS[spread], number, total)
        elif "." not in what:
            counted["documents"].add_metric([stage, what], number)
    yield from (family for family in counted.values() if family.samples)
    for name, value in gauges.items():
        if value is not None:
            yield GaugeMetricFamily(f"docassay_{name}", name.replace("_", " "), value)


class _Totals(Collector):
    def __init__(
        self, read: Callable[[], Mapping[str, int]], gauges: Callable[[], Mapping[str, float | None]]
    ) -> None:
        self._read = read
        self._gauges = gauges

    def collect(self) -> Iterable[Metric]:
        return families(self._read(), self._gauges())


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens on a port.

    Attributes:
        port: The port; where 0 was asked for, the one that the system chose.
    """

    port: int
    _server: WSGIServer
    _thread: threading.Thread

    def stop(self) -> None:
        """Stop it; returns when the port is free."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    timeout = 10  # a client that sends nothing must not hold a thread for ever

    def log_message(self, *_: Any) -> None:
        """Log no request: probes come every few seconds."""


def start(
    port: int,
    healthy: Callable[[], str | None] = lambda: None,
    ready: Callable[[], str | None] = lambda: None,
    oldest: Callable[[], float | None] = lambda: None,
    host: str = "127.0.0.1",
) -> Server:
    """Listen on a port of this machine, in a thread.

    Args:
        port: The port; 0 takes a free one.
        healthy: Gives None, or why the process should be replaced.
        ready: Gives None, or why it cannot take documents yet.
        oldest: Gives the arrival time of the oldest unpublished document, in seconds since 1970; or None.
        host: The address to listen on; the default cannot be reached from other machines.

    Raises:
        UsageError: Another process has the port, or it is not allowed.
    """

    def gauges() -> dict[str, float | None]:
        arrival = oldest()
        age = 0.0 if arrival is None else max(0.0, time.time() - arrival)
        return {"oldest_unpublished_seconds": age, "up": float(healthy() is None)}

    registry = CollectorRegistry()
    registry.register(_Totals(counters.totals, gauges))
    metrics_app = make_wsgi_app(registry)
    probes = {"/healthz": healthy, "/readyz": ready}

    def answer(environ: dict[str, Any], respond: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return cast(Iterable[bytes], metrics_app(environ, respond))
        headers = [("Content-Type", "text/plain; charset=utf-8")]
        if path not in probes:
            respond("404 Not Found", headers)
            return [b"/metrics, /healthz, /readyz\n"]
        fault = probes[path]()
        respond("503 Service Unavailable" if fault else "200 OK", headers)
        return [f"{fault or 'ok'}\n".encode()]

    try:
        server = make_server(host, port, answer, server_class=_ThreadingServer, handler_class=_QuietHandler)
    except (OSError, OverflowError) as error:
        raise UsageError(f"port {port} of {host} cannot be used: {error}") from None
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="metrics", daemon=True)
    thread.start()
    return Server(server.server_port, server, thread)


def write(run: Run, path: Path) -> None:
    """Write the numbers of a finished run, atomically, for a textfile collector.

    Raises:
        RunError: The file cannot be written; the run is published all the same.
    """
    totals = {**json.loads(run.counts)}
    totals |= {f"{stage}.microseconds": round(s * 1e6) for stage, s in json.loads(run.seconds).items()}
    totals |= {f"rows.{table}": number for table, number in json.loads(run.table_rows).items()}
    totals = {name: n for name, n in totals.items() if not name.startswith("reject.")}
    totals |= {f"reject.{reason.replace(' ', '.', 1)}": n for reason, n in json.loads(run.reasons).items()}
    gauges: dict[str, float | None] = {
        "commit_number": totals.pop("commit.number", None),
        "inputs": run.inputs,
        "documents_published": run.documents,
        "inputs_rejected": run.rejects,
        "inputs_passed_over": run.skipped,
        "run_seconds": (run.finished - run.started).total_seconds(),
        "run_finished_timestamp_seconds": run.finished.timestamp(),
    }
    registry = CollectorRegistry()
    registry.register(_Totals(lambda: totals, lambda: gauges))
    _to_file(registry, path, "published")


def write_drift(indices: Iterable[tuple[str, str, float, float]], path: Path) -> None:
    """Write how far something has drifted, atomically, for a textfile collector.

    Args:
        indices: What is spread, the task whose labels they are, the population stability index, and how much
            of it chance may give.
        path: The file.

    Raises:
        RunError: The file cannot be written.
    """
    registry = CollectorRegistry()
    names = ("of", "task")
    index = Gauge(
        "docassay_drift_index", "population stability index of the latest run", names, registry=registry
    )
    chance = Gauge("docassay_drift_chance", "what chance may give of it", names, registry=registry)
    for of, task, value, most in indices:
        index.labels(of, task).set(value)
        chance.labels(of, task).set(most)
    _to_file(registry, path, "reported")


def _to_file(registry: CollectorRegistry, path: Path, done: str) -> None:
    try:
        write_to_textfile(str(path), registry)
    except OSError as error:
        raise RunError(f"{done}, but {path} could not be written: {error.strerror or error}") from None
