"""Benchmarks: how each figure of the README was measured. `python -m benchmarks` runs them all."""
