"""Pipelines: the graph, what feeds it, and the command line."""

LOCAL = "local"
RUNNERS = (LOCAL, "prism", "flink", "dataflow")
"""Where a pipeline can run, by the name of the option `--runner`."""
