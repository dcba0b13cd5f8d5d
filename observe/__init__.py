"""Observability: counters, logs, progress and Prometheus; Beam's metrics are plugged in from above."""
