"""Metrics as a monitoring system reads them, and the probes of a container platform."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from docassay.observe import counters, prometheus
from docassay.observe.prometheus import Server, families
from docassay.schemas.errors import UsageError

TOTALS = {
    "read.in": 12,
    "parse.out": 9,
    "parse.rejected": 3,
    "parse.microseconds": 2_500_000,
    "assess.tokens": 4_000,
    "assess.segments": 201,
    "translate.segments": 25,
    "translate.guarded": 9,
    "assess.fill_percent.sum": 150,
    "assess.fill_percent.count": 2,
    "split.fault": 5,
    "reject.parse.encrypted": 2,
    "reject.parse.only_whitespace": 1,
    "flag.critical": 4,
    "rows.documents": 9,
}


def get(server: Server, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def samples(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels, reverse=True))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def faults() -> dict[str, str]:
    return {}


@pytest.fixture
def server(faults: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(counters, "totals", lambda: TOTALS)
    server = prometheus.start(
        0,
        healthy=lambda: faults.get("healthy"),
        ready=lambda: faults.get("ready"),
        oldest=lambda: time.time() - 30,
    )
    yield server
    server.stop()


def test_every_total_becomes_a_sample_with_its_labels(server: Server) -> None:
    status, text = get(server, "/metrics")
    assert status == 200
    found = samples(text)
    assert found.pop(("docassay_oldest_unpublished_seconds",)) == pytest.approx(30, abs=5)
    assert found == {
        ("docassay_documents_total", "read", "in"): 12,
        ("docassay_documents_total", "parse", "out"): 9,
        ("docassay_documents_total", "parse", "rejected"): 3,
        ("docassay_stage_seconds_total", "parse"): 2.5,
        ("docassay_tokens_total", "assess"): 4_000,
        ("docassay_segments_total", "assess"): 201,
        ("docassay_segments_total", "translate"): 25,
        ("docassay_guarded_segments_total", "translate"): 9,
        ("docassay_fill_percent_count",): 2,
        ("docassay_fill_percent_sum",): 150,
        ("docassay_faults_total", "split"): 5,
        ("docassay_rejects_total", "parse", "encrypted"): 2,
        ("docassay_rejects_total", "parse", "only_whitespace"): 1,
        ("docassay_flags_total", "critical"): 4,
        ("docassay_rows_total", "documents"): 9,
        ("docassay_up",): 1,
    }


def test_no_family_is_written_twice(server: Server) -> None:
    names = re.findall(r"^# TYPE (\S+)", get(server, "/metrics")[1], re.MULTILINE)
    assert len(names) == len(set(names)) > 8  # Prometheus refuses a page that repeats one


def test_probes_say_what_is_wrong(server: Server, faults: dict[str, str]) -> None:
    assert get(server, "/healthz") == get(server, "/readyz") == (200, "ok\n")
    faults["ready"] = "the model is not loaded"
    assert get(server, "/readyz") == (503, "the model is not loaded\n")
    assert get(server, "/healthz") == (200, "ok\n"), "it need not be replaced for that"
    faults["healthy"] = "no document for 300 s"
    assert get(server, "/healthz") == (503, "no document for 300 s\n")
    assert samples(get(server, "/metrics")[1])[("docassay_up",)] == 0


@pytest.mark.parametrize("path", ["/", "/metrics/../etc", "/healthz/x"])
def test_nothing_else_is_served(server: Server, path: str) -> None:
    assert get(server, path)[0] == 404


def test_a_port_in_use_is_one_line(server: Server) -> None:
    with pytest.raises(UsageError, match=f"port {server.port} of 127.0.0.1 cannot be used"):
        prometheus.start(server.port)
    with pytest.raises(UsageError, match="port 70000"):
        prometheus.start(70_000)


def test_a_stopped_server_frees_its_port() -> None:
    first = prometheus.start(0)
    first.stop()
    second = prometheus.start(first.port)
    assert get(second, "/healthz")[0] == 200
    second.stop()


def test_without_documents_there_is_no_family() -> None:
    assert list(families({}, {"oldest": None})) == []
