"""Benchmarks, which measure the figures of docs/speed.md; `python -m research.benchmarks` runs them all."""
