"""Beam's metrics, fed by the counters of `observe`: importing this module plugs them in."""

from __future__ import annotations

from functools import cache
from typing import Any

from apache_beam.metrics import Metrics

from docassay.observe import counters


class BeamMetrics:
    """Beam's own counters and distributions, by namespace and name."""

    def count(self, stage: str, name: str, amount: int) -> None:
        """Add to a counter."""
        _counter(stage, name).inc(amount)

    def spread(self, stage: str, name: str, value: int) -> None:
        """Add a value to a distribution."""
        _distribution(stage, name).update(value)


@cache
def _counter(stage: str, name: str) -> Any:
    return Metrics.counter(stage, name)


@cache
def _distribution(stage: str, name: str) -> Any:
    return Metrics.distribution(stage, name)


counters.plug_in(BeamMetrics())
