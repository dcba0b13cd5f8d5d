"""Observability: counters, logs, progress and Prometheus; Beam's metrics are connected by `pipelines`."""
