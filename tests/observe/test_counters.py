"""Measure: what a stage counts reaches Beam's metrics under its own namespace, and the totals."""

from __future__ import annotations

import apache_beam as beam
from apache_beam.metrics import MetricsFilter
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

import docassay.pipelines.stages  # noqa: F401  # plugs in Beam's metrics
from docassay.observe import counters


def _stage(number: int) -> int:
    counters.count("test_stage", "in")
    counters.count("test_stage", "rejected" if number == 3 else "out")
    counters.spread("test_stage", "size", number)
    with counters.timed("test_stage"):
        return number


def test_counts_and_spreads_reach_beam_under_the_stage_and_the_totals() -> None:
    before = counters.totals()
    counters.take()
    pipeline = beam.Pipeline(runner=FnApiRunner())
    _ = pipeline | "Numbers" >> beam.Create([1, 2, 3, 6]) | "Measure" >> beam.Map(_stage)
    result = pipeline.run()
    result.wait_until_finish()
    found = result.metrics().query(MetricsFilter().with_namespace("test_stage"))
    counted = {row.key.metric.name: row.committed for row in found["counters"]}
    assert counted == {"in": 4, "out": 3, "rejected": 1}
    spreads = {row.key.metric.name: row.committed for row in found["distributions"]}
    assert (spreads["size"].sum, spreads["size"].count, spreads["size"].max) == (12, 4, 6)
    assert spreads["milliseconds"].count == 4
    taken = counters.take()
    assert {k: v for k, v in taken.items() if not k.endswith("microseconds")} == {
        "test_stage.in": 4,
        "test_stage.out": 3,
        "test_stage.rejected": 1,
        "test_stage.size.sum": 12,
        "test_stage.size.count": 4,
    }
    assert counters.take() == {}, "taken once"
    since = counters.totals()
    assert since["test_stage.in"] - before.get("test_stage.in", 0) == 4, "and kept since the start"
