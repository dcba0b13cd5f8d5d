"""Benchmarks: how each figure of the README was measured. `python -m docassay.benchmarks` runs them all."""
