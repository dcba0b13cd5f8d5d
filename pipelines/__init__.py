"""Pipelines: the graph, what feeds it, and the command line."""
