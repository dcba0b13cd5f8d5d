"""Pipelines: the Beam graph of the stages, its sources and runners, and its runs as a batch or a stream."""

LOCAL = "local"
RUNNERS = (LOCAL, "prism", "flink", "spark", "dataflow")
"""The values of the option `--runner`."""
