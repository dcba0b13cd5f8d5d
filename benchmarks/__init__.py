"""Benchmarks, which measure the figures of docs/speed.md; `python -m docassay.benchmarks` runs them all."""
